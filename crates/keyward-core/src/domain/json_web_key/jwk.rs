//! Public keys, one by one and in sets (RFC 7517, RFC 7518 §6, RFC 8037 §2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use curve25519_dalek::edwards::CompressedEdwardsY;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::algorithm::Algorithm;

/// A key that verifies signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// An RSA key.
    Rsa {
        /// The modulus, 2048 to 8192 bits, big-endian without leading zeros.
        n: Vec<u8>,
        /// The exponent, odd and 3 to 2³³ - 1, big-endian without leading zeros.
        e: Vec<u8>,
    },
    /// A point of P-256, uncompressed (SEC 1 §2.3.3).
    P256([u8; 65]),
    /// A point of P-384, uncompressed.
    P384([u8; 97]),
    /// A key of Ed25519 (RFC 8032 §5.1.5).
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// Whether it verifies signatures of this algorithm.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        use Algorithm as A;
        match self {
            Self::Rsa { .. } => matches!(
                algorithm,
                A::Rs256 | A::Rs384 | A::Rs512 | A::Ps256 | A::Ps384 | A::Ps512
            ),
            Self::P256(_) => algorithm == A::Es256,
            Self::P384(_) => algorithm == A::Es384,
            Self::Ed25519(_) => algorithm == A::EdDsa,
        }
    }

    /// The members that make it the key it is, in the order of their names (RFC 7638 §3.2).
    fn members(&self) -> Vec<(&'static str, String)> {
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = |curve: &str, coordinates: &[u8]| {
            let (x, y) = coordinates.split_at(coordinates.len() / 2);
            vec![
                ("crv", curve.to_owned()),
                ("kty", "EC".to_owned()),
                ("x", encoded(x)),
                ("y", encoded(y)),
            ]
        };
        match self {
            Self::Rsa { n, e } => vec![
                ("e", encoded(e)),
                ("kty", "RSA".to_owned()),
                ("n", encoded(n)),
            ],
            Self::P256([_, coordinates @ ..]) => point("P-256", coordinates),
            Self::P384([_, coordinates @ ..]) => point("P-384", coordinates),
            Self::Ed25519(x) => vec![
                ("crv", "Ed25519".to_owned()),
                ("kty", "OKP".to_owned()),
                ("x", encoded(x)),
            ],
        }
    }

    /// The key's own name: its thumbprint by SHA-256 (RFC 7638 §3), 43 characters of base64url.
    pub fn thumbprint(&self) -> String {
        let members = self.members().into_iter();
        let members: Vec<String> = members
            .map(|(name, value)| format!("\"{name}\":\"{value}\""))
            .collect();
        let canonical = format!("{{{}}}", members.join(","));
        URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes()))
    }

    /// Reads the key of a JWK; `None` where it is of a kind that is not used here.
    fn read(members: &Map<String, Value>) -> Result<Option<Self>, &'static str> {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let bytes = |name: &str| {
            let decoded = text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
            decoded.ok_or("a part of a key is not there or not base64url")
        };
        let key = match (text("kty"), text("crv")) {
            (Some("RSA"), _) => Self::Rsa {
                n: bytes("n")?,
                e: bytes("e")?,
            },
            (Some("EC"), Some("P-256")) => Self::P256(point(&bytes("x")?, &bytes("y")?)?),
            (Some("EC"), Some("P-384")) => Self::P384(point(&bytes("x")?, &bytes("y")?)?),
            (Some("OKP"), Some("Ed25519")) => {
                let x = bytes("x")?;
                Self::Ed25519(x.try_into().map_err(|_| "a key has a wrong length")?)
            }
            (Some(_), _) => return Ok(None),
            (None, _) => return Err("a key does not say its kind (kty)"),
        };
        key.check()?;
        Ok(Some(key))
    }

    /// Refuses what would verify nothing, what would take too long, and what would verify signatures
    /// that no key made (RFC 8032 §8.9 leaves points of small order to us).
    fn check(&self) -> Result<(), &'static str> {
        let is_good = match self {
            Self::Rsa { n, e } => {
                let is_least = |number: &[u8]| number.first().is_some_and(|first| *first != 0);
                let bits = n.len().saturating_mul(8);
                let exponent = e.iter().try_fold(0_u64, |sum, byte| {
                    sum.checked_mul(256)?.checked_add((*byte).into())
                });
                is_least(n)
                    && is_least(e)
                    && (2048..=8192).contains(&bits)
                    && exponent.is_some_and(|e| (3..1 << 33).contains(&e) && e % 2 == 1)
            }
            Self::P256(point) => p256::PublicKey::from_sec1_bytes(point).is_ok(),
            Self::P384(point) => p384::PublicKey::from_sec1_bytes(point).is_ok(),
            Self::Ed25519(x) => {
                let point = CompressedEdwardsY(*x).decompress();
                point.is_some_and(|point| {
                    point.is_torsion_free() && !point.is_small_order() && point.compress().0 == *x
                })
            }
        };
        is_good.then_some(()).ok_or("a key is none of its kind")
    }
}

/// An uncompressed point from its coordinates, which have all their bytes (RFC 7518 §6.2.1.2).
fn point<const N: usize>(x: &[u8], y: &[u8]) -> Result<[u8; N], &'static str> {
    let bytes: Vec<u8> = [&[4], x, y].concat();
    match x.len() == y.len() {
        true => bytes.try_into().map_err(|_| "a key has a wrong length"),
        false => Err("a key has a wrong length"),
    }
}

/// A public key, with what its owner says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    /// What tokens call it; `None` where its owner gave it no name.
    pub kid: Option<String>,
    /// The one algorithm that it is for; `None` for every one that fits.
    pub algorithm: Option<Algorithm>,
    /// The key.
    pub key: PublicKey,
}

