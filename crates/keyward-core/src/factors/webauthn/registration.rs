//! Making a credential (WebAuthn L3 §7.1).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;
use webauthn_rs_core::proto::{
    AuthenticatorAttestationResponseRaw, RegisterPublicKeyCredential, RegistrationState,
};

use super::{RelyingParty, UserVerification, attestation, hints, library, signature};
use crate::domain::attestation::Attestation;
use crate::domain::credential::Credential;
use crate::domain::device::{Authenticator, DeviceId, DeviceKind};
use crate::domain::user::{User, UserId};
use crate::problem::{Problem, Result, codes};
use crate::protocols::webauthn::algorithm::Algorithm;
use crate::protocols::webauthn::answer::RegistrationAnswer;
use crate::protocols::webauthn::attestation_object::AttestationObject;
use crate::protocols::webauthn::authenticator_data::{AuthenticatorData, Flags};
use crate::protocols::webauthn::client_data::{self, CeremonyTerms, Purpose, Shown};
use crate::protocols::webauthn::{encode, malformed, models, not_offered, refused};

/// A registration in progress. It holds the challenge, and is worth one answer.
#[derive(Debug, Serialize, Deserialize)]
#[must_use]
pub struct RegistrationCeremony {
    user_id: UserId,
    kind: DeviceKind,
    challenge: String,
    excluded: Vec<String>,
    /// What was offered; ceremonies of earlier versions offered the usual.
    #[serde(default = "usual")]
    algorithms: Vec<Algorithm>,
    state: RegistrationState,
}

fn usual() -> Vec<Algorithm> {
    Algorithm::USUAL.to_vec()
}

impl RegistrationCeremony {
    /// Whose credential is being made.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// What kind of device is being made.
    pub fn kind(&self) -> DeviceKind {
        self.kind
    }
}

/// The proof that an authenticator made a credential for this user just now.
///
/// The credential's id is new to this user, but whether another user has it is for the database
/// to refuse (WebAuthn L3 §7.1, "not yet registered for any user").
#[derive(Debug)]
#[must_use]
pub struct CredentialRegistered {
    user_id: UserId,
    kind: DeviceKind,
    credential_id: Vec<u8>,
    public_key: Vec<u8>,
    sign_count: u32,
    aaguid: Uuid,
    transports: Vec<String>,
    flags: Flags,
    discoverable: Option<bool>,
    attestation: Attestation,
}

impl CredentialRegistered {
    /// Whose it is.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// What kind of device holds it.
    pub fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// The authenticator's product name as far as it is known, for showing alone.
    pub fn model(&self) -> Option<&'static str> {
        models::name(self.aaguid)
    }

    /// What the authenticator proved about its make.
    pub fn attestation(&self) -> &Attestation {
        &self.attestation
    }

    /// The authenticator's model, as it says itself; zeros where it does not say.
    pub fn aaguid(&self) -> Uuid {
        self.aaguid
    }

    /// The credential to keep, inside the device that was made for it.
    pub fn into_credential(self, device_id: DeviceId) -> Credential {
        Credential {
            device_id,
            user_id: self.user_id,
            kind: self.kind,
            credential_id: self.credential_id,
            public_key: self.public_key,
            sign_count: self.sign_count,
            aaguid: self.aaguid,
            transports: self.transports,
            backup_eligible: self.flags.backup_eligible(),
            backed_up: self.flags.backed_up(),
            user_verified: self.flags.user_verified(),
            discoverable: self.discoverable,
            attestation_format: self.attestation.format,
        }
    }
}

impl RelyingParty {
    /// Starts making a passkey or a security key: the options for the browser (the input of
    /// `parseCreationOptionsFromJSON`) and the ceremony to keep.
    ///
    /// `existing` are the user's WebAuthn credentials of both kinds; an authenticator that holds
    /// one of them is not to make another. The challenge is 32 bytes from the library's own
    /// generator.
    ///
    /// # Errors
    /// `internal` for a kind that holds no WebAuthn credential.
    pub fn start_registration(
        &self,
        user: &User,
        kind: DeviceKind,
        existing: &[Credential],
    ) -> Result<(Value, RegistrationCeremony)> {
        if !kind.is_webauthn() {
            return Err(Problem::internal(format!(
                "no ceremony makes a {}",
                kind.as_str()
            )));
        }
        let verification = self.verification_of(kind);
        let existing = existing
            .iter()
            .filter(|credential| credential.user_id == user.id);
        let excluded = existing
            .clone()
            .map(|credential| encode(&credential.credential_id));
        let excluded = excluded.collect();
        let name = user.name.as_str();
        let builder = self
            .core
            .new_challenge_register_builder(user.handle.as_bytes(), name, name)
            .map_err(Problem::internal)?
            .user_verification_policy(library::policy(verification))
            .credential_algorithms(library::algorithms(&self.settings.algorithms));
        let (generated, state) = self
            .core
            .generate_challenge_register(builder)
            .map_err(Problem::internal)?;
        let challenge = encode(&generated.public_key.challenge);
        let options = self.creation_options(user, kind, existing, &challenge);
        let ceremony = RegistrationCeremony {
            user_id: user.id,
            kind,
            challenge,
            excluded,
            algorithms: self.settings.algorithms.clone(),
            state,
        };
        Ok((options, ceremony))
    }

