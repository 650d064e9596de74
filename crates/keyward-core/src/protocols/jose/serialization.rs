//! The compact serialisation of a signed token (RFC 7515 §7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::signing_key::SigningKey;
use super::verification::Refusal;
use crate::problem::{Problem, Result};

/// Signs claims. `typ` says what kind of token it is, so that one kind is never taken for another (RFC
/// 8725 §3.11): `JWT`, `at+jwt` (RFC 9068 §2.1), `logout+jwt`.
///
/// # Errors
/// `internal`
pub fn sign(claims: &impl Serialize, typ: &str, key: &SigningKey) -> Result<String> {
    #[derive(Serialize)]
    struct Written<'a> {
        alg: &'a str,
        typ: &'a str,
        kid: &'a str,
    }
    let header = Written {
        alg: key.algorithm().as_str(),
        typ,
        kid: key.kid(),
    };
    let header = serde_json::to_vec(&header).map_err(Problem::internal)?;
    let claims = serde_json::to_vec(claims).map_err(Problem::internal)?;
    let mut token = URL_SAFE_NO_PAD.encode(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = key.signature(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// The longest token that is read, in bytes.
pub(super) const LONGEST: usize = 16 * 1024;

/// The header of a token (RFC 7515 §4.1). A member that stands there twice is refused by serde, as §4
/// asks. Keys and addresses of keys that a token brings along are not looked at (RFC 8725 §3.10).
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) kid: Option<String>,
    pub(super) typ: Option<String>,
    pub(super) crit: Option<serde::de::IgnoredAny>,
    pub(super) b64: Option<serde::de::IgnoredAny>,
}

/// A token taken apart, of which nothing is verified yet.
pub(super) struct Parts<'a> {
    pub(super) header: Header,
    /// What the signature covers: both parts before it with their dot.
    pub(super) message: &'a str,
    pub(super) claims: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

pub(super) fn read(token: &str) -> Result<Parts<'_>, Refusal> {
    if token.len() > LONGEST {
        return Err(Refusal::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
    let (header, claims) = message.split_once('.').ok_or(Refusal::Malformed)?;
    // The alphabet has no dot, so that more than three parts are refused here.
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed);
    Ok(Parts {
        header: serde_json::from_slice(&decode(header)?).map_err(|_| Refusal::Malformed)?,
        message,
        claims: decode(claims)?,
        signature: decode(signature)?,
    })
}
