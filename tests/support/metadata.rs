//! A metadata service of the tests' own: blobs as the FIDO Alliance's service makes them, with
//! models of our own making, under a root of our own.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keyward_core::clock::{Clock as _, SystemClock};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    IsCa, KeyIdMethod, KeyPair, RevocationReason, RevokedCertParams, SerialNumber,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RsaEncoding, RsaKeyPair};
use serde_json::{Value, json};
use uuid::Uuid;

/// The serial number of the signer's certificate.
const SIGNER_SERIAL: u64 = 4242;

/// Makes and signs blobs.
pub struct MetadataService {
    root: CertifiedIssuer<'static, KeyPair>,
    signer: KeyPair,
    certificate: Vec<u8>,
    algorithm: &'static str,
}

impl MetadataService {
    /// One that signs with ES256, under the name `mds.example.org`.
    pub fn generate() -> Self {
        let signer = KeyPair::generate().expect("a key");
        Self::certified(signer, "ES256", |_| {})
    }

    /// One that signs with RS256, as the public service does.
    pub fn with_rsa() -> Self {
        let pem = include_str!("../../fixtures/mds/rsa_key_for_tests.pem");
        let signer = KeyPair::from_pkcs8_pem_and_sign_algo(pem, &rcgen::PKCS_RSA_SHA256);
        Self::certified(signer.expect("a key"), "RS256", |_| {})
    }

    /// One whose certificate is over.
    pub fn expired() -> Self {
        let signer = KeyPair::generate().expect("a key");
        Self::certified(signer, "ES256", |params| {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        })
    }

    fn certified(
        signer: KeyPair,
        algorithm: &'static str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "Root of the tests' metadata");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root = CertifiedIssuer::self_signed(params, key).expect("it signs itself");
        let mut params =
            CertificateParams::new(vec!["mds.example.org".to_owned()]).expect("a name");
        params.serial_number = Some(SerialNumber::from(SIGNER_SERIAL));
        change(&mut params);
        let certificate = params.signed_by(&signer, &root).expect("it is signed");
        Self {
            certificate: certificate.der().to_vec(),
            root,
            signer,
            algorithm,
        }
    }

    /// Its root, for `metadata.roots`.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// A revocation list of its root: of its signer where it is revoked, else of nobody; overdue
    /// since yesterday, or good for a month.
    pub fn revocations(&self, is_revoked: bool, is_overdue: bool) -> String {
        let moment = |days: i64| {
            let seconds = SystemClock.now().millis() / 1000 + days * 86_400;
            time::OffsetDateTime::from_unix_timestamp(seconds).expect("a moment")
        };
        let revoked = RevokedCertParams {
            serial_number: SerialNumber::from(SIGNER_SERIAL),
            revocation_time: moment(-2),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: moment(-3),
            next_update: moment(if is_overdue { -1 } else { 30 }),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: is_revoked.then_some(revoked).into_iter().collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.root).expect("it is signed");
        list.pem().expect("PEM")
    }

    /// Its root in DER.
    pub fn root_der(&self) -> Vec<u8> {
        self.root.der().to_vec()
    }

    /// A signed blob.
    pub fn blob(&self, payload: &Value) -> String {
        self.blob_with(&self.header(), payload)
    }

    /// The header of its blobs.
    pub fn header(&self) -> Value {
        json!({
            "alg": self.algorithm,
            "typ": "JWT",
            "x5c": [STANDARD.encode(&self.certificate)],
        })
    }

    /// The same with another header.
    pub fn blob_with(&self, header: &Value, payload: &Value) -> String {
        self.blob_of_bytes(header, payload.to_string().as_bytes(), |message| {
            self.sign(message)
        })
    }

    /// A signed blob of a payload as it is, JSON or not.
    pub fn blob_of(&self, payload: &[u8]) -> String {
        self.blob_of_bytes(&self.header(), payload, |message| self.sign(message))
    }

    /// A blob that the RSA key signs by another algorithm, as its header says.
    pub fn blob_signed_as(&self, algorithm: &str, payload: &Value) -> String {
        let encoding: &dyn RsaEncoding = match algorithm {
            "RS384" => &ring::signature::RSA_PKCS1_SHA384,
            "RS512" => &ring::signature::RSA_PKCS1_SHA512,
            "PS256" => &ring::signature::RSA_PSS_SHA256,
            "PS384" => &ring::signature::RSA_PSS_SHA384,
            "PS512" => &ring::signature::RSA_PSS_SHA512,
            other => panic!("nobody signs with {other}"),
        };
        let mut header = self.header();
        header["alg"] = json!(algorithm);
        self.blob_of_bytes(&header, payload.to_string().as_bytes(), |message| {
            let key = RsaKeyPair::from_pkcs8(&self.signer.serialize_der()).expect("an RSA key");
            let mut signature = vec![0; key.public().modulus_len()];
            key.sign(encoding, &SystemRandom::new(), message, &mut signature)
                .expect("a signature");
            signature
        })
    }

    fn blob_of_bytes(
        &self,
        header: &Value,
        payload: &[u8],
        sign: impl FnOnce(&[u8]) -> Vec<u8>,
    ) -> String {
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(payload)
        );
        let signature = sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        if self.algorithm == "RS256" {
            return rcgen::SigningKey::sign(&self.signer, message).expect("a signature");
        }
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &self.signer.serialize_der(),
            &random,
        );
        let signature = key.expect("a key").sign(&random, message);
        signature.expect("a signature").as_ref().to_vec()
    }
}

/// The day so many days from now, as metadata writes it.
pub fn day(from_now: i64) -> String {
    let moment = SystemClock.now().millis() + from_now * 86_400_000;
    keyward_core::clock::Timestamp::from_millis(moment).rfc3339()[..10].to_owned()
}

/// The payload of an edition that is good for a month.
pub fn edition(serial: i64, entries: &[Value]) -> Value {
    json!({
        "legalHeader": "Made for tests.",
        "no": serial,
        "nextUpdate": day(30),
        "entries": entries,
    })
}

/// What metadata says about a model: certified to level 1, hardware, a PIN inside.
pub fn model(aaguid: [u8; 16], name: &str) -> Value {
    json!({
        "aaguid": Uuid::from_bytes(aaguid),
        "metadataStatement": {
            "description": name,
            "protocolFamily": "fido2",
            "keyProtection": ["hardware", "secure_element"],
            "userVerificationDetails": [[{ "userVerificationMethod": "passcode_internal" }]],
            "attestationRootCertificates": [],
            "icon": format!("data:image/png;base64,{}", STANDARD.encode(PIXEL)),
        },
        "statusReports": [{ "status": "FIDO_CERTIFIED_L1", "effectiveDate": "2020-01-01" }],
        "timeOfLastStatusChange": "2020-01-01",
    })
}

/// The same with a further status in force since yesterday.
pub fn with_status(mut model: Value, status: &str) -> Value {
    let report = json!({ "status": status, "effectiveDate": day(-1) });
    let reports = model["statusReports"].as_array_mut().expect("a list");
    reports.push(report);
    model
}

/// A PNG of one pixel.
pub const PIXEL: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1f, 0x15, 0xc4,
    0x89, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0x60, 0xf8, 0xff,
    0x1f, 0x00, 0x04, 0x00, 0x01, 0xff, 0x8a, 0x4d, 0x3c, 0x2b, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45,
    0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];
