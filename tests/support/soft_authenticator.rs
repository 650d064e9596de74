//! An authenticator and its browser in software, which do as they are told: right by default,
//! wrong where a test wants an attack.
//!
//! ```ignore
//! let mut key = SoftAuthenticator::passkey();
//! let answer = key.register(&creation_options, "http://localhost:8080");
//! let answer = key.authenticate(&request_options, "http://localhost:8080");
//! ```
//! Both take the options as the server sends them (the flat `…OptionsJSON`) and give back what
//! `toJSON()` gives in a browser. `clone()` makes a copy with the same keys: a stolen twin, whose
//! counter goes its own way.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value as Cbor;
use rcgen::{KeyPair, PublicKeyData, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::soft_maker::{SoftMaker, Statement};

/// What the authenticator signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Es256,
    Es384,
    Ed25519,
    /// With a key of 2048 bits that is always the same one, because making one takes seconds.
    Rs256,
}

/// How the authenticator proves its make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attestation {
    None,
    PackedSelf,
    /// Under the maker's root, as the next four.
    Packed,
    Tpm,
    AndroidKey,
    Apple,
    FidoU2f,
}

/// Where authenticator data keep their flags; tampering aims there.
pub const FLAGS_AT: usize = 32;
/// Where the signature counter begins.
pub const COUNTER_AT: usize = 33;
/// Where the AAGUID of a new credential begins.
pub const AAGUID_AT: usize = 37;
/// Where the length of a new credential's id begins; the id follows after two bytes.
pub const ID_LENGTH_AT: usize = 53;

type Hook<'a, T> = Option<&'a dyn Fn(&mut T)>;

/// What an attacker changes. What is signed is changed before it is signed, so that the signature
/// stays right and only the strict reading can refuse.
#[derive(Clone, Copy, Default)]
pub struct Tampering<'a> {
    /// The text of the client data.
    pub client_data: Hook<'a, String>,
    /// The authenticator data.
    pub authenticator_data: Hook<'a, Vec<u8>>,
    /// The attestation object: a map of `fmt`, `attStmt`, `authData`.
    pub attestation_object: Hook<'a, Vec<(Cbor, Cbor)>>,
    /// The encoded attestation object.
    pub attestation_bytes: Hook<'a, Vec<u8>>,
    /// The finished answer.
    pub answer: Hook<'a, Value>,
}

/// A credential in the authenticator.
#[derive(Clone)]
struct Resident {
    id: Vec<u8>,
    key: Arc<KeyPair>,
    rp_id: String,
    user_handle: Vec<u8>,
}

/// The authenticator. Its fields are its behaviour from now on.
#[derive(Clone)]
pub struct SoftAuthenticator {
    pub algorithm: Algorithm,
    pub attestation: Attestation,
    pub aaguid: [u8; 16],
    pub user_present: bool,
    pub user_verified: bool,
    pub backup_eligible: bool,
    pub backed_up: bool,
    /// The next counter; `None` for an authenticator that does not count.
    pub counter: Option<u32>,
    /// Whether credentials can be found without their ids, and tell their user handle.
    pub discoverable: bool,
    /// The user handle to tell in place of the right one.
    pub told_user_handle: Option<Vec<u8>>,
    /// `platform` or `cross-platform`.
    pub attachment: &'static str,
    pub transports: Vec<&'static str>,
    pub credential_id_length: usize,
    /// What the browser says of the frame that asked.
    pub cross_origin: bool,
    pub top_origin: Option<String>,
    /// Who vouches for it; somebody whom nobody knows by default.
    pub maker: Option<Arc<SoftMaker>>,
    credentials: Vec<Resident>,
}

impl SoftAuthenticator {
    /// A platform authenticator that verifies its user and counts.
    pub fn passkey() -> Self {
        Self {
            algorithm: Algorithm::Es256,
            attestation: Attestation::None,
            aaguid: *b"soft-passkey-001",
            user_present: true,
            user_verified: true,
            backup_eligible: false,
            backed_up: false,
            counter: Some(1),
            discoverable: true,
            told_user_handle: None,
            attachment: "platform",
            transports: vec!["internal"],
            credential_id_length: 32,
            cross_origin: false,
            top_origin: None,
            maker: None,
            credentials: Vec::new(),
        }
    }

    /// A passkey provider that copies credentials to all devices and therefore never counts.
    pub fn synced_passkey() -> Self {
        Self {
            backup_eligible: true,
            backed_up: true,
            counter: None,
            transports: vec!["hybrid", "internal"],
            ..Self::passkey()
        }
    }

    /// A USB security key with a PIN.
    pub fn security_key() -> Self {
        Self {
            aaguid: *b"soft-usb-key-001",
            discoverable: false,
            attachment: "cross-platform",
            transports: vec!["nfc", "usb"],
            credential_id_length: 64,
            ..Self::passkey()
        }
    }

