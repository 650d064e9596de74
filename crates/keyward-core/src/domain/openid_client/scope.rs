//! What tokens are good for.

use std::fmt;

use super::invalid;
use crate::problem::Result;

/// A scope (RFC 6749 §3.3): of those that tell of a user, or one of a resource server that a client asks
/// for itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(String);

impl Scope {
    /// That a user signed in (OpenID Connect Core 1.0 §3.1.2.1).
    pub const OPENID: &str = "openid";
    /// The user's name (OpenID Connect Core 1.0 §5.4).
    pub const PROFILE: &str = "profile";
    /// The user's e-mail address.
    pub const EMAIL: &str = "email";
    /// The user's groups.
    pub const GROUPS: &str = "groups";
    /// Tokens that go on after the browser was closed (OpenID Connect Core 1.0 §11).
    pub const OFFLINE_ACCESS: &str = "offline_access";
    /// Those that tell of a user.
    pub const OF_USERS: [&str; 5] = [
        Self::OPENID,
        Self::PROFILE,
        Self::EMAIL,
        Self::GROUPS,
        Self::OFFLINE_ACCESS,
    ];
    /// The longest, in bytes.
    pub const LONGEST: usize = 128;

    /// Reads one: visible ASCII without quotes and backslashes.
    ///
    /// # Errors
    /// `openid_client.invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let is_sound = (1..=Self::LONGEST).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        match is_sound {
            true => Ok(Self(text.to_owned())),
            false => Err(invalid(
                "a scope has 1 to 128 visible ASCII characters without quotes and backslashes",
            )),
        }
    }

    /// The one of a row.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it is asked for.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it tells of a user.
    pub fn is_of_users(&self) -> bool {
        Self::OF_USERS.contains(&self.as_str())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
