//! Open sessions, for administrators.

use crate::App;
use crate::grounds::open_at;
use keyward_core::domain::session::{Session, SessionPlace};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;
use keyward_store::sessions::{self, Open};

/// A page of open sessions with their users' names, the latest seen first, after a
/// place; of one user where one is named.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &Administrator,
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