    /// A key of the U2F generation: no AAGUID, no user verification, its own attestation format.
    pub fn u2f_key() -> Self {
        Self {
            attestation: Attestation::FidoU2f,
            aaguid: [0; 16],
            user_verified: false,
            ..Self::security_key()
        }
    }

    /// Keeps its credentials, and behaves like another authenticator from now on.
    pub fn behave_like(&mut self, other: &Self) {
        let credentials = std::mem::take(&mut self.credentials);
        *self = Self {
            credentials,
            ..other.clone()
        };
    }

    /// Makes a credential, without regard for the exclude list.
    pub fn register(&mut self, options: &Value, origin: &str) -> Value {
        self.register_tampered(options, origin, Tampering::default())
    }

    /// Makes a credential, with an attacker on the way.
    pub fn register_tampered(
        &mut self,
        options: &Value,
        origin: &str,
        tampering: Tampering<'_>,
    ) -> Value {
        let credential = Resident {
            id: (0..self.credential_id_length)
                .map(|_| rand::random())
                .collect(),
            key: Arc::new(self.new_key()),
            rp_id: text(&options["rp"]["id"]),
            user_handle: decode(&options["user"]["id"]),
        };
        self.credentials.push(credential.clone());
        self.present(&credential, options, origin, tampering)
    }

    /// Presents the first credential as if it had just been made: what an authenticator that
    /// ignores the exclude list, or somebody else's credential, looks like.
    pub fn register_again(&mut self, options: &Value, origin: &str) -> Value {
        let credential = self.credentials[0].clone();
        self.present(&credential, options, origin, Tampering::default())
    }

    fn present(
        &mut self,
        credential: &Resident,
        options: &Value,
        origin: &str,
        tampering: Tampering<'_>,
    ) -> Value {
        let client_data = self.client_data("webauthn.create", options, origin, tampering);
        let mut data = self.authenticator_data(&credential.rp_id, 0x40);
        data.extend(self.aaguid);
        data.extend((credential.id.len() as u16).to_be_bytes());
        data.extend(&credential.id);
        data.extend(cbor(&cose_key(self.algorithm, &credential.key)));
        apply(tampering.authenticator_data, &mut data);
        let (format, statement) = self.attest(credential, &data, &client_data);
        let mut object = vec![
            (Cbor::from("fmt"), Cbor::from(format)),
            (Cbor::from("attStmt"), statement),
            (Cbor::from("authData"), Cbor::Bytes(data)),
        ];
        apply(tampering.attestation_object, &mut object);
        let mut object = cbor(&Cbor::Map(object));
        apply(tampering.attestation_bytes, &mut object);
        let mut answer = json!({
            "id": encode(&credential.id),
            "rawId": encode(&credential.id),
            "type": "public-key",
            "authenticatorAttachment": self.attachment,
            "clientExtensionResults": { "credProps": { "rk": self.discoverable } },
            "response": {
                "clientDataJSON": encode(client_data.as_bytes()),
                "attestationObject": encode(&object),
                "transports": self.transports,
            },
        });
        apply(tampering.answer, &mut answer);
        answer
    }

    /// Uses the first of the allowed credentials that is in here.
    pub fn authenticate(&mut self, options: &Value, origin: &str) -> Value {
        self.authenticate_tampered(options, origin, Tampering::default())
    }

