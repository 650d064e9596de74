//! Authenticator data (WebAuthn L3 §6.1): the bytes that the authenticator signs.

use uuid::Uuid;

use super::cbor;
use super::malformed;
use super::public_key::PublicKey;
use super::refused;
use crate::problem::{Problem, Result};

/// The flags of authenticator data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    const USER_PRESENT: u8 = 1;
    const USER_VERIFIED: u8 = 1 << 2;
    const BACKUP_ELIGIBLE: u8 = 1 << 3;
    const BACKED_UP: u8 = 1 << 4;
    const ATTESTED: u8 = 1 << 6;
    const EXTENSIONS: u8 = 1 << 7;
    const RESERVED: u8 = 1 << 1 | 1 << 5;

    fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    /// UP: a person touched the authenticator.
    pub fn user_present(self) -> bool {
        self.has(Self::USER_PRESENT)
    }

    /// UV: the authenticator made sure of its user, by a PIN or a part of their body.
    pub fn user_verified(self) -> bool {
        self.has(Self::USER_VERIFIED)
    }

    /// BE: the credential may be copied by its provider.
    pub fn backup_eligible(self) -> bool {
        self.has(Self::BACKUP_ELIGIBLE)
    }

    /// BS: the credential has been copied.
    pub fn backed_up(self) -> bool {
        self.has(Self::BACKED_UP)
    }
}

/// What authenticator data say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorData<'a> {
    /// SHA-256 of the relying party's id.
    pub rp_id_hash: [u8; 32],
    /// What the authenticator did.
    pub flags: Flags,
    /// The signature counter.
    pub sign_count: u32,
    /// The new credential; in registrations alone.
    pub attested: Option<AttestedCredential<'a>>,
}

/// A credential that an authenticator has just made (WebAuthn L3 §6.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedCredential<'a> {
    /// The authenticator's model; zeros where it does not say.
    pub aaguid: Uuid,
    /// 1 to 1023 bytes.
    pub credential_id: &'a [u8],
    /// The key.
    pub public_key: PublicKey<'a>,
    /// The key as it was written.
    pub public_key_bytes: &'a [u8],
}

const LONGEST_CREDENTIAL_ID: usize = 1023;

impl<'a> AuthenticatorData<'a> {
    /// Reads authenticator data to their last byte.
    ///
    /// # Errors
    /// `ceremony.malformed`, also for trailing bytes and for lengths of the credential id other
    /// than 1 to 1023; `ceremony.refused` for reserved flags, a backup state without eligibility
    /// (WebAuthn L3 §6.1.3), and keys that we did not ask for.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or_else(truncated)?;
        let (flags, rest) = rest.split_first().ok_or_else(truncated)?;
        let (sign_count, mut rest) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
        let flags = Flags(*flags);
        if flags.has(Flags::RESERVED) {
            return Err(refused("a reserved flag is set in the authenticator data"));
        }
        if flags.backed_up() && !flags.backup_eligible() {
            return Err(refused(
                "the credential is backed up without being eligible",
            ));
        }
        let mut attested = None;
        if flags.has(Flags::ATTESTED) {
            let (credential, following) = AttestedCredential::read(rest)?;
            attested = Some(credential);
            rest = following;
        }
        if flags.has(Flags::EXTENSIONS) {
            let (extensions, following) = cbor::read_in_any_form(rest)?;
            extensions.into_map("the extensions of the authenticator data")?;
            rest = following;
        }
        if !rest.is_empty() {
            return Err(malformed("bytes follow the authenticator data"));
        }
        Ok(Self {
            rp_id_hash: *rp_id_hash,
            flags,
            sign_count: u32::from_be_bytes(*sign_count),
            attested,
        })
    }
}

impl<'a> AttestedCredential<'a> {
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8])> {
        let (aaguid, rest) = bytes.split_first_chunk::<16>().ok_or_else(truncated)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 || length > LONGEST_CREDENTIAL_ID {
            return Err(malformed("the credential id is not of 1 to 1023 bytes"));
        }
        let (credential_id, key_and_rest) = rest.split_at_checked(length).ok_or_else(truncated)?;
        let (key, rest) = cbor::read(key_and_rest)?;
        let public_key_bytes = key_and_rest.strip_suffix(rest).ok_or_else(truncated)?;
        let credential = Self {
            aaguid: Uuid::from_bytes(*aaguid),
            credential_id,
            public_key: PublicKey::from_value(key)?,
            public_key_bytes,
        };
        Ok((credential, rest))
    }
}

fn truncated() -> Problem {
    malformed("the authenticator data end too early")
}
