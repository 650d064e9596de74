//! What a client proves itself by, where that is a secret.

use std::fmt;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::invalid;
use crate::clock::{Entropy, Timestamp};
use crate::problem::Result;
use crate::secret::{Token, TokenHash, same};

/// A client's secret in hand. At rest there is its hash alone: enough for 256 random bits.
#[derive(Clone)]
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// What ours begin with, so that one that lies about in a repository is found.
    pub const FRONT: &str = "kwc_";
    /// The shortest that may be brought along, in bytes: 256 random bits take as much in base64.
    pub const SHORTEST: usize = 43;
    /// The longest, in bytes.
    pub const LONGEST: usize = 256;

    /// A new one of 256 random bits: letters, digits, `-` and `_`, which need no escapes in a header (RFC
    /// 6749 §2.3.1).
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let token = Token::generate(entropy).expose();
        Self(Zeroizing::new(format!("{}{}", Self::FRONT, *token)))
    }

    /// One that the client has already.
    ///
    /// # Errors
    /// `openid_client.invalid`: it must be long enough to hold 256 random bits.
    pub fn parse(text: &str) -> Result<Self> {
        let is_sound = (Self::SHORTEST..=Self::LONGEST).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        match is_sound {
            true => Ok(Self(Zeroizing::new(text.to_owned()))),
            false => Err(invalid(
                "a client's secret has 43 to 256 visible ASCII characters, and is made of 256 random bits or more",
            )),
        }
    }

    /// In the form in which it is handed out.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored in its place.
    pub fn hash(&self) -> TokenHash {
        hash(&self.0)
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(..)")
    }
}

fn hash(text: &str) -> TokenHash {
    TokenHash::from_stored(&data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes())))
}

/// A secret at rest. Two overlap while one takes the other's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredClientSecret {
    /// Its hash.
    pub hash: TokenHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working; `None` for the present one.
    pub expires_at: Option<Timestamp>,
}

impl StoredClientSecret {
    /// Whether it works still.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether this is what a client shows. How long that takes tells nothing of the secret.
    pub fn is(&self, shown: &str, now: Timestamp) -> bool {
        let is_same = same(
            hash(shown).as_str().as_bytes(),
            self.hash.as_str().as_bytes(),
        );
        is_same && self.is_good(now)
    }
}
