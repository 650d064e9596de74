//! A user's new e-mail address, which counts when the code that was sent there comes back.

use serde::{Deserialize, Serialize};

use crate::domain::user::{EmailAddress, UserId};

/// An address that has to show that its owner reads mail there.
#[derive(Serialize, Deserialize)]
pub struct ChangingEmail {
    pub(super) user_id: UserId,
    address: EmailAddress,
}

impl ChangingEmail {
    /// An address that this user says they have.
    pub fn begin(user_id: UserId, address: EmailAddress) -> Self {
        Self { user_id, address }
    }

    /// The address.
    pub fn address(&self) -> &EmailAddress {
        &self.address
    }
}
