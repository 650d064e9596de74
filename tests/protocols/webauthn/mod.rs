//! WebAuthn ceremonies against our verifier: the W3C's vectors, honest authenticators, attacks,
//! and random damage.

mod attestation;
mod authentication;
mod damage;
mod honest;
mod makers;
mod quirks;
mod recorded;
mod registration;
mod twins;
mod vectors;

use serde_json::Value;
use std::time::Duration;

use keyward_core::clock::{SystemEntropy, Timestamp};
use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::{DeviceId, DeviceKind};
use keyward_core::domain::user::{User, UserHandle, UserId, UserName};
use keyward_core::factors::webauthn::{
    AttestationConveyance, AuthenticationRefusal, CredentialVerified, RelyingParty,
    RelyingPartySettings, UserVerification,
};
use keyward_core::problem::Problem;
use keyward_core::protocols::webauthn::algorithm::Algorithm;
use keyward_test_support::soft_authenticator::{SoftAuthenticator, Tampering};

const ORIGIN: &str = "https://example.org";

fn settings() -> RelyingPartySettings {
    RelyingPartySettings {
        id: "example.org".to_owned(),
        name: "Example".to_owned(),
        origins: vec![
            ORIGIN.to_owned(),
            "https://keys.example.org:8443".to_owned(),
        ],
        top_origins: Vec::new(),
        algorithms: Algorithm::USUAL.to_vec(),
        user_verification: UserVerification::Required,
        attestation: AttestationConveyance::None,
        save_key_slots: false,
        timeout: Duration::from_mins(5),
    }
}

fn relying_party() -> RelyingParty {
    RelyingParty::new(settings()).expect("a relying party")
}

fn user(name: &str) -> User {
    User {
        id: UserId::generate(Timestamp::default(), &SystemEntropy),
        name: UserName::parse(name).expect("a name"),
        display_name: None,
        email: None,
        handle: UserHandle::generate(&SystemEntropy),
        is_superuser: false,
        is_enabled: true,
        default_device: None,
        created_at: Timestamp::default(),
        last_sign_in_at: None,
    }
}

fn new_device_id() -> DeviceId {
    DeviceId::generate(Timestamp::default(), &SystemEntropy)
}

/// Anna, with one enrolled authenticator in her hand.
struct Anna {
    party: RelyingParty,
    user: User,
    authenticator: SoftAuthenticator,
    credentials: Vec<Credential>,
}

impl Anna {
    fn with(authenticator: SoftAuthenticator) -> Self {
        Self::with_kind(authenticator, DeviceKind::Passkey)
    }

    fn with_kind(authenticator: SoftAuthenticator, kind: DeviceKind) -> Self {
        let (party, user) = (relying_party(), user("anna"));
        let credentials = Vec::new();
        let mut anna = Self {
            party,
            user,
            authenticator,
            credentials,
        };
        anna.enrols(kind);
        anna
    }

    fn enrols(&mut self, kind: DeviceKind) {
        let (options, ceremony) = self
            .party
            .start_registration(&self.user, kind, &self.credentials)
            .expect("options");
        let answer = self.authenticator.register(&options, ORIGIN).to_string();
        let registered = self
            .party
            .finish_registration(ceremony, answer.as_bytes())
            .expect("a credential");
        assert_eq!(registered.user_id(), self.user.id);
        self.credentials
            .push(registered.into_credential(new_device_id()));
    }

    fn authenticates(&mut self) -> Result<CredentialVerified, AuthenticationRefusal> {
        self.authenticates_tampered(Tampering::default())
    }

    fn authenticates_tampered(
        &mut self,
        tampering: Tampering<'_>,
    ) -> Result<CredentialVerified, AuthenticationRefusal> {
        self.answers(|authenticator, options| {
            authenticator.authenticate_tampered(options, ORIGIN, tampering)
        })
    }

    fn answers(
        &mut self,
        answer: impl FnOnce(&mut SoftAuthenticator, &Value) -> Value,
    ) -> Result<CredentialVerified, AuthenticationRefusal> {
        let (options, ceremony) = self
            .party
            .start_authentication(self.user.id, &self.credentials)
            .expect("options");
        let answer = answer(&mut self.authenticator, &options).to_string();
        self.party.finish_authentication(
            ceremony,
            answer.as_bytes(),
            &self.credentials,
            &self.user.handle,
        )
    }
}

/// Asserts that there is a proof.
#[track_caller]
fn assert_accepted<T>(outcome: Result<T, impl Into<Problem>>) {
    if let Err(refusal) = outcome {
        panic!("refused: {}", refusal.into());
    }
}

/// Asserts that it was refused with this code, for a reason that contains these words: a refusal
/// for another reason would prove nothing.
#[track_caller]
fn assert_refused<T: std::fmt::Debug>(
    outcome: Result<T, impl Into<Problem>>,
    code: &str,
    reason: &str,
) {
    let problem = match outcome {
        Ok(accepted) => panic!("accepted: {accepted:?}"),
        Err(refusal) => refusal.into(),
    };
    assert_eq!(problem.code().name, code, "{problem}");
    assert!(
        problem.to_string().contains(reason),
        "{problem} does not say {reason:?}"
    );
}