    /// `PublicKeyCredentialCreationOptionsJSON` (WebAuthn L3 §5.1.8).
    fn creation_options<'a>(
        &self,
        user: &User,
        kind: DeviceKind,
        existing: impl Iterator<Item = &'a Credential>,
        challenge: &str,
    ) -> Value {
        let is_roaming = kind.authenticator() == Some(Authenticator::Roaming);
        let resident_key = match is_roaming && self.settings.save_key_slots {
            // A key has few slots for credentials that are found without a user name.
            true => "discouraged",
            false => "preferred",
        };
        let mut selection = json!({
            "residentKey": resident_key,
            "requireResidentKey": false,
            "userVerification": self.verification_of(kind).as_str(),
        });
        // A passkey may be kept by this device, by a phone or by a key: an attachment would close
        // ways, and some browsers have but one. The hints say what to show first.
        if is_roaming {
            put(
                &mut selection,
                "authenticatorAttachment",
                "cross-platform".into(),
            );
        }
        let offered = self.settings.algorithms.iter();
        let offered = offered.map(|one| json!({ "type": "public-key", "alg": one.number() }));
        let offered: Vec<Value> = offered.collect();
        json!({
            "rp": { "id": self.settings.id, "name": self.settings.name },
            "user": {
                "id": encode(user.handle.as_bytes()),
                "name": user.name.as_str(),
                "displayName": user.called(),
            },
            "challenge": challenge,
            "pubKeyCredParams": offered,
            "timeout": self.timeout_millis(),
            "excludeCredentials": existing.map(descriptor).collect::<Vec<_>>(),
            "authenticatorSelection": selection,
            "hints": hints::for_making(kind),
            "attestation": self.settings.attestation.as_str(),
            "extensions": { "credProps": true },
        })
    }

    /// Verifies the browser's answer, the `toJSON()` of the new credential.
    ///
    /// # Errors
    /// `ceremony.malformed`, `ceremony.refused`, `ceremony.user_verification`,
    /// `ceremony.already_registered`
    pub fn finish_registration(
        &self,
        ceremony: RegistrationCeremony,
        answer: &[u8],
    ) -> Result<CredentialRegistered> {
        let answer = RegistrationAnswer::read(answer)?;
        let asked = CeremonyTerms {
            purpose: Purpose::Create,
            challenge: &ceremony.challenge,
            origins: &self.settings.origins,
            top_origins: &self.settings.top_origins,
        };
        let shown = client_data::check(&answer.client_data, asked)?;
        let object = AttestationObject::read(&answer.attestation_object)?;
        let data = &object.authenticator_data;
        let attested = data
            .attested
            .as_ref()
            .ok_or_else(|| malformed("there is no new credential in the authenticator data"))?;
        if attested.credential_id != answer.credential_id {
            return Err(refused("rawId is not the id in the authenticator data"));
        }
        if ceremony.excluded.contains(&encode(&answer.credential_id)) {
            return Err(codes::CEREMONY_ALREADY_REGISTERED.into());
        }
        self.check_data(data, ceremony.kind)?;
        let algorithm = attested.public_key.algorithm();
        if !ceremony.algorithms.contains(&algorithm) {
            return Err(not_offered(algorithm.number()));
        }
        signature::check_key(&attested.public_key)?;
        let attestation = attestation::verify(&object, attested, &answer.client_data)?;
        // It knows neither frames nor marks before client data.
        if library::can_judge(&attestation.format, &attested.public_key)
            && shown == Shown::Alone
            && !client_data::has_mark(&answer.client_data)
        {
            self.second_opinion(&ceremony, &answer)?;
        }
        Ok(CredentialRegistered {
            user_id: ceremony.user_id,
            kind: ceremony.kind,
            public_key: attested.public_key_bytes.to_vec(),
            sign_count: data.sign_count,
            aaguid: attested.aaguid,
            flags: data.flags,
            credential_id: answer.credential_id,
            transports: answer.transports,
            discoverable: answer.discoverable,
            attestation,
        })
    }

    /// The steps on authenticator data. That BS without BE and reserved flags are refused is the
    /// reader's doing.
    fn check_data(&self, data: &AuthenticatorData<'_>, kind: DeviceKind) -> Result<()> {
        if data.rp_id_hash != self.id_hash {
            return Err(refused("the relying party id is another one"));
        }
        if !data.flags.user_present() {
            return Err(refused("there was no user present at the authenticator"));
        }
        let needed = self.verification_of(kind);
        if needed == UserVerification::Required && !data.flags.user_verified() {
            return Err(codes::CEREMONY_USER_VERIFICATION.into());
        }
        Ok(())
    }

    /// Asks the library too, where it can judge: a registration is rare and decides about years,
    /// so two independent readers have to agree. It sees what was read strictly, and of the rest
    /// nothing.
    fn second_opinion(
        &self,
        ceremony: &RegistrationCeremony,
        answer: &RegistrationAnswer,
    ) -> Result<()> {
        let response = RegisterPublicKeyCredential {
            id: encode(&answer.credential_id),
            raw_id: answer.credential_id.clone(),
            response: AuthenticatorAttestationResponseRaw {
                attestation_object: answer.attestation_object.clone(),
                client_data_json: answer.client_data.clone(),
                transports: None,
            },
            type_: "public-key".to_owned(),
            extensions: Default::default(),
        };
        self.core
            .register_credential(&response, &ceremony.state, None)
            .map(drop)
            .map_err(library::refusal)
    }
}

fn put(object: &mut Value, member: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(member.to_owned(), value);
    }
}

/// `PublicKeyCredentialDescriptorJSON` (WebAuthn L3 §5.8.3). The transports are hints; without
/// any, the member is left out and the client tries all.
pub(super) fn descriptor(credential: &Credential) -> Value {
    let mut descriptor = json!({
        "type": "public-key",
        "id": encode(&credential.credential_id),
    });
    if !credential.transports.is_empty() {
        put(&mut descriptor, "transports", json!(credential.transports));
    }
    descriptor
}
