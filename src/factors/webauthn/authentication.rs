//! Using a credential (WebAuthn L3 §7.2).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AuthenticationState, AuthenticatorAssertionResponseRaw, PublicKeyCredential,
};

use super::registration::descriptor;
use super::{RelyingParty, UserVerification, library};
use crate::domain::credential::Credential;
use crate::domain::device::{DeviceId, DeviceKind};
use crate::domain::user::{UserHandle, UserId};
use crate::problem::{Problem, Result, codes};
use crate::protocols::webauthn::answer::AuthenticationAnswer;
use crate::protocols::webauthn::authenticator_data::AuthenticatorData;
use crate::protocols::webauthn::client_data::{self, Asked, Purpose};
use crate::protocols::webauthn::{encode, refused};

/// An authentication in progress. It holds the challenge, and is worth one answer.
#[derive(Debug, Serialize, Deserialize)]
#[must_use]
pub struct AuthenticationCeremony {
    user_id: UserId,
    allowed: Vec<DeviceId>,
    challenge: String,
    state: AuthenticationState,
}

impl AuthenticationCeremony {
    /// Who was asked.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }
}

/// The proof that this user's authenticator answered just now.
///
/// Parallel answers can both have come this far. Storing the counter decides between them: update
/// where the stored counter is below [`Self::sign_count`], or where both are zero, and refuse when
/// no row was changed.
#[derive(Debug)]
#[must_use]
pub struct CredentialVerified {
    user_id: UserId,
    device_id: DeviceId,
    kind: DeviceKind,
    sign_count: u32,
    user_verified: bool,
    backed_up: bool,
}

impl CredentialVerified {
    /// Who answered.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// With what.
    pub fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// What kind of device it is.
    pub fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// The signature counter to store; zero where the authenticator has none.
    pub fn sign_count(&self) -> u32 {
        self.sign_count
    }

    /// Whether the authenticator verified its user this time.
    pub fn user_verified(&self) -> bool {
        self.user_verified
    }

    /// Whether the credential is backed up now; to be stored.
    pub fn backed_up(&self) -> bool {
        self.backed_up
    }
}

/// Why there is no proof.
#[derive(Debug)]
pub enum AuthenticationRefusal {
    /// The answer cannot be read, or is not what was asked for.
    Problem(Problem),
    /// The answer is rightly signed, but its counter is not above the stored one: there may be a
    /// copy of the authenticator (WebAuthn L3 §7.2 step 22, §6.1.1). The device is suspect now.
    CounterWentBack {
        /// The device that answered, or its copy.
        device_id: DeviceId,
        /// The counter that was last seen.
        stored: u32,
        /// The counter of this answer.
        presented: u32,
    },
}

impl From<Problem> for AuthenticationRefusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<AuthenticationRefusal> for Problem {
    fn from(refusal: AuthenticationRefusal) -> Self {
        match refusal {
            AuthenticationRefusal::Problem(problem) => problem,
            AuthenticationRefusal::CounterWentBack {
                device_id,
                stored,
                presented,
            } => Problem::new(codes::CEREMONY_COUNTER).detailed(format!(
                "device {device_id} presented {presented} after {stored}"
            )),
        }
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
        let builder = self
            .core
            .new_challenge_authenticate_builder(Vec::new(), Some(library::policy(verification)))
            .map_err(Problem::internal)?;
        let (generated, state) = self
            .core
            .generate_challenge_authenticate(builder)
            .map_err(Problem::internal)?;
        let challenge = encode(&generated.public_key.challenge);
        let ceremony = AuthenticationCeremony {
            user_id,
            allowed: theirs
                .iter()
                .map(|credential| credential.device_id)
                .collect(),
            challenge,
            state,
        };
        let options = self.request_options(&theirs, verification, &ceremony.challenge);
        Ok((options, ceremony))
    }

    /// One request goes to all of a user's authenticators. User verification is required in it
    /// only where each of them must give it: a security key without a PIN could not answer.
    fn verification_to_ask(&self, credentials: &[&Credential]) -> UserVerification {
        let passkeys_alone = credentials
            .iter()
            .all(|credential| credential.kind == DeviceKind::Passkey);
        self.settings.user_verification.of(match passkeys_alone {
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
        let keys_alone = credentials
            .iter()
            .all(|credential| credential.kind == DeviceKind::SecurityKey);
        let hints: &[&str] = if keys_alone { &["security-key"] } else { &[] };
        let allowed: Vec<Value> = credentials.iter().copied().map(descriptor).collect();
        json!({
            "challenge": challenge,
            "timeout": self.timeout_millis(),
            "rpId": self.settings.id,
            "allowCredentials": allowed,
            "userVerification": verification.as_str(),
            "hints": hints,
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
        let presented = self.check_assertion(&ceremony, &answer, stored, handle)?;

        let response = PublicKeyCredential {
            id: encode(&answer.credential_id),
            raw_id: answer.credential_id,
            response: AuthenticatorAssertionResponseRaw {
                authenticator_data: answer.authenticator_data,
                client_data_json: answer.client_data,
                signature: answer.signature,
                user_handle: None,
            },
            extensions: Default::default(),
            type_: "public-key".to_owned(),
        };
        let known = library::credential(stored)?;
        match self
            .core
            .authenticate_single_credential(&response, &ceremony.state, &known)
        {
            Ok(result) => Ok(CredentialVerified {
                user_id: stored.user_id,
                device_id: stored.device_id,
                kind: stored.kind,
                sign_count: result.counter(),
                user_verified: result.user_verified(),
                backed_up: result.backup_state(),
            }),
            // The library looks at the counter last, after the signature.
            Err(WebauthnError::CredentialPossibleCompromise) => {
                Err(AuthenticationRefusal::CounterWentBack {
                    device_id: stored.device_id,
                    stored: stored.sign_count,
                    presented,
                })
            }
            Err(error) => Err(library::refusal(error).into()),
        }
    }

    /// What the library does not check, or not strictly. Gives back the answer's counter.
    fn check_assertion(
        &self,
        ceremony: &AuthenticationCeremony,
        answer: &AuthenticationAnswer,
        stored: &Credential,
        handle: &UserHandle,
    ) -> Result<u32> {
        let told = answer.user_handle.as_deref();
        if told.is_some_and(|told| told != handle.as_bytes()) {
            return Err(refused("the user handle is somebody else's"));
        }
        let asked = Asked {
            purpose: Purpose::Get,
            challenge: &ceremony.challenge,
            origins: &self.settings.origins,
        };
        client_data::check(&answer.client_data, asked)?;
        let data = AuthenticatorData::read(&answer.authenticator_data)?;
        if data.attested.is_some() {
            return Err(refused(
                "there is a new credential in the authenticator data",
            ));
        }
        let needed = self.settings.user_verification.of(stored.kind);
        if needed == UserVerification::Required && !data.flags.user_verified() {
            return Err(codes::CEREMONY_USER_VERIFICATION.into());
        }
        Ok(data.sign_count)
    }
}
