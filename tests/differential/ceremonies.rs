//! Ceremonies, honest ones and changed ones. What can be signed is signed after it was changed.

use ciborium::Value as Cbor;
use serde_json::{Value, json};

use keyward_test_support::soft_authenticator::{
    Algorithm, Attestation, FLAGS_AT, SoftAuthenticator, Tampering, with_member,
};

use super::verifiers::ENROLLED_WITH;

pub const ORIGIN: &str = "https://example.org";
pub const RP_ID: &str = "example.org";

type Members = Vec<(Cbor, Cbor)>;

/// One ceremony, and whether it is to be accepted.
pub struct Case {
    pub name: &'static str,
    pub accepted: bool,
    pub authenticator: fn() -> SoftAuthenticator,
    pub origin: &'static str,
    client_data: Option<fn(&mut String)>,
    data: Option<fn(&mut Vec<u8>)>,
    object: Option<fn(&mut Members)>,
    bytes: Option<fn(&mut Vec<u8>)>,
    answer: Option<fn(&mut Value)>,
}

impl Case {
    pub fn honest(name: &'static str, authenticator: fn() -> SoftAuthenticator) -> Self {
        Self {
            name,
            accepted: true,
            authenticator,
            origin: ORIGIN,
            client_data: None,
            data: None,
            object: None,
            bytes: None,
            answer: None,
        }
    }

    /// To be refused because of how the authenticator behaves.
    fn refused(name: &'static str, authenticator: fn() -> SoftAuthenticator) -> Self {
        let accepted = false;
        Self {
            accepted,
            ..Self::honest(name, authenticator)
        }
    }

    /// To be refused because of what is done to it.
    fn attack(name: &'static str) -> Self {
        Self::refused(name, SoftAuthenticator::passkey)
    }

    /// To be refused, and signed by the credential itself at registration too.
    fn signed_attack(name: &'static str) -> Self {
        Self::refused(name, self_attested)
    }

    fn origin(self, origin: &'static str) -> Self {
        Self { origin, ..self }
    }

    fn client_data(self, change: fn(&mut String)) -> Self {
        let client_data = Some(change);
        Self {
            client_data,
            ..self
        }
    }

    fn data(self, change: fn(&mut Vec<u8>)) -> Self {
        let data = Some(change);
        Self { data, ..self }
    }

    fn object(self, change: fn(&mut Members)) -> Self {
        let object = Some(change);
        Self { object, ..self }
    }

    fn bytes(self, change: fn(&mut Vec<u8>)) -> Self {
        let bytes = Some(change);
        Self { bytes, ..self }
    }

    fn answer(self, change: fn(&mut Value)) -> Self {
        let answer = Some(change);
        Self { answer, ..self }
    }

    pub fn tampering(&self) -> Tampering<'_> {
        fn hook<T>(change: &Option<fn(&mut T)>) -> Option<&dyn Fn(&mut T)> {
            change.as_ref().map(|change| change as &dyn Fn(&mut T))
        }
        Tampering {
            client_data: hook(&self.client_data),
            authenticator_data: hook(&self.data),
            attestation_object: hook(&self.object),
            attestation_bytes: hook(&self.bytes),
            answer: hook(&self.answer),
        }
    }
}

fn self_attested() -> SoftAuthenticator {
    with(|authenticator| authenticator.attestation = Attestation::PackedSelf)
}

fn with(change: fn(&mut SoftAuthenticator)) -> SoftAuthenticator {
    let mut authenticator = SoftAuthenticator::passkey();
    change(&mut authenticator);
    authenticator
}

fn of(algorithm: Algorithm) -> SoftAuthenticator {
    let mut authenticator = self_attested();
    authenticator.algorithm = algorithm;
    authenticator
}

