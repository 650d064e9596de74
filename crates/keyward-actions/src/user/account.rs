//! A user as programs read and change them.

use std::collections::HashMap;

use crate::App;
use keyward_core::domain::edition::Edition;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::permit::MayLookUp;
use keyward_core::problem::Result;
use keyward_store::{devices, groups, users};

/// A user with their groups, and how many devices they have.
#[derive(Debug)]
pub struct Account {
    /// The user.
    pub user: User,
    /// Their groups, by name.
    pub groups: Vec<GroupName>,
    /// How many devices they have.
    pub devices: usize,
}

impl Account {
    /// The edition of what can be changed.
    pub fn edition(&self) -> Edition {
        self.user.edition(&self.groups)
    }
}

/// The account of this id.
///
/// # Errors
/// `user.unknown`
pub async fn account(app: &App, _: &MayLookUp, id: UserId) -> Result<Account> {
    app.store
        .look(move |connection| {
            Ok(Account {
                user: users::expect(connection, id)?,
                groups: groups::of_user(connection, id)?,
                devices: devices::count_of(connection, id)?,
            })
        })
        .await
}

/// The groups of several users.
///
/// # Errors
/// The store's.
pub async fn groups_of_several(
    app: &App,
    _: &MayLookUp,
    users: Vec<UserId>,
) -> Result<HashMap<UserId, Vec<GroupName>>> {
    app.store
        .read(move |connection| groups::of_users(connection, &users))
        .await
}
