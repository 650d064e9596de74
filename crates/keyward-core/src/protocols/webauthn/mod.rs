//! The strict reading of what authenticators answer.
//!
//! These readers accept one spelling of each answer and nothing else, so that two readers of the
//! same bytes cannot see two different things. They own the forms and no policy: which challenge,
//! origin or credential was expected, their callers tell them. No input makes them panic.

pub mod algorithm;
pub mod answer;
pub mod attestation_object;
pub mod authenticator_data;
pub mod cbor;
pub mod client_data;
pub mod models;
pub mod public_key;
pub mod statement;
pub mod tpm;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::problem::{Problem, Wording, codes};

/// The answer is not of the form that the standard describes.
pub(crate) fn malformed(detail: impl Into<String>) -> Problem {
    Problem::new(codes::CEREMONY_MALFORMED).detailed(detail)
}

/// The answer is readable and is not one that we accept.
pub(crate) fn refused(detail: impl Into<String>) -> Problem {
    Problem::new(codes::CEREMONY_REFUSED).detailed(detail)
}

/// The same, said to people in these words.
pub(crate) fn refused_as(wording: Wording, detail: impl Into<String>) -> Problem {
    refused(detail).worded(wording)
}

/// The key is of an algorithm that was not asked for (WebAuthn L3 §7.1 step 20).
pub(crate) fn not_offered(algorithm: i64) -> Problem {
    let why = format!("algorithm {algorithm} was not offered");
    refused_as(Wording::NotOffered, why)
}

/// Unpadded base64url (WebAuthn L3 §3): how bytes travel in all JSON forms.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads unpadded base64url. Padding, the other alphabet and stray bits at the end are refused, so
/// that one byte string has one spelling.
///
/// # Errors
/// `ceremony.malformed`
pub fn decode(name: &str, text: &str) -> crate::problem::Result<Vec<u8>> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|error| malformed(format!("{name} is not base64url")).caused_by(error))
}
