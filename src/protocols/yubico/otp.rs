//! The one-time password that a touch types, and the public id in front of it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::modhex;

/// The public id of a YubiKey's OTP slot: twelve lower-case modhex letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicId(String);

impl PublicId {
    /// Its length in letters.
    pub const LENGTH: usize = 12;

    /// Reads twelve modhex letters of either case, without white space around them.
    pub fn parse(text: &str) -> Option<Self> {
        let id = text.to_ascii_lowercase();
        (id.len() == Self::LENGTH && modhex::is_modhex(&id)).then_some(Self(id))
    }

    /// The letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PublicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PublicId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a public id has twelve modhex letters")
    }
}

impl From<PublicId> for String {
    fn from(id: PublicId) -> Self {
        id.0
    }
}

/// What one touch typed: the public id and thirty-two letters that are good once.
pub struct Otp(Zeroizing<String>);

impl Otp {
    /// Its length in letters.
    pub const LENGTH: usize = PublicId::LENGTH + 32;

    /// Reads what was typed, or `None` where it is not the output of a touch: white space around
    /// it and capitals do not matter, and letters that went through a Dvorak layout are put back.
    /// Text that both layouts could have typed is read as modhex, which is right save once in
    /// several hundred thousand Dvorak touches, and then is refused as another key's.
    pub fn parse(typed: &str) -> Option<Self> {
        let letters = Zeroizing::new(typed.trim().to_ascii_lowercase());
        if letters.len() != Self::LENGTH {
            return None;
        }
        if modhex::is_modhex(&letters) {
            return Some(Self(letters));
        }
        modhex::from_dvorak(&letters).map(|meant| Self(Zeroizing::new(meant)))
    }

    /// Which key typed it, as far as the letters say: nothing is proved before a service confirms.
    pub fn public_id(&self) -> PublicId {
        PublicId(self.0.chars().take(PublicId::LENGTH).collect())
    }

    /// The whole password, for the service that judges it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it once it was used.
    pub fn digest(&self) -> OtpDigest {
        OtpDigest(data_encoding::HEXLOWER.encode(&Sha256::digest(self.0.as_bytes())))
    }
}

impl fmt::Debug for Otp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Otp({}..)", self.public_id())
    }
}

/// The SHA-256 of a used one-time password in 64 hexadecimal digits: stored under a unique index,
/// it makes an OTP good once here whatever a service says the second time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OtpDigest(String);

impl OtpDigest {
    /// The text in the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
