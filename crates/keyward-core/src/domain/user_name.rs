//! What a user is called by at the sign-in.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::email_address::EmailAddress;
use super::erasure::begins_as_tombstone;
use super::ids::UserId;
use super::spelling::{fold, typed_name};
use crate::problem::{Result, codes};

/// The name that a user types: 1 to 64 characters that can be seen, in one spelling of Unicode's
/// several, and compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserName(String);

impl UserName {
    /// The longest name, in characters.
    pub const LONGEST: usize = 64;
    /// The longest text that may name a user at the sign-in, folded: an e-mail address names its
    /// owner too, and lower case can have more characters.
    pub const LONGEST_TYPED: usize = 2 * EmailAddress::LONGEST;

    /// Checks a name. White space around it is not part of it. A user is also told by their id, or by
    /// what stands for who was deleted: a user of such a name would be taken for another.
    ///
    /// # Errors
    /// `user.name_invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let is_free =
            |name: &String| UserId::parse(name).is_none() && !begins_as_tombstone(&fold(name));
        let name = typed_name(text, Self::LONGEST).filter(is_free);
        name.map(Self)
            .ok_or_else(|| codes::USER_NAME_INVALID.into())
    }

    /// A name of a row, whatever the rule for typed ones is today: it was legal when it was
    /// chosen, and its bearer must be seen and found.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it was chosen.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two names are compared, and which is unique.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_chooses_a_name_that_tells_somebody_else() {
        for text in [
            "0191d7a0-0000-7000-8000-000000000001",
            "0191D7A0-0000-7000-8000-000000000001",
            "0191d7a0000070008000000000000001",
            "deleted user 0191d7a0-0000-7000-8000-000000000001",
            "Deleted User  ben",
            "ｄeleted user ben",
            "deleted user",
        ] {
            let refused = UserName::parse(text).map_err(|problem| problem.code());
            assert_eq!(refused, Err(codes::USER_NAME_INVALID), "{text}");
            assert_eq!(UserName::from_stored(text).as_str(), text);
        }
        for text in ["anna", "deleted users", "deleted-user ben", "0191d7a0"] {
            assert!(UserName::parse(text).is_ok(), "{text}");
        }
    }
}
