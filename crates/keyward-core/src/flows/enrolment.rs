//! Enrolling a device that takes two requests: what is made in the first is confirmed in the
//! second.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::ceremony::CeremonyInProgress;
use crate::domain::delivery_address::DeliveryAddress;
use crate::domain::device::{DeviceId, DeviceKind, DeviceName};
use crate::domain::key::{EnrolmentId, KeyId};
use crate::domain::session::{Assurance, Methods};
use crate::domain::user::UserId;
use crate::factors::totp::{TotpParameters, TotpSecret};
use crate::factors::webauthn::RegistrationCeremony;

/// An authenticator app that has to show its first code.
#[derive(Serialize, Deserialize)]
pub struct EnrollingTotp {
    pub(super) user_id: UserId,
    secret: Zeroizing<String>,
    parameters: TotpParameters,
}

impl EnrollingTotp {
    /// A new secret for this user.
    pub fn begin(user_id: UserId, secret: &TotpSecret, parameters: TotpParameters) -> Self {
        Self {
            user_id,
            secret: secret.base32(),
            parameters,
        }
    }

    /// How codes are computed.
    pub fn parameters(&self) -> TotpParameters {
        self.parameters
    }

    /// The secret; `None` only for a row that is broken.
    pub fn secret(&self) -> Option<TotpSecret> {
        TotpSecret::from_base32(&self.secret)
    }
}

/// An address that has to show that codes arrive there.
#[derive(Serialize, Deserialize)]
pub struct EnrollingDeliveryAddress {
    pub(super) user_id: UserId,
    delivery_address: DeliveryAddress,
}

impl EnrollingDeliveryAddress {
    /// A delivery address that this user says they have.
    pub fn begin(user_id: UserId, delivery_address: DeliveryAddress) -> Self {
        Self {
            user_id,
            delivery_address,
        }
    }

    /// What is being added.
    pub fn delivery_address(&self) -> &DeliveryAddress {
        &self.delivery_address
    }
}

/// A passkey or security key that is being made.
#[derive(Serialize, Deserialize)]
pub struct EnrollingCredential {
    pub(super) user_id: UserId,
    kind: DeviceKind,
    name: Option<DeviceName>,
    ceremony: RegistrationCeremony,
}

impl EnrollingCredential {
    /// A ceremony of this user.
    pub fn begin(
        user_id: UserId,
        kind: DeviceKind,
        name: Option<DeviceName>,
        ceremony: RegistrationCeremony,
    ) -> Self {
        Self {
            user_id,
            kind,
            name,
            ceremony,
        }
    }

    /// The ceremony with the kind and the name that were asked for.
    pub fn into_parts(self) -> (RegistrationCeremony, DeviceKind, Option<DeviceName>) {
        (self.ceremony, self.kind, self.name)
    }
}

/// A passkey or security key that an administrator makes for somebody, with the key in hand.
#[derive(Serialize, Deserialize)]
pub struct EnrollingAtDesk {
    pub(super) user_id: UserId,
    session: String,
    key: KeyId,
    ceremony: RegistrationCeremony,
}

impl EnrollingAtDesk {
    /// A ceremony for the owner of a key, at the desk whose binding is `session`.
    pub fn begin(
        user_id: UserId,
        session: String,
        key: KeyId,
        ceremony: RegistrationCeremony,
    ) -> Self {
        Self {
            user_id,
            session,
            key,
            ceremony,
        }
    }

    /// At which desk.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// The ceremony, with the key that was chosen.
    pub fn into_parts(self) -> (RegistrationCeremony, KeyId) {
        (self.ceremony, self.key)
    }
}

/// Somebody has given an activation code, and is yet to use the key itself.
#[derive(Serialize, Deserialize)]
pub struct Activating {
    pub(super) user_id: UserId,
    enrolment: EnrolmentId,
    code_hash: String,
    ceremony: Option<CeremonyInProgress>,
}

impl Activating {
    /// The code of this enrolment, by its hash, was given.
    pub fn begin(user_id: UserId, enrolment: EnrolmentId, code_hash: String) -> Self {
        Self {
            user_id,
            enrolment,
            code_hash,
            ceremony: None,
        }
    }

    /// What is activated.
    pub fn enrolment(&self) -> EnrolmentId {
        self.enrolment
    }

    /// The hash of the code that was given.
    pub fn code_hash(&self) -> &str {
        &self.code_hash
    }

    /// The same with a ceremony in progress, in place of any before it.
    #[must_use]
    pub fn with_ceremony(self, ceremony: CeremonyInProgress) -> Self {
        let ceremony = Some(ceremony);
        Self { ceremony, ..self }
    }

    /// Parts the stage from its ceremony, which can then be answered once.
    pub fn take_ceremony(mut self) -> (Self, Option<CeremonyInProgress>) {
        let ceremony = self.ceremony.take();
        (self, ceremony)
    }
}

/// A device was just enrolled, which proves it: what a session rises to that had no second factor
/// before.
#[must_use = "an enrolled device raises the session"]
#[derive(Debug)]
pub struct Enrolled {
    user_id: UserId,
    device_id: DeviceId,
    methods: Methods,
}

impl Enrolled {
    /// Only the actions that enrol a device say that they did.
    pub fn new(user_id: UserId, device_id: DeviceId, methods: Methods) -> Self {
        Self {
            user_id,
            device_id,
            methods,
        }
    }

    /// Whose device it is.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The device.
    pub fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// What a session rises to that was opened by these methods.
    pub fn rise(&self, before: &Methods) -> (Assurance, Methods) {
        (
            Assurance::Verified,
            before.clone().and(self.methods.clone()),
        )
    }
}
