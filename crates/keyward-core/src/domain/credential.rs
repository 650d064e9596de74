//! The WebAuthn public-key credential inside a passkey or a security key.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::device::DeviceKind;
use super::ids::{DeviceId, UserId};

/// What policy looks at in a passkey or security key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialFacts {
    /// The model, as it says itself.
    pub aaguid: Uuid,
    /// Whether its attestation was verified up to a root of that model.
    pub is_verified_model: bool,
    /// Whether it may be copied to other devices.
    pub backup_eligible: bool,
    /// Whether it verified its user when it was enrolled.
    pub user_verified: bool,
}

impl CredentialFacts {
    /// Whether its hardware keeps it (SP 800-63B-4 §2.3.1): attestation alone proves that, and a key that
    /// may be copied is never one (§3.1.7.4).
    pub fn is_kept_by_hardware(&self) -> bool {
        self.is_verified_model && !self.backup_eligible
    }
}

/// What is kept of a credential: its credential record (WebAuthn L3 §4), with the user it belongs
/// to. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// The device that holds it.
    pub device_id: DeviceId,
    /// Whose it is.
    pub user_id: UserId,
    /// [`DeviceKind::Passkey`] or [`DeviceKind::SecurityKey`].
    pub kind: DeviceKind,
    /// The authenticator's name for it: 1 to 1023 bytes, unique among all users.
    pub credential_id: Vec<u8>,
    /// The public key as the authenticator sent it: a COSE_Key in CBOR (RFC 9052 §7).
    pub public_key: Vec<u8>,
    /// The signature counter that was last seen; always zero where the authenticator has none.
    pub sign_count: u32,
    /// The authenticator's model, as it says itself; all zeros where it does not say.
    pub aaguid: Uuid,
    /// How a client may reach it (`usb`, `nfc`, `ble`, `smart-card`, `hybrid`, `internal`): hints
    /// for browsers, no facts.
    pub transports: Vec<String>,
    /// Whether it may be copied to other devices by its provider (BE). Never changes.
    pub backup_eligible: bool,
    /// Whether it was backed up when last seen (BS).
    pub backed_up: bool,
    /// Whether the user was verified when it was made.
    pub user_verified: bool,
    /// Whether it can be found without a user name, as far as the browser told.
    pub discoverable: Option<bool>,
    /// The attestation statement format that it came with: `none`, `packed`, `fido-u2f` ...
    pub attestation_format: String,
}
