//! A maker of authenticators in software: its root certificate, and what its authenticators prove
//! of their make in each attestation format.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::sync::OnceLock;

use ciborium::Value as Cbor;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SigningKey,
    date_time_ymd,
};
use sha2::{Digest, Sha256};

/// What an authenticator proves.
pub struct Statement<'a> {
    pub rp_id_hash: &'a [u8],
    pub authenticator_data: &'a [u8],
    pub client_data_hash: &'a [u8],
    pub credential_id: &'a [u8],
    pub aaguid: [u8; 16],
    pub key: &'a KeyPair,
}

impl Statement<'_> {
    fn signed(&self) -> Vec<u8> {
        [self.authenticator_data, self.client_data_hash].concat()
    }
}

/// A change to the attesting certificate.
pub type Change = fn(&mut CertificateParams);

/// The maker.
pub struct SoftMaker {
    root: Certificate,
    signer: Issuer<'static, KeyPair>,
    /// Certificates between root and leaf, the lowest first.
    between: Vec<Vec<u8>>,
    /// The key that is in each authenticator of a batch, and its certificate for `packed`.
    batch: KeyPair,
    batch_chain: OnceLock<Cbor>,
    /// What Android's key store says of its keys: entries of the list that hardware enforces.
    pub key_store_says: &'static [u8],
    /// What is wrong with the attesting certificate.
    pub change: Option<Change>,
}

impl Default for SoftMaker {
    fn default() -> Self {
        Self::new()
    }
}

impl SoftMaker {
    /// A maker whose root signs attestation certificates itself.
    pub fn new() -> Self {
        let key = new_key();
        let params = authority("Soft Root");
        let root = params.self_signed(&key).expect("a certificate");
        Self {
            root,
            signer: Issuer::new(params, key),
            between: Vec::new(),
            batch: new_key(),
            batch_chain: OnceLock::new(),
            key_store_says: SIGNS_ONLY,
            change: None,
        }
    }

    /// A maker with an authority between the root and what it signs; `change` is made to it.
    pub fn with_intermediate(change: Change) -> Self {
        let mut maker = Self::new();
        let key = new_key();
        let mut params = authority("Soft Intermediate");
        change(&mut params);
        let certificate = params
            .signed_by(&key, &maker.signer)
            .expect("a certificate");
        maker.between = vec![certificate.der().to_vec()];
        maker.signer = Issuer::new(params, key);
        maker
    }

    /// The trust anchor, in DER.
    pub fn root(&self) -> Vec<u8> {
        self.root.der().to_vec()
    }

    fn leaf(&self, mut params: CertificateParams, key: &impl PublicKeyData) -> Cbor {
        if let Some(change) = self.change {
            change(&mut params);
        }
        let leaf = params.signed_by(key, &self.signer).expect("a certificate");
        let chain = std::iter::once(leaf.der().to_vec()).chain(self.between.clone());
        Cbor::Array(chain.map(Cbor::Bytes).collect())
    }

    /// `packed`, with a certificate of the model's.
    pub fn packed(&self, about: &Statement<'_>) -> Cbor {
        let chain = self.batch_chain.get_or_init(|| {
            let mut params = leaf_params();
            params.custom_extensions = vec![CustomExtension::from_oid_content(
                &[1, 3, 6, 1, 4, 1, 45724, 1, 1, 4],
                der(0x04, &about.aaguid),
            )];
            self.leaf(params, &self.batch)
        });
        map(vec![
            ("alg", Cbor::from(-7)),
            ("sig", Cbor::Bytes(sign(&self.batch, &about.signed()))),
            ("x5c", chain.clone()),
        ])
    }

    /// `fido-u2f`
    pub fn fido_u2f(&self, about: &Statement<'_>) -> Cbor {
        let maker = new_key();
        let signed = [
            &[0],
            about.rp_id_hash,
            about.client_data_hash,
            about.credential_id,
            about.key.der_bytes(),
        ];
        map(vec![
            ("sig", Cbor::Bytes(sign(&maker, &signed.concat()))),
            ("x5c", self.leaf(leaf_params(), &maker)),
        ])
    }

    /// `apple`
    pub fn apple(&self, about: &Statement<'_>) -> Cbor {
        let nonce = Sha256::digest(about.signed());
        let mut params = leaf_params();
        params.custom_extensions = vec![CustomExtension::from_oid_content(
            &[1, 2, 840, 113635, 100, 8, 2],
            der(0x30, &der(0xa1, &der(0x04, &nonce))),
        )];
        map(vec![("x5c", self.leaf(params, about.key))])
    }