/// What is done to both ceremonies alike.
fn common() -> Vec<Case> {
    vec![
        Case::honest("ES256", SoftAuthenticator::passkey),
        Case::honest("ES256, synced", SoftAuthenticator::synced_passkey),
        Case::honest("ES384", || of(Algorithm::Es384)),
        Case::honest("EdDSA", || of(Algorithm::Ed25519)),
        Case::honest("RS256", || of(Algorithm::Rs256)),
        Case::signed_attack("the origin of another site").origin("https://evil.example"),
        Case::signed_attack("the origin in another case").origin("https://EXAMPLE.org"),
        Case::signed_attack("the origin with a path").origin("https://example.org/path"),
        Case::signed_attack("the origin with a slash").origin("https://example.org/"),
        Case::signed_attack("the origin with user information").origin("https://a@example.org"),
        Case::signed_attack("the origin with its port").origin("https://example.org:443"),
        Case::signed_attack("the origin of a subdomain").origin("https://sub.example.org"),
        Case::signed_attack("the origin without TLS").origin("http://example.org"),
        Case::signed_attack("crossOrigin: true")
            .client_data(|data| with_member(data, "crossOrigin", json!(true))),
        Case::signed_attack("topOrigin alone")
            .client_data(|data| with_member(data, "topOrigin", json!("https://evil.example"))),
        Case::signed_attack("another challenge")
            .client_data(|data| with_member(data, "challenge", json!("AAAAAAAAAAAAAAAAAAAAAA"))),
        Case::signed_attack("another type")
            .client_data(|data| with_member(data, "type", json!("payment.get"))),
        Case::signed_attack("token binding: present").client_data(|data| {
            with_member(
                data,
                "tokenBinding",
                json!({ "status": "present", "id": "AAAA" }),
            );
        }),
        Case::signed_attack("client data with a member twice").client_data(|data| {
            *data = data.replacen('{', r#"{"origin":"https://example.org","#, 1);
        }),
        Case::honest("client data with a byte-order mark", self_attested)
            .client_data(|data| data.insert(0, '\u{feff}')),
        Case::signed_attack("client data with something behind")
            .client_data(|data| data.push_str("{}")),
        Case::honest("client data with an unknown member", self_attested)
            .client_data(|data| with_member(data, "other", json!(1))),
        Case::signed_attack("another relying party").data(|data| data[0] ^= 1),
        Case::signed_attack("no user present").data(|data| data[FLAGS_AT] &= !0x01),
        Case::signed_attack("no user verified").data(|data| data[FLAGS_AT] &= !0x04),
        Case::signed_attack("a reserved flag: bit 1").data(|data| data[FLAGS_AT] |= 0x02),
        Case::signed_attack("a reserved flag: bit 5").data(|data| data[FLAGS_AT] |= 0x20),
        Case::signed_attack("backed up without being eligible").data(|data| data[FLAGS_AT] |= 0x10),
        Case::signed_attack("a byte behind the authenticator data").data(|data| data.push(0)),
        Case::signed_attack("extensions that are no map").data(|data| {
            data[FLAGS_AT] |= 0x80;
            data.push(0x01);
        }),
        Case::honest("extensions that nobody asked for", self_attested).data(|data| {
            data[FLAGS_AT] |= 0x80;
            data.extend([0xa1, 0x61, b'x', 0xf5]);
        }),
        Case::signed_attack("an extension twice").data(|data| {
            data[FLAGS_AT] |= 0x80;
            data.extend([0xa2, 0x61, b'x', 0xf5, 0x61, b'x', 0xf5]);
        }),
        Case::honest("extensions in a longer form", self_attested).data(|data| {
            data[FLAGS_AT] |= 0x80;
            data.extend([0xb8, 0x01, 0x61, b'x', 0xf5]);
        }),
        Case::attack("a credential of another type")
            .answer(|answer| answer["type"] = json!("password")),
        Case::attack("id is not rawId").answer(|answer| answer["id"] = json!("AAAA")),
        Case::attack("base64url with padding").answer(|answer| {
            let text = answer["response"]["clientDataJSON"]
                .as_str()
                .expect("a text");
            let padded = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4 + 1));
            answer["response"]["clientDataJSON"] = json!(padded);
        }),
    ]
}

