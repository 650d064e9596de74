//! The compact serialisation of a JSON Web Signature (RFC 7515 §7.1).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::malformed;
use crate::problem::Result;

/// The longest chain that is looked at; honest ones have two or three certificates.
const LONGEST_CHAIN: usize = 8;

/// How a blob is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA with P-256 and SHA-256.
    Es256,
}

/// A blob taken apart, of which nothing is verified yet.
pub(super) struct Signed {
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
    let text = std::str::from_utf8(blob.trim_ascii()).map_err(|_| malformed("it is no text"))?;
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed("it is not three parts with dots between them"));
    };
    let message = text.as_bytes()[..header.len() + 1 + payload.len()].to_vec();
    let header: Header = serde_json::from_slice(&decode("header", header)?)
        .map_err(|error| malformed("the header cannot be read").caused_by(error))?;
    if header.crit.is_some() {
        return Err(malformed(
            "the header demands extensions that are not known",
        ));
    }
    let algorithm = match header.alg.as_str() {
        "RS256" => Algorithm::Rs256,
        "ES256" => Algorithm::Es256,
        _ => return Err(malformed("it is signed neither with RS256 nor with ES256")),
    };
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
    let read = |text: &String| STANDARD.decode(text);
    x5c.iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(|error| malformed("a certificate is not base64").caused_by(error))
}
