//! Where one user is shown, and which user an address means.

use keyward_core::domain::user::UserId;
use keyward_core::problem::{Result, codes};

/// Where a user is shown.
pub(super) fn address(id: UserId) -> String {
    format!("/console/users/{id}")
}

/// The user of an address.
///
/// # Errors
/// `user.unknown`
pub(super) fn id(path: &str) -> Result<UserId> {
    UserId::parse(path).ok_or_else(|| codes::USER_UNKNOWN.into())
}
