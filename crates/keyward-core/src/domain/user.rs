//! A person with an account.

use serde::{Deserialize, Serialize};

use super::display_name::DisplayName;
use super::edition::Edition;
pub use super::email_address::EmailAddress;
use super::group::GroupName;
use super::ids::DeviceId;
pub use super::ids::UserId;
pub use super::password::NewPassword;
pub use super::spelling::fold;
pub use super::user_name::UserName;
use crate::clock::{Entropy, Timestamp};

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

    /// The handle of no user, for comparison alone.
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
    /// The edition of everything about them that administrators change.
    pub fn edition(&self, groups: &[GroupName]) -> Edition {
        let optional =
            |text: Option<&str>| text.map_or_else(String::new, |text| format!("={text}"));
        let fixed = [
            "user".to_owned(),
            self.id.to_string(),
            self.name.to_string(),
            optional(self.display_name.as_ref().map(DisplayName::as_str)),
            optional(self.email.as_ref().map(EmailAddress::as_str)),
            self.is_superuser.to_string(),
            self.is_enabled.to_string(),
        ];
        let fixed = fixed.iter().map(String::as_str);
        Edition::of(fixed.chain(groups.iter().map(GroupName::as_str)))
    }

    /// What they are called: their display name, or else the name that they type.
    pub fn called(&self) -> &str {
        match &self.display_name {
            Some(name) => name.as_str(),
            None => self.name.as_str(),
        }
    }
}

/// A user in the console's list.
#[derive(Debug)]
pub struct UserSummary {
    /// The user.
    pub user: User,
    /// How many devices they have.
    pub devices: u64,
}

/// A place in the list of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserPlace {
    /// After this folded name.
    Name(String),
    /// After this place among those in whose name or address the search was found.
    Found(i64),
}

/// A part of the list of users.
#[derive(Debug)]
pub struct UserPage {
    /// The users.
    pub users: Vec<UserSummary>,
    /// Where the next page begins; `None` where this is the last one.
    pub next: Option<UserPlace>,
}
