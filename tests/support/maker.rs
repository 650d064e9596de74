//! A maker of authenticators: attests models of its own under a root of its own (WebAuthn L3 §8.2).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ciborium::Value as Cbor;
use keyward_core::clock::{Clock as _, SystemClock};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// `id-fido-gen-ce-aaguid`.
const AAGUID_EXTENSION: &[u64] = &[1, 3, 6, 1, 4, 1, 45724, 1, 1, 4];

/// `id-fido-gen-ce-sernum`.
const SERIAL_EXTENSION: &[u64] = &[1, 3, 6, 1, 4, 1, 45724, 1, 1, 2];

/// The maker of one model.
pub struct Maker {
    root: CertifiedIssuer<'static, KeyPair>,
    params: CertificateParams,
    batch: KeyPair,
    certificate: Vec<u8>,
}

impl Maker {
    /// A maker with a batch certificate for this model.
    pub fn of(aaguid: [u8; 16]) -> Self {
        Self::changed(aaguid, |_| {})
    }

    /// The same, whose certificate is over so many seconds from now.
    pub fn until(aaguid: [u8; 16], seconds: i64) -> Self {
        let now = SystemClock.now().seconds();
        let end = time::OffsetDateTime::from_unix_timestamp(now + seconds).expect("a moment");
        Self::changed(aaguid, |params| params.not_after = end)
    }

    fn changed(aaguid: [u8; 16], change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "Root of the tests' maker");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root = CertifiedIssuer::self_signed(params, key).expect("it signs itself");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        for (kind, text) in [
            (DnType::CountryName, "SE"),
            (DnType::OrganizationName, "The tests' maker"),
            (DnType::OrganizationalUnitName, "Authenticator Attestation"),
            (DnType::CommonName, "Batch 1"),
        ] {
            params.distinguished_name.push(kind, text);
        }
        params.is_ca = IsCa::ExplicitNoCa;
        let content = [&[0x04, 0x10], aaguid.as_slice()].concat();
        let extension = CustomExtension::from_oid_content(AAGUID_EXTENSION, content);
        params.custom_extensions.push(extension);
        change(&mut params);
        let batch = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&batch, &root).expect("it is signed");
        Self {
            certificate: certificate.der().to_vec(),
            params,
            root,
            batch,
        }
    }

    /// The statement of an authenticator that tells its serial number, in place of any other: for enterprises,
    /// with a key and a certificate of its own (WebAuthn L3 §8.2.2).
    pub fn attest_numbered(&self, answer: &mut Value, serial: u32) {
        let content = [&[0x04, 4], serial.to_be_bytes().as_slice()].concat();
        let mut params = self.params.clone();
        let extension = CustomExtension::from_oid_content(SERIAL_EXTENSION, content);
        params.custom_extensions.push(extension);
        let own = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&own, &self.root).expect("it is signed");
        attest(answer, &own, certificate.der());
    }

    /// Its root as metadata carries it.
    pub fn root(&self) -> String {
        STANDARD.encode(self.root.der())
    }

    /// Puts the maker's statement into a registration, in place of any other.
    pub fn attest(&self, answer: &mut Value) {
        attest(answer, &self.batch, &self.certificate);
    }
}

fn attest(answer: &mut Value, key: &KeyPair, certificate: &[u8]) {
    let bytes = |value: &Value| {
        let text = value.as_str().expect("a text");
        URL_SAFE_NO_PAD.decode(text).expect("base64url")
    };
    let client_data = bytes(&answer["response"]["clientDataJSON"]);
    let object = bytes(&answer["response"]["attestationObject"]);
    let object: Cbor = ciborium::from_reader(object.as_slice()).expect("CBOR");
    let members = object.into_map().expect("a map");
    let data = members
        .iter()
        .find(|(name, _)| *name == Cbor::from("authData"))
        .and_then(|(_, value)| value.as_bytes().cloned())
        .expect("authenticator data");
    let signed = [data.as_slice(), &Sha256::digest(&client_data)].concat();
    let signature = rcgen::SigningKey::sign(key, &signed).expect("a signature");
    let statement = vec![
        (Cbor::from("alg"), Cbor::from(-7)),
        (Cbor::from("sig"), Cbor::Bytes(signature)),
        (
            Cbor::from("x5c"),
            Cbor::Array(vec![Cbor::Bytes(certificate.to_vec())]),
        ),
    ];
    let object = Cbor::Map(vec![
        (Cbor::from("fmt"), Cbor::from("packed")),
        (Cbor::from("attStmt"), Cbor::Map(statement)),
        (Cbor::from("authData"), Cbor::Bytes(data)),
    ]);
    let mut encoded = Vec::new();
    ciborium::into_writer(&object, &mut encoded).expect("CBOR");
    answer["response"]["attestationObject"] = URL_SAFE_NO_PAD.encode(encoded).into();
}