impl Jwk {
    /// A key under its own name, for one algorithm.
    pub fn named(key: PublicKey, algorithm: Algorithm) -> Self {
        Self {
            kid: Some(key.thumbprint()),
            algorithm: Some(algorithm),
            key,
        }
    }

    /// As it is published.
    pub fn to_json(&self) -> Value {
        let said = [
            (
                "alg",
                self.algorithm
                    .map(|algorithm| algorithm.as_str().to_owned()),
            ),
            ("kid", self.kid.clone()),
            ("use", Some("sig".to_owned())),
        ];
        let said = said
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let members = self.key.members().into_iter().chain(said);
        members
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect::<Map<_, _>>()
            .into()
    }

    /// Whether it may have made a signature of this algorithm.
    fn is_for(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|only| only == algorithm) && self.key.fits(algorithm)
    }

    /// Reads one; `None` for a key that signs nothing, or not in a way that is read here (RFC 7517 §5:
    /// such keys are passed over).
    fn read(json: &Value) -> Result<Option<Self>, &'static str> {
        let members = json.as_object().ok_or("a key is no object")?;
        // Whoever pasted one has given it away: they must learn that now.
        if members.contains_key("d") {
            return Err("a key is a private one, which belongs to nobody but its owner");
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let verifies = members
            .get("key_ops")
            .and_then(Value::as_array)
            .is_none_or(|operations| operations.iter().any(|one| one == "verify"));
        if text("use").is_some_and(|purpose| purpose != "sig") || !verifies {
            return Ok(None);
        }
        let algorithm = match text("alg") {
            None => None,
            Some(name) => match Algorithm::parse(name) {
                Some(algorithm) => Some(algorithm),
                None => return Ok(None),
            },
        };
        let Some(key) = PublicKey::read(members)? else {
            return Ok(None);
        };
        if algorithm.is_some_and(|algorithm| !key.fits(algorithm)) {
            return Err("a key is not of the kind that its algorithm needs");
        }
        let kid = text("kid");
        if kid.is_some_and(|kid| kid.len() > JwkSet::LONGEST_KID) {
            return Err("a key has a name of more than 256 bytes");
        }
        Ok(Some(Self {
            kid: kid.map(str::to_owned),
            algorithm,
            key,
        }))
    }
}

/// The public keys of one party.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

impl JwkSet {
    /// The largest set that is read, in bytes.
    pub const LARGEST: usize = 128 * 1024;
    /// The most keys in one.
    pub const MOST_KEYS: usize = 64;
    /// The longest name of a key, in bytes.
    pub const LONGEST_KID: usize = 256;

    /// These keys.
    pub fn new(keys: Vec<Jwk>) -> Self {
        Self { keys }
    }

    /// Reads a set, or one key alone, that somebody types. Keys that verify nothing here are passed over.
    ///
    /// # Errors
    /// Why it is none, or what is wrong with one of its keys, in words for whoever gave it.
    pub fn parse(json: &[u8]) -> Result<Self, &'static str> {
        let read: Result<Vec<Option<Jwk>>, _> = members(json)?.iter().map(Jwk::read).collect();
        Ok(Self::new(read?.into_iter().flatten().collect()))
    }

    /// Reads the set that another party publishes. An odd key verifies nothing, and the others
    /// count (RFC 7517 §5).
    ///
    /// # Errors
    /// Why it is none.
    pub fn published(json: &[u8]) -> Result<Self, &'static str> {
        let keys = members(json)?;
        let read = keys.iter().filter_map(|key| Jwk::read(key).ok().flatten());
        Ok(Self::new(read.collect()))
    }

    /// The set of a row, as [`JwkSet::to_json`] wrote it. What cannot be read verifies nothing.
    pub fn from_stored(json: &str) -> Self {
        let json: Value = serde_json::from_str(json).unwrap_or_default();
        let keys = json.get("keys").and_then(Value::as_array);
        let keys = keys.map_or(&[] as &[Value], Vec::as_slice).iter();
        Self::new(
            keys.filter_map(|key| Jwk::read(key).ok().flatten())
                .collect(),
        )
    }

    /// As it is published (RFC 7517 §5).
    pub fn to_json(&self) -> Value {
        json!({ "keys": self.keys.iter().map(Jwk::to_json).collect::<Vec<_>>() })
    }

    /// Its keys.
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// Whether a token may be signed by a key of this name: where none is called so, the party may
    /// have got other keys since.
    pub fn knows(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid.as_deref() == Some(kid))
    }

    /// The keys that may have signed a token of this algorithm: those that it names, or, where it names
    /// none, all that fit.
    pub(crate) fn candidates<'a>(
        &'a self,
        kid: Option<&'a str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'a Jwk> {
        self.keys
            .iter()
            .filter(move |key| kid.is_none() || key.kid.as_deref() == kid)
            .filter(move |key| key.is_for(algorithm))
    }
}

/// What is in a set; of one key alone, that.
fn members(json: &[u8]) -> Result<Vec<Value>, &'static str> {
    if json.len() > JwkSet::LARGEST {
        return Err("a set of keys has at most 131072 bytes");
    }
    let json: Value = serde_json::from_slice(json).map_err(|_| "this is no JSON")?;
    let keys = match json.get("keys") {
        Some(Value::Array(keys)) => keys.clone(),
        Some(_) => return Err("`keys` is no list"),
        None => vec![json],
    };
    match keys.len() > JwkSet::MOST_KEYS {
        true => Err("a set has at most 64 keys"),
        false => Ok(keys),
    }
}