/// What is judged about registrations.
pub fn registrations() -> Vec<Case> {
    let mut cases = common();
    cases.extend([
        Case::honest("packed", || with(|it| it.attestation = Attestation::Packed)),
        Case::honest("tpm", || with(|it| it.attestation = Attestation::Tpm)),
        Case::honest("android-key", || {
            with(|it| it.attestation = Attestation::AndroidKey)
        }),
        Case::honest("apple", || with(|it| it.attestation = Attestation::Apple)),
        Case::honest("fido-u2f", || {
            with(|it| it.attestation = Attestation::FidoU2f)
        }),
        Case::honest("fido-u2f, with zeros for a model", || {
            with(|it| {
                it.attestation = Attestation::FidoU2f;
                it.aaguid = [0; 16];
            })
        }),
        Case::attack("a filled statement under none").object(|object| {
            object[1].1 = Cbor::Map(vec![(Cbor::from("alg"), Cbor::from(-7))]);
        }),
        Case::signed_attack("an unknown format").object(|object| object[0].1 = Cbor::from("other")),
        Case::signed_attack("a statement with an unknown member").object(|object| {
            if let Cbor::Map(statement) = &mut object[1].1 {
                statement.push((Cbor::from("other"), Cbor::from(1)));
            }
        }),
        Case::attack("an attestation object with an unknown member")
            .object(|object| object.push((Cbor::from("other"), Cbor::from(1)))),
        Case::attack("an attestation object with a member twice")
            .object(|object| object.push((Cbor::from("fmt"), Cbor::from("none")))),
        Case::attack("a byte behind the attestation object").bytes(|bytes| bytes.push(0)),
        Case::signed_attack("a statement by another algorithm").object(|object| {
            if let Cbor::Map(statement) = &mut object[1].1 {
                statement[0].1 = Cbor::from(-35);
            }
        }),
        Case::signed_attack("a statement whose signature is wrong").object(|object| {
            if let Cbor::Map(statement) = &mut object[1].1
                && let Cbor::Bytes(signature) = &mut statement[1].1
            {
                *signature.last_mut().expect("a byte") ^= 1;
            }
        }),
        Case::attack("a point off its curve")
            .data(|data| *data.last_mut().expect("a coordinate") ^= 1),
        Case::refused("an Ed25519 point of small order", || {
            with(|it| it.algorithm = Algorithm::Ed25519)
        })
        .data(|data| {
            let at = data.len() - 32;
            data[at..].fill(0);
            data[at] = 1;
        }),
        Case::refused("an Ed25519 point that is none", || {
            with(|it| it.algorithm = Algorithm::Ed25519)
        })
        .data(|data| {
            let at = data.len() - 32;
            data[at..].fill(0);
            data[at] = 2;
        }),
        Case::refused("an RSA key with the exponent 3", || {
            with(|it| it.algorithm = Algorithm::Rs256)
        })
        .data(|data| {
            let at = data.len() - 4;
            data.splice(at.., [0x41, 3]);
        }),
        Case::attack("a P-256 point labelled ES384").data(|data| {
            let es256 = [0x01, 0x02, 0x03, 0x26];
            let at = data
                .windows(4)
                .rposition(|window| window == es256)
                .expect("a label");
            data.splice(at..at + 4, [0x01, 0x02, 0x03, 0x38, 0x22]);
        }),
        Case::attack("an optional parameter in the key").data(|data| {
            let es256 = [0xa5, 0x01, 0x02, 0x03, 0x26];
            let at = data
                .windows(5)
                .rposition(|window| window == es256)
                .expect("a key");
            data[at] = 0xa6;
            data.extend([0x04, 0x80]);
        }),
        Case::refused("a credential id of no bytes", || {
            with(|it| it.credential_id_length = 0)
        }),
        Case::refused("a credential id of 1024 bytes", || {
            with(|it| it.credential_id_length = 1024)
        }),
        Case::honest("a credential id of 1023 bytes", || {
            with(|it| it.credential_id_length = 1023)
        }),
        Case::attack("rawId is another credential's").answer(|answer| {
            (answer["id"], answer["rawId"]) = (json!("AAAA"), json!("AAAA"));
        }),
    ]);
    cases
}

/// What is judged about authentications, each after an honest registration.
pub fn authentications() -> Vec<Case> {
    let mut cases = common();
    cases.extend([
        Case::refused("the counter again", || {
            with(|it| it.counter = Some(ENROLLED_WITH))
        }),
        Case::refused("the counter went back", || {
            with(|it| it.counter = Some(ENROLLED_WITH - 1))
        }),
        Case::refused("no counter any more", || with(|it| it.counter = None)),
        Case::honest("the highest counter", || {
            with(|it| it.counter = Some(u32::MAX - 1))
        }),
        Case::attack("the eligibility for backup changed").data(|data| data[FLAGS_AT] |= 0x08),
        Case::attack("the eligibility changed, and backed up").data(|data| data[FLAGS_AT] |= 0x18),
        Case::attack("a new credential in the authenticator data").data(|data| {
            data[FLAGS_AT] |= 0x40;
            data.extend([0; 16]);
            data.extend([0, 1, 7, 0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
            data.extend([1; 32]);
            data.extend([0x22, 0x58, 32]);
            data.extend([1; 32]);
        }),
        Case::refused("the user handle of somebody else", || {
            with(|it| it.told_user_handle = Some(b"ben".to_vec()))
        }),
        Case::attack("another credential").answer(|answer| {
            (answer["id"], answer["rawId"]) = (json!("AAAA"), json!("AAAA"));
        }),
        Case::attack("a signature with a byte behind").answer(|answer| {
            let text = answer["response"]["signature"].as_str().expect("a text");
            let longer = match text.len() % 4 {
                0 => format!("{text}AA"),
                2 => format!("{}AAA", &text[..text.len() - 1]),
                _ => format!("{}AA", &text[..text.len() - 1]),
            };
            answer["response"]["signature"] = json!(longer);
        }),
        Case::attack("no signature").answer(|answer| answer["response"]["signature"] = json!("")),
    ]);
    cases
}
