//! Open sessions, for administrators.

use crate::Keyward;
use crate::standing::open_at;
use keyward_core::domain::session::SignIn;
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;
use keyward_store::sign_ins::{self, Open, SignInPlace};

impl Keyward {
    /// A page of open sessions with their users' names, the latest seen first, after a
    /// place; of one user where one is named.
    ///
    /// # Errors
    /// The store's.
    pub async fn sessions(
        &self,
        _: &Administrator,
        user: Option<UserId>,
        after: Option<SignInPlace>,
        limit: i64,
    ) -> Result<Vec<(SignIn, String)>> {
        let open = self.what_is_open();
        self.store
            .read(move |connection| sign_ins::page(connection, user, after, open, limit))
            .await
    }

    /// What makes a session an open one at this moment.
    pub(crate) fn what_is_open(&self) -> Open {
        open_at(&self.settings.session, self.now())
    }
}
