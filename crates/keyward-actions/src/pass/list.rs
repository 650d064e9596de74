//! Which passes work.

use crate::Keyward;
use keyward_core::domain::pass::Pass;
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;
use keyward_store::passes::{self, PassSummary};

impl Keyward {
    /// The passes that work, in the order of their users' accounts.
    ///
    /// # Errors
    /// The store's.
    pub async fn passes(
        &self,
        _: &Administrator,
        after: Option<UserId>,
        limit: i64,
    ) -> Result<Vec<PassSummary>> {
        let now = self.now();
        self.store
            .read(move |connection| passes::page(connection, after, now, limit))
            .await
    }

    /// The pass of a user, where it works.
    ///
    /// # Errors
    /// The store's.
    pub async fn pass_of(&self, _: &Administrator, id: UserId) -> Result<Option<Pass>> {
        let now = self.now();
        let stored = self
            .store
            .look(move |connection| passes::of_user(connection, id))
            .await?;
        let pass = stored.map(|stored| stored.pass);
        Ok(pass.filter(|pass| pass.works(now)))
    }
}