    /// `android-key`
    pub fn android_key(&self, about: &Statement<'_>, alg: i64) -> Cbor {
        let number = |number: u8| der(0x02, &[number]);
        let level = der(0x0a, &[1]);
        let description = [
            number(200),
            level.clone(),
            number(41),
            level,
            der(0x04, about.client_data_hash),
            der(0x04, &[]),
            der(0x30, &[]),
            der(0x30, self.key_store_says),
        ];
        let mut params = leaf_params();
        params.custom_extensions = vec![CustomExtension::from_oid_content(
            &[1, 3, 6, 1, 4, 1, 11129, 2, 1, 17],
            der(0x30, &description.concat()),
        )];
        map(vec![
            ("alg", Cbor::from(alg)),
            ("sig", Cbor::Bytes(sign(about.key, &about.signed()))),
            ("x5c", self.leaf(params, about.key)),
        ])
    }

    /// `tpm`, for keys on P-256 and RSA keys.
    pub fn tpm(&self, about: &Statement<'_>) -> Cbor {
        let maker = new_key();
        let area = public_area(about.key);
        let info = cert_info(&Sha256::digest(about.signed()), &area);
        let mut params = leaf_params();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(vec![2, 23, 133, 8, 3])];
        let mut names = CustomExtension::from_oid_content(&[2, 5, 29, 17], make_of_tpm());
        names.set_criticality(true);
        params.custom_extensions = vec![names];
        map(vec![
            ("ver", Cbor::from("2.0")),
            ("alg", Cbor::from(-7)),
            ("sig", Cbor::Bytes(sign(&maker, &info))),
            ("certInfo", Cbor::Bytes(info)),
            ("pubArea", Cbor::Bytes(area)),
            ("x5c", self.leaf(params, &maker)),
        ])
    }
}

/// What a key store says of a key that it made itself, for signing alone.
const SIGNS_ONLY: &[u8] = &[
    0xa1, 5, 0x31, 3, 2, 1, 2, // purpose: a set of `sign`
    0xbf, 0x85, 0x3e, 3, 2, 1, 0, // origin: generated
];

/// `TPMT_PUBLIC`
fn public_area(key: &KeyPair) -> Vec<u8> {
    let head = |kind: u16| [kind.to_be_bytes(), 0x000b_u16.to_be_bytes()].concat();
    // Fixed to the TPM, for signing; without a policy, a symmetric algorithm or a scheme.
    let common = [0, 4, 4, 0x72, 0, 0, 0, 0x10, 0, 0x10];
    let raw = key.der_bytes();
    if raw.len() == 65 {
        let curve_and_kdf = [0, 3, 0, 0x10];
        let (x, y) = (sized(&raw[1..33]), sized(&raw[33..]));
        [head(0x0023), common.to_vec(), curve_and_kdf.to_vec(), x, y].concat()
    } else {
        let bits_and_exponent = [8, 0, 0, 0, 0, 0];
        let modulus = sized(&raw[9..265]);
        [
            head(0x0001),
            common.to_vec(),
            bits_and_exponent.to_vec(),
            modulus,
        ]
        .concat()
    }
}

/// `TPMS_ATTEST`
fn cert_info(extra: &[u8], area: &[u8]) -> Vec<u8> {
    let name = [&[0, 0x0b], Sha256::digest(area).as_slice()].concat();
    [
        vec![0xff, b'T', b'C', b'G', 0x80, 0x17],
        sized(&[7; 34]),
        sized(extra),
        vec![1; 17 + 8],
        sized(&name),
        sized(&[7; 34]),
    ]
    .concat()
}

/// A subject alternative name that says manufacturer, model and version.
fn make_of_tpm() -> Vec<u8> {
    let attribute = |last: u8, text: &str| {
        let oid = der(0x06, &[0x67, 0x81, 0x05, 0x02, last]);
        der(
            0x31,
            &der(0x30, &[oid, der(0x0c, text.as_bytes())].concat()),
        )
    };
    let name = [
        attribute(1, "id:534F4654"),
        attribute(2, "Soft TPM"),
        attribute(3, "id:00010002"),
    ];
    der(0x30, &der(0xa4, &der(0x30, &name.concat())))
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2050, 1, 1);
    params
}

fn leaf_params() -> CertificateParams {
    let mut params = authority("Soft Authenticator");
    for (kind, text) in [
        (DnType::CountryName, "AA"),
        (DnType::OrganizationName, "Soft Keys"),
        (DnType::OrganizationalUnitName, "Authenticator Attestation"),
    ] {
        params.distinguished_name.push(kind, text);
    }
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

fn new_key() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key")
}

fn sign(key: &KeyPair, message: &[u8]) -> Vec<u8> {
    key.sign(message).expect("a signature")
}

fn map(members: Vec<(&str, Cbor)>) -> Cbor {
    let members = members.into_iter();
    Cbor::Map(
        members
            .map(|(name, value)| (Cbor::from(name), value))
            .collect(),
    )
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a length");
    [&length.to_be_bytes(), bytes].concat()
}

/// A value in DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match u8::try_from(length) {
        Ok(short) if short < 128 => vec![tag, short],
        Ok(long) => vec![tag, 0x81, long],
        Err(_) => {
            let length = u16::try_from(length).expect("a length").to_be_bytes();
            vec![tag, 0x82, length[0], length[1]]
        }
    };
    [head, content.to_vec()].concat()
}
