//! What an administrator registered for somebody, and who has not shown yet that they have it.

use serde::{Deserialize, Serialize};

use super::{KeyId, id_type};
use crate::clock::Timestamp;
use crate::domain::attestation::AttestedSerial;
use crate::domain::credential::Credential;
use crate::domain::device::{DeviceKind, DeviceName};
use crate::domain::ids::UserId;

id_type!(
    /// The id of an enrolment's row.
    EnrolmentId
);

/// A passkey or security key that waits for its owner. It is no device: it signs nobody in, counts in no policy, and
/// its owner is asked for it nowhere but where it is activated.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The row.
    pub id: EnrolmentId,
    /// Whose device it becomes.
    pub user_id: UserId,
    /// The key that it is on.
    pub key: KeyId,
    /// What it will be called.
    pub name: DeviceName,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Until when its activation code is good; `None` where there is no code.
    pub code_expires_at: Option<Timestamp>,
    /// What was registered.
    pub registered: RegisteredAtDesk,
}

impl Enrolment {
    /// What kind of device it becomes.
    pub fn kind(&self) -> DeviceKind {
        self.registered.credential.kind
    }

    /// Whether its code can be used at a moment.
    pub fn has_code(&self, now: Timestamp) -> bool {
        self.code_expires_at.is_some_and(|end| now < end)
    }
}

/// A credential as it came from the desk, with what it proved of its make. Nothing in it is secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RegisteredAtDesk {
    /// The credential, in the device that is made when it is activated.
    pub credential: Credential,
    /// The product's name as far as it is known.
    pub model: Option<String>,
    /// The certificates that came with it, in DER, the attesting one first.
    pub chain: Vec<Vec<u8>>,
    /// Whether they lead to a root of the model.
    pub is_verified_model: bool,
    /// Which one of its model the first says that the authenticator is.
    pub serial: Option<AttestedSerial>,
}

/// An enrolment in a list.
#[derive(Clone, Debug)]
pub struct EnrolmentSummary {
    /// It.
    pub enrolment: Enrolment,
    /// Whose device it becomes, by name.
    pub owner: String,
    /// What the key is called.
    pub label: String,
}

/// Which enrolments are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct EnrolmentFilter {
    /// Those for this user.
    pub user: Option<UserId>,
    /// Those on this key.
    pub key: Option<KeyId>,
}
