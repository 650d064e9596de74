//! Looking at trusted browsers.

use crate::App;
use keyward_core::domain::trusted_browser::{TrustedBrowser, TrustedBrowserId};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{MayLookUp, SignedIn};
use keyward_core::problem::Result;
use keyward_store::trusted_browsers;

/// The person's own trusted browsers, newest first.
///
/// # Errors
/// The store's.
pub async fn own(app: &App, signed_in: &SignedIn) -> Result<Vec<TrustedBrowser>> {
    let (user, now) = (signed_in.user().id, app.now());
    app.store
        .read(move |connection| trusted_browsers::of_user(connection, user, now))
        .await
}

/// A page of trusted browsers with their users' names, newest first, before the browser
/// `before`; of one user where one is named.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &MayLookUp,
    user: Option<UserId>,
    before: Option<TrustedBrowserId>,
    limit: i64,
) -> Result<Vec<(TrustedBrowser, String)>> {
    let now = app.now();
    app.store
        .read(move |connection| trusted_browsers::page(connection, user, before, now, limit))
        .await
}
