//! Which passes work.

use crate::App;
use keyward_core::domain::pass::{Pass, PassSummary};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::MayLookUp;
use keyward_core::problem::{Result, codes};
use keyward_store::passes;

/// The passes that work, in the order of their users' accounts.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &MayLookUp,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<PassSummary>> {
    let now = app.now();
    app.store
        .read(move |connection| passes::page(connection, after, now, limit))
        .await
}

/// The pass of a user, where it works.
///
/// # Errors
/// The store's.
pub async fn of_user(app: &App, _: &MayLookUp, id: UserId) -> Result<Option<Pass>> {
    let now = app.now();
    let stored = app
        .store
        .look(move |connection| passes::of_user(connection, id))
        .await?;
    let pass = stored.map(|stored| stored.pass);
    Ok(pass.filter(|pass| pass.works(now)))
}

/// The pass of a user as lists tell it, where it works.
///
/// # Errors
/// `pass.none`
pub async fn find(app: &App, _: &MayLookUp, user: UserId) -> Result<PassSummary> {
    let now = app.now();
    let found = app
        .store
        .look(move |connection| passes::summary(connection, user, now))
        .await?;
    found.ok_or_else(|| codes::PASS_NONE.into())
}
