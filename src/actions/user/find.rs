//! Finding people.

use crate::actions::Keyward;
use crate::domain::user::{User, UserId};
use crate::flows::permit::Administrator;
use crate::problem::Result;
use crate::store::users::{self, UserPage, UserPlace};

impl Keyward {
    /// The user of this id.
    ///
    /// # Errors
    /// `user.unknown`
    pub async fn user(&self, _: &Administrator, id: UserId) -> Result<User> {
        self.store
            .look(move |connection| users::expect(connection, id))
            .await
    }

    /// The user of this name, compared without regard to case.
    ///
    /// # Errors
    /// The store's.
    pub async fn user_by_name(&self, _: &Administrator, name: &str) -> Result<Option<User>> {
        let name = name.to_owned();
        self.store
            .look(move |connection| users::by_name(connection, &name))
            .await
    }

    /// A page of users in the order of their names; of those whose name or e-mail address begins
    /// like `search`, where it is not empty.
    ///
    /// # Errors
    /// The store's.
    pub async fn users(
        &self,
        _: &Administrator,
        search: &str,
        after: Option<UserPlace>,
        limit: usize,
    ) -> Result<UserPage> {
        let search = search.to_owned();
        self.store
            .read(move |connection| users::page(connection, &search, after.as_ref(), limit))
            .await
    }
}
