//! Who signed a token, for whom, and whether it counts now (RFC 7519 §7.2, RFC 8725 §3).

use std::fmt;
use std::time::Duration;

use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::serialization::read;
use crate::clock::Timestamp;
use crate::domain::json_web_key::{Algorithm, Jwk, JwkSet, PublicKey};

/// What a token must be.
#[derive(Clone, Copy, Debug)]
pub struct Expectation<'a> {
    /// Who must have issued it: `iss`, exactly (RFC 8725 §3.8).
    pub issuer: &'a str,
    /// For whom: one of these must be in `aud` (RFC 8725 §3.9).
    pub audiences: &'a [&'a str],
    /// How it may be signed.
    pub algorithms: &'a [Algorithm],
    /// What `typ` may say, compared without regard to case and to `application/` before it (RFC 7515
    /// §4.1.9); `None` among them lets it be left out.
    pub types: &'a [Option<&'a str>],
    /// How far the clocks of two machines may differ.
    pub leeway: Duration,
    /// Whether a token counts although its time is over: a hint of who was signed in (OpenID Connect
    /// RP-Initiated Logout 1.0 §2).
    pub even_expired: bool,
}

impl Expectation<'_> {
    /// The types of ID tokens, and of client assertions: `JWT`, or none.
    pub const PLAIN: &'static [Option<&'static str>] = &[None, Some("JWT")];
}

/// Why a token is refused. For the trail and the log; whoever showed the token is told less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has more than 16 KiB.
    TooLong,
    /// It is not three parts of base64url, or its header is none.
    Malformed,
    /// It is signed by an algorithm that is not expected, or not at all.
    Algorithm,
    /// Its header demands something that is not known here (RFC 7515 §4.1.11).
    Critical,
    /// It is a token of another kind.
    Type,
    /// No key of its signer has the name that it gives, or is of its algorithm.
    UnknownKey,
    /// It names no key, and several may have signed it.
    AmbiguousKey,
    /// The signature was not made by its signer's key over this.
    Signature,
    /// What is signed are no claims, or one of the registered ones is of a wrong form or there twice.
    Claims,
    /// Somebody else issued it.
    Issuer,
    /// It was issued for somebody else.
    Audience,
    /// Its time is over.
    Expired,
    /// It counts later.
    NotYet,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "it is too long",
            Self::Malformed => "it is no signed token",
            Self::Algorithm => "it is signed by an algorithm that is not taken",
            Self::Critical => "its header demands what is not known here",
            Self::Type => "it is a token of another kind",
            Self::UnknownKey => "none of the known keys can have signed it",
            Self::AmbiguousKey => "it does not say which key signed it",
            Self::Signature => "the signature is wrong",
            Self::Claims => "its claims cannot be read",
            Self::Issuer => "somebody else issued it",
            Self::Audience => "it is for somebody else",
            Self::Expired => "its time is over",
            Self::NotYet => "it does not count yet",
        })
    }
}

impl std::error::Error for Refusal {}

/// A token that was verified.
#[derive(Clone, Debug)]
pub struct Verified {
    /// How it was signed.
    pub algorithm: Algorithm,
    /// The key that its signer named.
    pub kid: Option<String>,
    /// Everybody whom it is for.
    pub audience: Vec<String>,
    /// When its time is over.
    pub expires_at: Timestamp,
    /// When it was issued.
    pub issued_at: Option<Timestamp>,
    /// The one whom it tells of.
    pub subject: Option<String>,
    /// Its own name.
    pub id: Option<String>,
    claims: Value,
}

impl Verified {
    /// A claim by its name.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// A claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claim(name).and_then(Value::as_str)
    }

    /// A claim that is a moment, in seconds since the epoch.
    pub fn moment(&self, name: &str) -> Option<Timestamp> {
        self.claim(name).and_then(numeric_date)
    }

    /// All claims, as a type that is read from them.
    ///
    /// # Errors
    /// [`Refusal::Claims`]
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        T::deserialize(&self.claims).map_err(|_| Refusal::Claims)
    }
}

