//! Open sessions, for administrators.

use crate::actions::Keyward;
use crate::actions::standing::open_at;
use crate::domain::session::SignIn;
use crate::domain::user::UserId;
use crate::flows::permit::Administrator;
use crate::problem::Result;
use crate::store::sign_ins::{self, Open, SignInPlace};

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
    pub(in crate::actions) fn what_is_open(&self) -> Open {
        open_at(&self.settings.session, self.now())
    }
}
