//! Random damage to good ceremonies: never a panic, and never a proof where a signed byte changed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyward_core::domain::device::DeviceKind;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Anna, ORIGIN, relying_party, user, vectors};
use keyward_test_support::soft_authenticator::{Algorithm, Attestation, SoftAuthenticator};

/// One change to a byte string.
#[derive(Clone, Debug)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Copy(prop::sample::Index, prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (index(), 1..=255_u8).prop_map(|(at, mask)| Damage::Flip(at, mask)),
        1 => index().prop_map(Damage::Cut),
        1 => (index(), vec(any::<u8>(), 1..6)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => (index(), index()).prop_map(|(from, to)| Damage::Copy(from, to)),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Flip(at, mask) => {
                let at = at.index(bytes.len());
                bytes[at] ^= mask;
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Insert(at, new) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, new.iter().copied());
            }
            Self::Copy(from, to) => {
                let tail = bytes[from.index(bytes.len())..].to_vec();
                let to = to.index(bytes.len());
                bytes.splice(to..to, tail);
            }
        }
    }
}

fn authenticators() -> [(SoftAuthenticator, DeviceKind); 4] {
    let mut es384 = SoftAuthenticator::passkey();
    es384.algorithm = Algorithm::Es384;
    es384.attestation = Attestation::PackedSelf;
    let mut packed = SoftAuthenticator::passkey();
    packed.attestation = Attestation::PackedSelf;
    [
        (SoftAuthenticator::passkey(), DeviceKind::Passkey),
        (packed, DeviceKind::Passkey),
        (es384, DeviceKind::Passkey),
        (SoftAuthenticator::u2f_key(), DeviceKind::SecurityKey),
    ]
}

/// Damages one member of the response; whether that changed its bytes.
fn damage_member(answer: &mut Value, member: &str, damages: &[Damage]) -> bool {
    let text = answer["response"][member]
        .as_str()
        .expect("a member")
        .to_owned();
    let original = URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let mut bytes = original.clone();
    for damage in damages {
        damage.apply(&mut bytes);
    }
    answer["response"][member] = json!(URL_SAFE_NO_PAD.encode(&bytes));
    bytes != original
}

thread_local! {
    static RECORDED: Vec<Value> = vectors::registrations();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_damaged_authentication_proves_nothing(
        which in 0..4_usize,
        member in 0..3_usize,
        damages in vec(damage(), 1..4),
    ) {
        let (authenticator, kind) = authenticators()[which].clone();
        let mut anna = Anna::with_kind(authenticator, kind);
        let member = ["clientDataJSON", "authenticatorData", "signature"][member];
        let mut changed = false;
        let outcome = anna.answers(|authenticator, options| {
            let mut answer = authenticator.authenticate(options, ORIGIN);
            changed = damage_member(&mut answer, member, &damages);
            answer
        });
        prop_assert_eq!(outcome.is_err(), changed);
    }

    #[test]
    fn a_damaged_self_attested_registration_proves_nothing(
        which in 1..3_usize,
        member in 0..2_usize,
        damages in vec(damage(), 1..4),
    ) {
        let (mut authenticator, kind) = authenticators()[which].clone();
        let party = relying_party();
        let (options, ceremony) =
            party.start_registration(&user("anna"), kind, &[]).expect("options");
        let mut answer = authenticator.register(&options, ORIGIN);
        let member = ["clientDataJSON", "attestationObject"][member];
        let changed = damage_member(&mut answer, member, &damages);
        let outcome = party.finish_registration(ceremony, answer.to_string().as_bytes());
        prop_assert_eq!(outcome.is_err(), changed);
    }

    #[test]
    fn a_damaged_registration_never_panics(
        which in 0..4_usize,
        damages in vec(damage(), 1..8),
    ) {
        let (mut authenticator, kind) = authenticators()[which].clone();
        let party = relying_party();
        let (options, ceremony) =
            party.start_registration(&user("anna"), kind, &[]).expect("options");
        let mut answer = authenticator.register(&options, ORIGIN);
        damage_member(&mut answer, "attestationObject", &damages);
        let _ = party.finish_registration(ceremony, answer.to_string().as_bytes());
    }

    #[test]
    fn a_damaged_recorded_registration_never_panics(
        which in any::<prop::sample::Index>(),
        damages in vec(damage(), 1..4),
    ) {
        let recorded = RECORDED.with(Clone::clone);
        let mut fixture = recorded[which.index(recorded.len())].clone();
        damage_member(&mut fixture["answer"], "attestationObject", &damages);
        let _ = vectors::registration(&fixture);
    }

    #[test]
    fn arithmetic_with_a_strange_rsa_key_never_panics(
        mut modulus in vec(any::<u8>(), 256),
        signature in vec(any::<u8>(), 250..260),
    ) {
        modulus[0] |= 0x80;
        modulus[255] |= 1;
        let key = [
            &[0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59, 0x01, 0x00],
            modulus.as_slice(),
            &[0x21, 0x43, 0x01, 0x00, 0x01],
        ]
        .concat();
        let mut anna = Anna::with(SoftAuthenticator::passkey());
        anna.credentials[0].public_key = key;
        let outcome = anna.answers(|authenticator, options| {
            let mut answer = authenticator.authenticate(options, ORIGIN);
            answer["response"]["signature"] = json!(URL_SAFE_NO_PAD.encode(&signature));
            answer
        });
        prop_assert!(outcome.is_err());
    }

    #[test]
    fn a_damaged_json_form_never_panics(damages in vec(damage(), 1..8)) {
        let mut anna = Anna::with(SoftAuthenticator::passkey());
        let (options, ceremony) =
            anna.party.start_authentication(anna.user.id, &anna.credentials).expect("options");
        let mut answer = anna.authenticator.authenticate(&options, ORIGIN).to_string().into_bytes();
        for damage in &damages {
            damage.apply(&mut answer);
        }
        let (credentials, handle) = (&anna.credentials, &anna.user.handle);
        let _ = anna.party.finish_authentication(ceremony, &answer, credentials, handle);
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..300)) {
        let party = relying_party();
        let (_, ceremony) =
            party.start_registration(&user("anna"), DeviceKind::Passkey, &[]).expect("options");
        prop_assert!(party.finish_registration(ceremony, &bytes).is_err());
        let id = URL_SAFE_NO_PAD.encode([7; 16]);
        let (options, ceremony) =
            party.start_registration(&user("anna"), DeviceKind::Passkey, &[]).expect("options");
        let client_data = json!({
            "type": "webauthn.create", "challenge": options["challenge"], "origin": ORIGIN,
        });
        let answer = json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data.to_string()),
                "attestationObject": URL_SAFE_NO_PAD.encode(&bytes),
            },
        });
        let outcome = party.finish_registration(ceremony, answer.to_string().as_bytes());
        prop_assert!(outcome.is_err());
    }
}