    /// Uses a credential, with an attacker on the way.
    pub fn authenticate_tampered(
        &mut self,
        options: &Value,
        origin: &str,
        tampering: Tampering<'_>,
    ) -> Value {
        let credential = self.choose(options);
        let client_data = self.client_data("webauthn.get", options, origin, tampering);
        let mut data = self.authenticator_data(&text(&options["rpId"]), 0);
        apply(tampering.authenticator_data, &mut data);
        let signature = sign(&credential.key, &[&data, &hash(client_data.as_bytes())]);
        let mut answer = json!({
            "id": encode(&credential.id),
            "rawId": encode(&credential.id),
            "type": "public-key",
            "authenticatorAttachment": self.attachment,
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(client_data.as_bytes()),
                "authenticatorData": encode(&data),
                "signature": encode(&signature),
            },
        });
        let told = self.told_user_handle.clone();
        let handle = told.or(self.discoverable.then_some(credential.user_handle));
        if let Some(handle) = handle {
            answer["response"]["userHandle"] = json!(encode(&handle));
        }
        apply(tampering.answer, &mut answer);
        answer
    }

    fn choose(&self, options: &Value) -> Resident {
        let allowed = options["allowCredentials"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let allowed: Vec<Vec<u8>> = allowed.iter().map(|one| decode(&one["id"])).collect();
        let mine = self.credentials.iter().find(|credential| {
            credential.rp_id == text(&options["rpId"])
                && (allowed.contains(&credential.id) || allowed.is_empty() && self.discoverable)
        });
        mine.expect("one of the allowed credentials").clone()
    }

    fn client_data(
        &self,
        purpose: &str,
        options: &Value,
        origin: &str,
        tampering: Tampering<'_>,
    ) -> String {
        let mut data = json!({
            "type": purpose,
            "challenge": options["challenge"],
            "origin": origin,
            "crossOrigin": self.cross_origin,
        });
        if let Some(top_origin) = &self.top_origin {
            data["topOrigin"] = json!(top_origin);
        }
        let mut data = data.to_string();
        apply(tampering.client_data, &mut data);
        data
    }

    fn authenticator_data(&mut self, rp_id: &str, other_flags: u8) -> Vec<u8> {
        let flags = u8::from(self.user_present)
            | u8::from(self.user_verified) << 2
            | u8::from(self.backup_eligible) << 3
            | u8::from(self.backed_up) << 4
            | other_flags;
        let counter = self.counter.unwrap_or(0);
        self.counter = self.counter.map(|counter| counter + 1);
        let mut data = hash(rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend(counter.to_be_bytes());
        data
    }

    fn attest(&self, credential: &Resident, data: &[u8], client_data: &str) -> (&str, Cbor) {
        let about = Statement {
            rp_id_hash: &data[..32],
            authenticator_data: data,
            client_data_hash: &hash(client_data.as_bytes()),
            credential_id: &credential.id,
            aaguid: self.aaguid,
            key: &credential.key,
        };
        let alg = label(self.algorithm);
        let maker = || self.maker.clone().unwrap_or_default();
        match self.attestation {
            Attestation::None => ("none", Cbor::Map(Vec::new())),
            Attestation::PackedSelf => {
                let signature = sign(&credential.key, &[data, about.client_data_hash]);
                let statement = vec![
                    (Cbor::from("alg"), Cbor::from(alg)),
                    (Cbor::from("sig"), Cbor::Bytes(signature)),
                ];
                ("packed", Cbor::Map(statement))
            }
            Attestation::Packed => ("packed", maker().packed(&about)),
            Attestation::Tpm => ("tpm", maker().tpm(&about)),
            Attestation::AndroidKey => ("android-key", maker().android_key(&about, alg)),
            Attestation::Apple => ("apple", maker().apple(&about)),
            Attestation::FidoU2f => ("fido-u2f", maker().fido_u2f(&about)),
        }
    }

    fn new_key(&self) -> KeyPair {
        let algorithm = match self.algorithm {
            Algorithm::Es256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Algorithm::Es384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Algorithm::Ed25519 => &rcgen::PKCS_ED25519,
            Algorithm::Rs256 => {
                let key = include_bytes!("rsa_key.der").as_slice().into();
                return KeyPair::from_pkcs8_der_and_sign_algo(&key, &rcgen::PKCS_RSA_SHA256)
                    .expect("a key");
            }
        };
        KeyPair::generate_for(algorithm).expect("a key")
    }
}

/// Changes one member of client data.
pub fn with_member(data: &mut String, name: &str, value: Value) {
    let mut members: Value = serde_json::from_str(data).expect("client data");
    members[name] = value;
    *data = members.to_string();
}

fn label(algorithm: Algorithm) -> i64 {
    match algorithm {
        Algorithm::Es256 => -7,
        Algorithm::Es384 => -35,
        Algorithm::Ed25519 => -8,
        Algorithm::Rs256 => -257,
    }
}

fn cose_key(algorithm: Algorithm, key: &KeyPair) -> Cbor {
    let raw = key.der_bytes();
    let point = |curve: i64| {
        let (x, y) = raw[1..].split_at(raw.len() / 2);
        let (x, y) = (Cbor::from(x), Cbor::from(y));
        (2, vec![(-1, Cbor::from(curve)), (-2, x), (-3, y)])
    };
    let (kind, parameters) = match algorithm {
        Algorithm::Es256 => point(1),
        Algorithm::Es384 => point(2),
        Algorithm::Ed25519 => (1, vec![(-1, Cbor::from(6)), (-2, Cbor::from(raw))]),
        // The sequence of modulus and exponent (RFC 8017 A.1.1) of a key of this size.
        Algorithm::Rs256 => {
            let (n, e) = (Cbor::from(&raw[9..265]), Cbor::from(&raw[267..]));
            (3, vec![(-1, n), (-2, e)])
        }
    };
    let head = [(1, Cbor::from(kind)), (3, Cbor::from(label(algorithm)))];
    let all = head.into_iter().chain(parameters);
    Cbor::Map(all.map(|(key, value)| (Cbor::from(key), value)).collect())
}

fn sign(key: &KeyPair, parts: &[&[u8]]) -> Vec<u8> {
    key.sign(&parts.concat()).expect("a signature")
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn cbor(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("CBOR");
    bytes
}

fn apply<T>(hook: Hook<'_, T>, value: &mut T) {
    if let Some(change) = hook {
        change(value);
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text(value)).expect("base64url")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text in the options").to_owned()
}
