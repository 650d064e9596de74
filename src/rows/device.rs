//! Devices, and the credentials in them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::ToSchema;

use super::row;
use keyward_actions::device::ListedCredential;
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::DeviceSummary;

row! {
    /// A device.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Device)]
    pub struct DeviceRow {
        /// The id.
        pub id: String,
        /// Its owner's name.
        pub user: String,
        /// Its owner's id.
        pub user_id: String,
        /// What kind of thing it is.
        pub kind: &'static str,
        /// What its owner calls it.
        pub name: String,
        /// The product, where that is known; where codes go, masked, of a phone or a mailbox.
        pub model: Option<String>,
        /// `active`, `suspect` where its signature counter went back, or `lost` with the key that it is on.
        pub state: &'static str,
        /// Whether its owner is asked for it first.
        pub default: bool,
        /// When it was enrolled.
        #[schema(format = "date-time")]
        pub created_at: String,
        /// When it last proved its owner.
        #[schema(format = "date-time")]
        pub last_used_at: Option<String>,
    }
}

impl From<&DeviceSummary> for DeviceRow {
    fn from(summary: &DeviceSummary) -> Self {
        let device = &summary.device;
        Self {
            id: device.id.to_string(),
            user: summary.owner.clone(),
            user_id: device.user_id.to_string(),
            kind: device.kind.as_str(),
            name: device.name.to_string(),
            model: device.model.clone(),
            state: device.state.as_str(),
            default: summary.default_device == Some(device.id),
            created_at: device.created_at.rfc3339(),
            last_used_at: device.last_used_at.map(Timestamp::rfc3339),
        }
    }
}

row! {
    /// What is known of a credential. Nothing in it is secret.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Credential)]
    pub struct CredentialRow {
        /// The device that holds it.
        pub device: String,
        /// Whose it is, by id.
        pub user_id: String,
        /// `passkey` or `security-key`.
        pub kind: &'static str,
        /// The authenticator's name for it, in base64url.
        pub credential_id: String,
        /// The authenticator's model, as it says itself.
        pub aaguid: String,
        /// The signature counter that was last seen.
        pub sign_count: u32,
        /// How a browser may reach it, as far as that is known.
        pub transports: Vec<String>,
        /// Whether it may be copied to other devices.
        pub backup_eligible: bool,
        /// Whether it was when last seen.
        pub backed_up: bool,
        /// Whether the user was verified when it was made.
        pub user_verified: bool,
        /// Whether it can be found without a user name, as far as the browser told.
        pub discoverable: Option<bool>,
        /// The attestation statement that it came with.
        pub attestation_format: String,
        /// Which one of its model the authenticator is, as its certificate says: the number that is
        /// printed on it, as far as its maker writes that there, or hexadecimal capitals.
        pub serial: Option<String>,
        /// Whether the certificate that says so leads to a root of the model. Without that, anybody may
        /// have written the number.
        pub serial_is_proved: bool,
    }
}

impl From<&ListedCredential> for CredentialRow {
    fn from(listed: &ListedCredential) -> Self {
        let (credential, serial) = (&listed.credential, listed.serial.as_ref());
        Self {
            device: credential.device_id.to_string(),
            user_id: credential.user_id.to_string(),
            kind: credential.kind.as_str(),
            credential_id: URL_SAFE_NO_PAD.encode(&credential.credential_id),
            aaguid: credential.aaguid.hyphenated().to_string(),
            sign_count: credential.sign_count,
            transports: credential.transports.clone(),
            backup_eligible: credential.backup_eligible,
            backed_up: credential.backed_up,
            user_verified: credential.user_verified,
            discoverable: credential.discoverable,
            attestation_format: credential.attestation_format.clone(),
            serial: serial.map(|known| known.serial.number.clone()),
            serial_is_proved: serial.is_some_and(|known| known.is_proved),
        }
    }
}
