//! A person with an account.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::device::DeviceId;
use super::display_name::DisplayName;
pub use super::email_address::EmailAddress;
use super::id_type;
pub use super::password::NewPassword;
use super::spelling::{composed, typed_name};
use crate::clock::{Entropy, Timestamp};
use crate::problem::{Result, codes};

id_type!(
    /// The id of a user's row. Never shown to an authenticator: see [`UserHandle`].
    UserId
);

/// The name that a user types: 1 to 64 characters that can be seen, in one spelling of Unicode's
/// several, and compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserName(String);

impl UserName {
    /// The longest name, in characters.
    pub const LONGEST: usize = 64;
    /// The longest text that may name somebody at the sign-in, folded: an e-mail address names its
    /// owner too, and lower case can have more characters.
    pub const LONGEST_TYPED: usize = 2 * EmailAddress::LONGEST;

    /// Checks a name. White space around it is not part of it.
    ///
    /// # Errors
    /// `user.name_invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let name = typed_name(text, Self::LONGEST);
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

/// Lower case, in normalisation form KC and without surrounding white space: how names are looked
/// up, in a column of its own, because the databases disagree about the case of `LIKE`. NUL, which no
/// name holds and which PostgreSQL takes in no text, becomes the replacement character. More than
/// any name, address or search has is not looked at, for compatibility forms are up to eleven times
/// as long.
pub fn fold(text: &str) -> String {
    const LONGEST: usize = 2048;
    let cut = |text: &str| text[..text.floor_char_boundary(LONGEST)].to_owned();
    let lower = cut(&composed(&cut(text))).trim().to_lowercase();
    composed(&lower).replace('\0', "\u{FFFD}")
}

/// The WebAuthn user handle: 32 random bytes that say nothing about the person
/// (WebAuthn L3 §5.4.3, §14.6.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserHandle([u8; 32]);

impl UserHandle {
    /// A new handle.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(entropy.bytes())
    }

    /// The handle of nobody, for comparison alone.
    pub const NOBODYS: Self = Self([0; 32]);

    /// From the bytes of a row or of an authenticator; `None` for another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A person with an account, as everything but the password check sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The row.
    pub id: UserId,
    /// The name that they type.
    pub name: UserName,
    /// What they are called, where that is more than the name that they type.
    pub display_name: Option<DisplayName>,
    /// Where mail reaches them.
    pub email: Option<EmailAddress>,
    /// What authenticators know them by.
    pub handle: UserHandle,
    /// May open the console, after a second factor.
    pub is_superuser: bool,
    /// May sign in at all.
    pub is_enabled: bool,
    /// The second factor that is asked for first.
    pub default_device: Option<DeviceId>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_sign_in_at: Option<Timestamp>,
}

impl User {
    /// What they are called: their display name, or else the name that they type.
    pub fn called(&self) -> &str {
        match &self.display_name {
            Some(name) => name.as_str(),
            None => self.name.as_str(),
        }
    }
}
