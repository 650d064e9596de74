//! The compact serialisation of a JSON Web Signature (RFC 7515 §7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::malformed;
use super::payload::any_base64;
use crate::domain::json_web_key::Algorithm;
use crate::problem::Result;

/// The longest chain that is looked at; honest ones have two or three certificates.
const LONGEST_CHAIN: usize = 8;

/// What an editor on Windows writes before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A blob taken apart, of which nothing is verified yet.
pub(super) struct Signed {
    /// The FIDO Alliance signs with RS256.
    pub algorithm: Algorithm,
    /// The signer's certificate and those above it, in DER.
    pub chain: Vec<Vec<u8>>,
    /// What the signature covers: both parts before it with their dot.
    pub message: Vec<u8>,
    pub payload: Vec<u8>,
    pub signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    x5c: Option<Vec<String>>,
    crit: Option<serde::de::IgnoredAny>,
}

/// Takes a blob apart. White space around it is not part of it.
///
/// # Errors
/// `metadata.malformed`
pub(super) fn read(blob: &[u8]) -> Result<Signed> {
    let blob = blob.strip_prefix(BYTE_ORDER_MARK).unwrap_or(blob);
    let text = std::str::from_utf8(blob.trim_ascii()).map_err(|_| malformed("it is no text"))?;
    let no_parts = || malformed("it is not three parts with dots between them");
    let (message, signature) = text.rsplit_once('.').ok_or_else(no_parts)?;
    let (header, payload) = message.split_once('.').ok_or_else(no_parts)?;
    if payload.contains('.') {
        return Err(no_parts());
    }
    let message = message.as_bytes().to_vec();
    let header: Header = serde_json::from_slice(&decode("header", header)?)
        .map_err(|error| malformed("the header cannot be read").caused_by(error))?;
    if header.crit.is_some() {
        return Err(malformed(
            "the header demands extensions that are not known",
        ));
    }
    let algorithm = Algorithm::parse(&header.alg).ok_or_else(|| {
        malformed("it is signed with none of RS256 to RS512, PS256 to PS512, ES256, ES384, EdDSA")
    })?;
    Ok(Signed {
        algorithm,
        chain: chain(header.x5c.unwrap_or_default())?,
        message,
        payload: decode("payload", payload)?,
        signature: decode("signature", signature)?,
    })
}

fn decode(what: &str, text: &str) -> Result<Vec<u8>> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|error| malformed(format!("the {what} is not base64url")).caused_by(error))
}

fn chain(x5c: Vec<String>) -> Result<Vec<Vec<u8>>> {
    if x5c.is_empty() || x5c.len() > LONGEST_CHAIN {
        return Err(malformed(format!(
            "the header must carry 1 to {LONGEST_CHAIN} certificates (x5c)"
        )));
    }
    let read = |text: &String| any_base64(text);
    x5c.iter()
        .map(read)
        .collect::<Option<_>>()
        .ok_or_else(|| malformed("a certificate is not base64"))
}
