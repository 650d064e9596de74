//! Open sessions, for administrators.

use crate::App;
use crate::grounds::open_at;
use keyward_core::domain::session::{Session, SessionId, SessionPlace};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{MayLookUp, is_over};
use keyward_core::problem::{Result, codes};
use keyward_store::sessions::{self, Open};
use keyward_store::users;

/// A page of open sessions with their users' names, the latest seen first, after a
/// place; of one user where one is named.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &MayLookUp,
    user: Option<UserId>,
    after: Option<SessionPlace>,
    limit: i64,
) -> Result<Vec<(Session, String)>> {
    let open = what_is_open(app);
    app.store
        .read(move |connection| sessions::page(connection, user, after, open, limit))
        .await
}

/// What makes a session an open one at this moment.
pub(crate) fn what_is_open(app: &App) -> Open {
    open_at(&app.settings.session, app.now())
}

/// An open session with its user's name.
///
/// # Errors
/// `session.unknown`
pub async fn find(app: &App, _: &MayLookUp, id: SessionId) -> Result<(Session, String)> {
    let (now, idle) = (app.now(), app.settings.session.idle);
    app.store
        .look(move |connection| {
            let found = sessions::by_id(connection, id)?;
            let session = found.filter(|session| !is_over(session, now, idle));
            let session = session.ok_or(codes::SESSION_UNKNOWN)?;
            let user = users::expect(connection, session.user_id)?;
            Ok((session, user.name.to_string()))
        })
        .await
}
