//! An invitation that was taken: the proof that a person reads the mail of one address, and the
//! beginning of their account.

use crate::domain::user::UserId;

/// A link of an invitation was used up for this account. Made in the transaction that takes the
/// link.
#[must_use = "a link that was taken is gone"]
#[derive(Debug)]
pub struct InvitationTaken {
    account: UserId,
}

impl InvitationTaken {
    /// The link was taken for this account, which has no password.
    pub fn new(account: UserId) -> Self {
        Self { account }
    }

    /// Whose account it is.
    pub fn account(&self) -> UserId {
        self.account
    }
}
