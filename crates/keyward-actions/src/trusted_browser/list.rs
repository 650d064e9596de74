//! Looking at trusted browsers.

use crate::Keyward;
use keyward_core::domain::trusted_browser::{TrustedBrowser, TrustedBrowserId};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{Administrator, SignedIn};
use keyward_core::problem::Result;
use keyward_store::trusted_browsers;

impl Keyward {
    /// The person's own trusted browsers, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn own_browsers(&self, signed_in: &SignedIn) -> Result<Vec<TrustedBrowser>> {
        let (user, now) = (signed_in.user().id, self.now());
        self.store
            .read(move |connection| trusted_browsers::of_user(connection, user, now))
            .await
    }

    /// A page of trusted browsers with their users' names, newest first, before the browser
    /// `before`; of one user where one is named.
    ///
    /// # Errors
    /// The store's.
    pub async fn browsers(
        &self,
        _: &Administrator,
        user: Option<UserId>,
        before: Option<TrustedBrowserId>,
        limit: i64,
    ) -> Result<Vec<(TrustedBrowser, String)>> {
        let now = self.now();
        self.store
            .read(move |connection| trusted_browsers::page(connection, user, before, now, limit))
            .await
    }
}
