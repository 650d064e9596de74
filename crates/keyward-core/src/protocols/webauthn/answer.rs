//! The JSON form of a public-key credential, as its `toJSON()` makes it (WebAuthn L3 §5.1,
//! `RegistrationResponseJSON` and `AuthenticationResponseJSON`).
//!
//! Convenience copies in it (`authenticatorData` and `publicKey` of a registration) are not read:
//! only what the authenticator signed counts.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{decode, encode, malformed, refused};
use crate::problem::Result;

/// The longest answer, in bytes. A certificate chain with the longest credential id stays far
/// below.
pub const LONGEST: usize = 64 * 1024;

/// The longest credential id, in bytes (WebAuthn L3 §5.8.3).
const LONGEST_ID: usize = 1023;
/// The longest user handle, in bytes (WebAuthn L3 §5.4.3).
const LONGEST_HANDLE: usize = 64;

/// The transports that are kept (WebAuthn L3 §5.8.4); others are left out.
const TRANSPORTS: [&str; 6] = ["ble", "hybrid", "internal", "nfc", "smart-card", "usb"];

/// The answer to `navigator.credentials.create()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationAnswer {
    /// What the client calls the new credential.
    pub credential_id: Vec<u8>,
    /// The client data, as they were signed.
    pub client_data: Vec<u8>,
    /// The attestation object.
    pub attestation_object: Vec<u8>,
    /// How the authenticator can be reached: known words in alphabetical order.
    pub transports: Vec<String>,
    /// Whether the credential is discoverable, if the client told (`credProps.rk`, unsigned).
    pub discoverable: Option<bool>,
}

/// The answer to `navigator.credentials.get()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationAnswer {
    /// The credential that answers.
    pub credential_id: Vec<u8>,
    /// The client data, as they were signed.
    pub client_data: Vec<u8>,
    /// The authenticator data, as they were signed.
    pub authenticator_data: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// Whose credential the authenticator says it is; an empty handle is none.
    pub user_handle: Option<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<T> {
    id: String,
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: T,
    /// They are unsigned, and some clients write null.
    #[serde(default)]
    client_extension_results: serde_json::Value,
}

#[derive(Deserialize)]
struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "attestationObject")]
    attestation_object: String,
    /// Clients that cannot tell leave them out or write null.
    #[serde(default)]
    transports: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    authenticator_data: String,
    signature: String,
    #[serde(default)]
    user_handle: Option<String>,
}

impl RegistrationAnswer {
    /// Reads the answer to a registration.
    ///
    /// # Errors
    /// `ceremony.malformed`, `ceremony.refused`
    pub fn read(json: &[u8]) -> Result<Self> {
        let envelope: Envelope<AttestationResponse> = read_json(json)?;
        let credential_id = envelope.credential_id()?;
        let discoverable = envelope.client_extension_results.pointer("/credProps/rk");
        let discoverable = discoverable.and_then(serde_json::Value::as_bool);
        let response = envelope.response;
        let told = response.transports.unwrap_or_default();
        let told = |known: &&str| told.iter().any(|transport| transport == known);
        Ok(Self {
            credential_id,
            client_data: decode("clientDataJSON", &response.client_data)?,
            attestation_object: decode("attestationObject", &response.attestation_object)?,
            transports: TRANSPORTS
                .into_iter()
                .filter(told)
                .map(str::to_owned)
                .collect(),
            discoverable,
        })
    }
}

impl AuthenticationAnswer {
    /// Reads the answer to an authentication.
    ///
    /// # Errors
    /// `ceremony.malformed`, `ceremony.refused`
    pub fn read(json: &[u8]) -> Result<Self> {
        let envelope: Envelope<AssertionResponse> = read_json(json)?;
        let credential_id = envelope.credential_id()?;
        let response = envelope.response;
        // Safari sends an empty text where the credential holds no handle.
        let user_handle = response
            .user_handle
            .filter(|handle| !handle.is_empty())
            .map(|handle| decode("userHandle", &handle))
            .transpose()?;
        if user_handle
            .as_ref()
            .is_some_and(|handle| handle.len() > LONGEST_HANDLE)
        {
            return Err(malformed("the user handle is too long"));
        }
        Ok(Self {
            credential_id,
            client_data: decode("clientDataJSON", &response.client_data)?,
            authenticator_data: decode("authenticatorData", &response.authenticator_data)?,
            signature: decode("signature", &response.signature)?,
            user_handle,
        })
    }
}

impl<T> Envelope<T> {
    fn credential_id(&self) -> Result<Vec<u8>> {
        if self.kind != "public-key" {
            return Err(refused("the credential is of another type"));
        }
        let credential_id = decode("rawId", &self.raw_id)?;
        if self.id != encode(&credential_id) {
            return Err(refused("id and rawId differ"));
        }
        if credential_id.is_empty() || credential_id.len() > LONGEST_ID {
            return Err(malformed("a credential id has 1 to 1023 bytes"));
        }
        Ok(credential_id)
    }
}

fn read_json<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    if json.len() > LONGEST {
        return Err(malformed("the answer is too long"));
    }
    serde_json::from_slice(json)
        .map_err(|error| malformed("the answer cannot be read").caused_by(error))
}
