//! The one-time password that a touch types, and the public id in front of it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::modhex;
use crate::domain::otp_key::Progress;

/// The public id of a YubiKey's OTP slot: up to sixteen lower-case modhex letters, twelve as keys
/// leave the factory.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicId(String);

impl PublicId {
    /// The longest, in letters, as the reference validation server has it.
    pub const LONGEST: usize = 16;

    /// Reads 1 to 16 modhex letters of either case, without white space around them.
    pub fn parse(text: &str) -> Option<Self> {
        let id = text.to_ascii_lowercase();
        let fits = (1..=Self::LONGEST).contains(&id.len());
        (fits && modhex::is_modhex(&id)).then_some(Self(id))
    }

    /// The public id of a row; `None` where it is none.
    pub fn from_stored(text: &str) -> Option<Self> {
        modhex::is_modhex(text).then(|| Self(text.to_owned()))
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
        Self::from_stored(&text).ok_or("a public id has modhex letters alone")
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
    /// The length of what is good once, in letters; the public id stands before it.
    pub const ENCRYPTED: usize = 32;

    /// Reads what was typed, or `None` where it is not the output of a touch: white space around
    /// it and capitals do not matter, and letters that went through a Dvorak layout are put back.
    /// Text that both layouts could have typed is read as modhex, which is right save once in
    /// several hundred thousand Dvorak touches, and then is refused as another key's.
    pub fn parse(typed: &str) -> Option<Self> {
        let otp = Self::parse_of_any_slot(typed.trim())?;
        (otp.0.len() > Self::ENCRYPTED).then_some(otp)
    }

    /// The same without anything around it, also where the slot types no public id: no key can be
    /// told from such an OTP, but it is one.
    pub(super) fn parse_of_any_slot(typed: &str) -> Option<Self> {
        let letters = Zeroizing::new(typed.to_ascii_lowercase());
        let public_id = letters.len().checked_sub(Self::ENCRYPTED)?;
        if public_id > PublicId::LONGEST {
            return None;
        }
        if modhex::is_modhex(&letters) {
            return Some(Self(letters));
        }
        modhex::from_dvorak(&letters).map(|meant| Self(Zeroizing::new(meant)))
    }

    /// Which key typed it, as far as the letters say: nothing is proved before a service confirms.
    pub fn public_id(&self) -> PublicId {
        PublicId(self.parts().0.to_owned())
    }

    /// The block that the key encrypted.
    pub(super) fn ciphertext(&self) -> Option<Zeroizing<[u8; 16]>> {
        let bytes = Zeroizing::new(modhex::decode(self.parts().1)?);
        Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
    }

    /// The letters of the public id, and those of the block.
    fn parts(&self) -> (&str, &str) {
        let before = self.0.len().saturating_sub(Self::ENCRYPTED);
        self.0.split_at_checked(before).unwrap_or_default()
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

/// An OTP that was confirmed: by a validation service, whose answer only
/// [`Request::read`](super::Request::read) reads, or by ourselves, where only
/// [`SlotSecret::open`](super::SlotSecret::open) opens it.
#[derive(Debug)]
#[must_use]
pub struct ConfirmedOtp {
    public_id: PublicId,
    digest: OtpDigest,
    held: Option<Progress>,
}

impl ConfirmedOtp {
    pub(super) fn by_service(otp: &Otp) -> Self {
        Self {
            public_id: otp.public_id(),
            digest: otp.digest(),
            held: None,
        }
    }

    pub(super) fn held(otp: &Otp, progress: Progress) -> Self {
        Self {
            held: Some(progress),
            ..Self::by_service(otp)
        }
    }

    /// The public id in front of the confirmed OTP.
    pub fn public_id(&self) -> &PublicId {
        &self.public_id
    }

    /// What must be recorded as used before the OTP opens anything.
    pub fn digest(&self) -> &OtpDigest {
        &self.digest
    }

    /// How far a key has come with it whose secret is held here: what must be recorded too.
    pub fn progress(&self) -> Option<Progress> {
        self.held
    }
}
