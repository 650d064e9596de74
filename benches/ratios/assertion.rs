//! Verifying an assertion, against a bare verification of its signature by ring, and against
//! py_webauthn (which `tests/run` installs).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyward_core::clock::{SystemEntropy, Timestamp};
use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::{DeviceId, DeviceKind};
use keyward_core::domain::user::{User, UserHandle, UserId, UserName};
use keyward_core::factors::webauthn::{
    AttestationConveyance, AuthenticationCeremony, RelyingParty, RelyingPartySettings,
    UserVerification,
};
use keyward_core::protocols::webauthn::algorithm::Algorithm;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::cpu::{self, Bench};
use keyward_test_support::py_webauthn::PyWebauthn;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

const ORIGIN: &str = "https://example.org";

pub fn measure(bench: &mut Bench) {
    let recorded = Recorded::new();
    bench.measure("assertion/verify", 3, |times| recorded.verify(times));
    let signature = recorded.signature();
    bench.measure("assertion/ring", 3, |times| signature.check(times));
    let (mut python, case) = (None, recorded.case());
    bench.measure("assertion/py_webauthn", 3, |times| {
        // Started here, so that other measurements do without it.
        let python = python.get_or_insert_with(PyWebauthn::start);
        Duration::from_secs_f64(python.seconds(&case, times) * times as f64)
    });
}

/// One honest assertion with the ceremony that it answers.
struct Recorded {
    party: RelyingParty,
    user: User,
    credentials: Vec<Credential>,
    ceremony: Value,
    answer: Value,
}

impl Recorded {
    fn new() -> Self {
        let party = RelyingParty::new(RelyingPartySettings {
            id: "example.org".to_owned(),
            name: "Example".to_owned(),
            origins: vec![ORIGIN.to_owned()],
            top_origins: Vec::new(),
            algorithms: Algorithm::USUAL.to_vec(),
            user_verification: UserVerification::Required,
            attestation: AttestationConveyance::None,
            save_key_slots: false,
            timeout: Duration::from_mins(5),
        })
        .expect("a relying party");
        let user = anna();
        let mut key = SoftAuthenticator::passkey();
        let (options, ceremony) = party
            .start_registration(&user, DeviceKind::Passkey, &[])
            .expect("options");
        let answer = key.register(&options, ORIGIN).to_string();
        let registered = party
            .finish_registration(ceremony, answer.as_bytes())
            .expect("a credential");
        let device = DeviceId::generate(Timestamp::default(), &SystemEntropy);
        let credentials = vec![registered.into_credential(device)];
        let (options, ceremony) = party
            .start_authentication(user.id, &credentials)
            .expect("options");
        Self {
            answer: key.authenticate(&options, ORIGIN),
            ceremony: serde_json::to_value(ceremony).expect("a stored form"),
            party,
            user,
            credentials,
        }
    }

    /// From the browser's bytes to the proof.
    fn verify(&self, times: u64) -> Duration {
        let answer = self.answer.to_string();
        let ceremonies: Vec<AuthenticationCeremony> = (0..times)
            .map(|_| serde_json::from_value(self.ceremony.clone()).expect("a ceremony"))
            .collect();
        let started = cpu::of_process();
        for ceremony in ceremonies {
            let proof = self
                .party
                .finish_authentication(
                    ceremony,
                    answer.as_bytes(),
                    &self.credentials,
                    &self.user.handle,
                )
                .expect("a proof");
            assert!(proof.user_verified());
        }
        cpu::of_process() - started
    }

    fn part(&self, name: &str) -> Vec<u8> {
        let text = self.answer["response"][name].as_str().expect("a text");
        URL_SAFE_NO_PAD.decode(text).expect("base64url")
    }

    fn signature(&self) -> Signature {
        // The coordinates end the COSE key: 32 bytes each, with three of a head between.
        let key = &self.credentials[0].public_key;
        let (x, y) = (&key[key.len() - 67..][..32], &key[key.len() - 32..]);
        let hash = Sha256::digest(self.part("clientDataJSON"));
        Signature {
            key: [&[4], x, y].concat(),
            signed: [self.part("authenticatorData"), hash.to_vec()].concat(),
            signature: self.part("signature"),
        }
    }

    fn case(&self) -> Value {
        json!({
            "ceremony": "authentication",
            "answer": self.answer,
            "challenge": self.ceremony["challenge"],
            "rp_id": "example.org",
            "origins": [ORIGIN],
            "user_verification": true,
            "public_key": URL_SAFE_NO_PAD.encode(&self.credentials[0].public_key),
            "sign_count": self.credentials[0].sign_count,
        })
    }
}

/// What ring needs for the same signature.
struct Signature {
    key: Vec<u8>,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Signature {
    fn check(&self, times: u64) -> Duration {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.key);
        let started = cpu::of_process();
        for _ in 0..times {
            key.verify(&self.signed, &self.signature)
                .expect("it is right");
        }
        cpu::of_process() - started
    }
}

fn anna() -> User {
    User {
        id: UserId::generate(Timestamp::default(), &SystemEntropy),
        name: UserName::parse("anna").expect("a name"),
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