/// The claims of RFC 7519 §4.1. One that stands there twice is refused (§4).
#[derive(Deserialize)]
struct Registered {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    exp: Option<Value>,
    nbf: Option<Value>,
    iat: Option<Value>,
    jti: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Verifies a token by the keys of whoever is expected to have signed it.
///
/// The signature comes before everything that the token claims. At most one key is tried.
///
/// # Errors
/// The reason.
pub fn verify(
    token: &str,
    keys: &JwkSet,
    expected: &Expectation<'_>,
    now: Timestamp,
) -> Result<Verified, Refusal> {
    let parts = read(token)?;
    let header = &parts.header;
    let algorithm = Algorithm::parse(&header.alg).ok_or(Refusal::Algorithm)?;
    if !expected.algorithms.contains(&algorithm) {
        return Err(Refusal::Algorithm);
    }
    if header.crit.is_some() || header.b64.is_some() {
        return Err(Refusal::Critical);
    }
    if !is_of_type(header.typ.as_deref(), expected.types) {
        return Err(Refusal::Type);
    }
    let key = the_key(keys, header.kid.as_deref(), algorithm)?;
    if !is_signed(
        &key.key,
        algorithm,
        parts.message.as_bytes(),
        &parts.signature,
    ) {
        return Err(Refusal::Signature);
    }
    let (registered, claims) = claims(&parts.claims)?;
    if registered.iss.as_deref() != Some(expected.issuer) {
        return Err(Refusal::Issuer);
    }
    let audience = match registered.aud {
        None => Vec::new(),
        Some(Audience::One(one)) => vec![one],
        Some(Audience::Several(several)) => several,
    };
    if !audience
        .iter()
        .any(|one| expected.audiences.contains(&one.as_str()))
    {
        return Err(Refusal::Audience);
    }
    let moment = |value: &Option<Value>| match value {
        None => Ok(None),
        Some(value) => numeric_date(value).map(Some).ok_or(Refusal::Claims),
    };
    let expires_at = moment(&registered.exp)?.ok_or(Refusal::Claims)?;
    let is_over = expires_at <= now && now.since(expires_at) >= expected.leeway;
    if is_over && !expected.even_expired {
        return Err(Refusal::Expired);
    }
    let issued_at = moment(&registered.iat)?;
    let is_ahead = |moment: Timestamp| moment.since(now) > expected.leeway;
    if moment(&registered.nbf)?.is_some_and(is_ahead) || issued_at.is_some_and(is_ahead) {
        return Err(Refusal::NotYet);
    }
    Ok(Verified {
        algorithm,
        kid: parts.header.kid,
        audience,
        expires_at,
        issued_at,
        subject: registered.sub,
        id: registered.jti,
        claims,
    })
}

fn the_key<'a>(
    keys: &'a JwkSet,
    kid: Option<&'a str>,
    algorithm: Algorithm,
) -> Result<&'a Jwk, Refusal> {
    let mut candidates = keys.candidates(kid, algorithm);
    let key = candidates.next().ok_or(Refusal::UnknownKey)?;
    match candidates.next() {
        None => Ok(key),
        Some(_) => Err(Refusal::AmbiguousKey),
    }
}

fn claims(bytes: &[u8]) -> Result<(Registered, Value), Refusal> {
    // Twice: a map keeps the last of several, and would not tell that there were some.
    let registered = serde_json::from_slice(bytes).map_err(|_| Refusal::Claims)?;
    let claims = serde_json::from_slice(bytes).map_err(|_| Refusal::Claims)?;
    Ok((registered, claims))
}

/// The latest moment that is read, in seconds since the epoch: the end of the year 9999.
const LATEST: f64 = 253_402_300_799.0;

/// A moment (RFC 7519 §2), which may have fractions of a second.
fn numeric_date(value: &Value) -> Option<Timestamp> {
    let seconds = value
        .as_f64()
        .filter(|seconds| (0.0..=LATEST).contains(seconds))?;
    #[expect(clippy::cast_possible_truncation, reason = "it was looked at")]
    Some(Timestamp::from_millis((seconds * 1000.0) as i64))
}

fn is_of_type(typ: Option<&str>, expected: &[Option<&str>]) -> bool {
    let bare = typ.map(|typ| {
        let front = typ
            .get(..12)
            .filter(|front| front.eq_ignore_ascii_case("application/"));
        front.and_then(|_| typ.get(12..)).unwrap_or(typ)
    });
    expected.iter().any(|one| match (one, bare) {
        (None, None) => true,
        (Some(one), Some(bare)) => one.eq_ignore_ascii_case(bare),
        (None, Some(_)) | (Some(_), None) => false,
    })
}

/// Whether this key made this signature. `ring` refuses points off their curve, and signatures of ECDSA
/// that do not have all their bytes (RFC 7518 §3.4).
fn is_signed(key: &PublicKey, algorithm: Algorithm, message: &[u8], made: &[u8]) -> bool {
    match (key, rsa_parameters(algorithm)) {
        (PublicKey::Rsa { n, e }, Some(parameters)) => RsaPublicKeyComponents { n, e }
            .verify(parameters, message, made)
            .is_ok(),
        (PublicKey::P256(point), None) if algorithm == Algorithm::Es256 => {
            UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
                .verify(message, made)
                .is_ok()
        }
        (PublicKey::P384(point), None) if algorithm == Algorithm::Es384 => {
            UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point)
                .verify(message, made)
                .is_ok()
        }
        (PublicKey::Ed25519(point), None) if algorithm == Algorithm::EdDsa => {
            UnparsedPublicKey::new(&signature::ED25519, point)
                .verify(message, made)
                .is_ok()
        }
        (
            PublicKey::Rsa { .. } | PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::Ed25519(_),
            _,
        ) => false,
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => return None,
    })
}
