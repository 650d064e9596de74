//! What a client calls itself by.

use std::fmt;

use super::invalid;
use crate::clock::Entropy;
use crate::problem::Result;

/// The name that a client shows as `client_id` (RFC 6749 §2.2): 1 to 64 of the characters that need no
/// escapes in addresses, compared as they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(String);

impl ClientId {
    /// The longest, in bytes.
    pub const LONGEST: usize = 64;

    /// Reads one.
    ///
    /// # Errors
    /// `openid_client.invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let is_sound = (1..=Self::LONGEST).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte));
        match is_sound {
            true => Ok(Self(text.to_owned())),
            false => Err(invalid(
                "a client id has 1 to 64 letters, digits, dots, hyphens, underscores and tildes",
            )),
        }
    }

    /// A new one, which nobody has: 16 characters of 80 random bits.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let text = data_encoding::BASE32_NOPAD.encode(&entropy.bytes::<10>());
        Self(text.to_ascii_lowercase())
    }

    /// The one of a row.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As the client shows it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
