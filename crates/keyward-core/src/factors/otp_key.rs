//! Keys whose one-time passwords are judged here, because their secrets are held here.

use crate::clock::Timestamp;
use crate::domain::otp_key::{OtpKeyId, Progress};
use crate::problem::{Problem, Result, codes};
use crate::protocols::yubico::{Otp, PublicId, SlotSecret, Touch};
use crate::secret::{MasterKey, Place};

/// A key whose secret is held here, without the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtpKey {
    /// The row.
    pub id: OtpKeyId,
    /// What its OTPs begin with.
    pub public_id: PublicId,
    /// The serial number on its back, where that is known.
    pub serial: Option<u64>,
    /// How far it has come; `None` until an OTP of it was accepted.
    pub progress: Option<Progress>,
    /// The nonce of the request that brought its last OTP.
    pub nonce: String,
    /// Whether its OTPs are judged; others are answered as unknown.
    pub is_active: bool,
    /// What it is, for people.
    pub note: String,
    /// When its secret came here.
    pub created_at: Timestamp,
    /// When an administrator last changed anything.
    pub modified_at: Timestamp,
    /// When an OTP of it was last accepted.
    pub last_used_at: Option<Timestamp>,
}

/// What judging an OTP needs of a held key: a narrow row.
#[derive(Clone, Debug)]
pub struct HeldKey {
    /// The secret, sealed by [`seal`].
    pub sealed: Vec<u8>,
    /// Whether its OTPs are judged at all.
    pub is_active: bool,
    /// How far it has come; `None` until an OTP of it was accepted.
    pub progress: Option<Progress>,
    /// The nonce of the request that brought its last OTP.
    pub nonce: String,
}

impl HeldKey {
    /// Opens an OTP with the secret, which is erased again at once; `None` where the key is out of
    /// use, or another secret made the OTP.
    ///
    /// # Errors
    /// `master_key.wrong` where the secret does not open for this public id.
    pub fn open(&self, otp: &Otp, key: &MasterKey) -> Result<Option<Touch>> {
        if !self.is_active {
            return Ok(None);
        }
        Ok(unseal(key, &otp.public_id(), &self.sealed)?.open(otp))
    }

    /// Whether this touch, or a later one, was accepted before.
    pub fn is_replay(&self, touch: &Touch) -> bool {
        self.progress
            .is_some_and(|last| touch.progress().usage <= last.usage)
    }

    /// Whether this very request was: the same touch with the same nonce. Questions of version 1
    /// have none, and are never the same.
    pub fn is_replayed_request(&self, touch: &Touch, nonce: &str) -> bool {
        self.progress
            .is_some_and(|last| touch.progress().usage == last.usage)
            && !nonce.is_empty()
            && self.nonce == nonce
    }
}

fn place(public_id: &PublicId) -> Place<'_> {
    Place {
        table: "otp_keys",
        column: "secret",
        row: public_id.as_str(),
    }
}

/// Seals a secret for the row of this public id.
pub fn seal(
    key: &MasterKey,
    entropy: &dyn crate::clock::Entropy,
    public_id: &PublicId,
    secret: &SlotSecret,
) -> Vec<u8> {
    key.seal(entropy, place(public_id), &*secret.to_bytes())
}

/// Opens what [`seal`] sealed.
///
/// # Errors
/// `master_key.wrong` where the key or the public id differs.
pub fn unseal(key: &MasterKey, public_id: &PublicId, sealed: &[u8]) -> Result<SlotSecret> {
    let bytes = key.open(place(public_id), sealed)?;
    SlotSecret::from_bytes(&bytes).ok_or_else(|| {
        Problem::new(codes::DATABASE_ROW).detailed(format!("otp_keys {public_id}: secret"))
    })
}
