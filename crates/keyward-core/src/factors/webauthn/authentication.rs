//! Using a credential (WebAuthn L3 §7.2).

use super::assertion::{self, AuthenticationRefusal, CredentialVerified, Expected};
use super::registration::descriptor;
use super::{RelyingParty, UserVerification, hints};
use crate::domain::credential::Credential;
use crate::domain::device::{DeviceId, DeviceKind};
use crate::domain::user::{UserHandle, UserId};
use crate::problem::{Problem, Result, codes};
use crate::protocols::webauthn::answer::AuthenticationAnswer;
use crate::protocols::webauthn::client_data::{CeremonyTerms, Purpose};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An authentication in progress. It holds the challenge, and is worth one answer.
#[derive(Debug, Serialize, Deserialize)]
#[must_use]
pub struct AuthenticationCeremony {
    user_id: UserId,
    allowed: Vec<DeviceId>,
    challenge: String,
}

impl AuthenticationCeremony {
    /// Who was asked.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }
}

impl RelyingParty {
    /// Asks a known user for one of their credentials: the options for the browser (the input of
    /// `parseRequestOptionsFromJSON`) and the ceremony to keep. Suspect devices are for the caller
    /// to leave out.
    ///
    /// # Errors
    /// `device.unknown` where the user has no credential among these.
    pub fn start_authentication(
        &self,
        user_id: UserId,
        credentials: &[Credential],
    ) -> Result<(Value, AuthenticationCeremony)> {
        let theirs = credentials
            .iter()
            .filter(|credential| credential.user_id == user_id);
        let theirs: Vec<&Credential> = theirs.collect();
        if theirs.is_empty() {
            return Err(codes::DEVICE_UNKNOWN.into());
        }
        let verification = self.verification_to_ask(&theirs);
        let ceremony = AuthenticationCeremony {
            user_id,
            allowed: theirs
                .iter()
                .map(|credential| credential.device_id)
                .collect(),
            challenge: self.new_challenge(),
        };
        let options = self.request_options(&theirs, verification, &ceremony.challenge);
        Ok((options, ceremony))
    }

    /// One request goes to all of a user's authenticators. User verification is required in it
    /// only where each of them must give it: a security key without a PIN could not answer.
    pub(super) fn verification_to_ask(&self, credentials: &[&Credential]) -> UserVerification {
        let passkeys_alone = credentials
            .iter()
            .all(|credential| credential.kind == DeviceKind::Passkey);
        self.verification_of(match passkeys_alone {
            true => DeviceKind::Passkey,
            false => DeviceKind::SecurityKey,
        })
    }

    /// `PublicKeyCredentialRequestOptionsJSON` (WebAuthn L3 §5.1.9).
    fn request_options(
        &self,
        credentials: &[&Credential],
        verification: UserVerification,
        challenge: &str,
    ) -> Value {
        let allowed: Vec<Value> = credentials.iter().copied().map(descriptor).collect();
        json!({
            "challenge": challenge,
            "timeout": self.timeout_millis(),
            "rpId": self.settings.id,
            "allowCredentials": allowed,
            "userVerification": verification.as_str(),
            "hints": hints::for_use(credentials),
        })
    }

    /// Verifies the browser's answer, the `toJSON()` of the credential that was used.
    /// `credentials` are the user's as they are stored now, `handle` is the user's.
    ///
    /// # Errors
    /// `ceremony.malformed`, `ceremony.refused`, `ceremony.unknown_credential`,
    /// `ceremony.user_verification`; a counter that went back is a case of its own, so that the
    /// device can be marked.
    pub fn finish_authentication(
        &self,
        ceremony: AuthenticationCeremony,
        answer: &[u8],
        credentials: &[Credential],
        handle: &UserHandle,
    ) -> Result<CredentialVerified, AuthenticationRefusal> {
        let answer = AuthenticationAnswer::read(answer)?;
        let stored = credentials
            .iter()
            .filter(|credential| credential.user_id == ceremony.user_id)
            .filter(|credential| ceremony.allowed.contains(&credential.device_id))
            .find(|credential| credential.credential_id == answer.credential_id)
            .ok_or_else(|| Problem::new(codes::CEREMONY_UNKNOWN_CREDENTIAL))?;
        let expected = Expected {
            asked: CeremonyTerms {
                purpose: Purpose::Get,
                challenge: &ceremony.challenge,
                origins: &self.settings.origins,
                top_origins: &self.settings.top_origins,
            },
            rp_id_hash: &self.id_hash,
            user_verification: self.verification_of(stored.kind) == UserVerification::Required,
            handle,
        };
        assertion::verify(&expected, &answer, stored)
    }
}
