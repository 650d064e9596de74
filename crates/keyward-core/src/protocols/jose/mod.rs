//! JSON Web Tokens that are signed: keys, signing, verifying (RFC 7515, RFC 7517 to RFC 7519).
//!
//! [`sign`] and [`verify`] are both sides of one format. Nothing here trusts what a token says of itself:
//! whoever verifies says who may have signed, by which algorithms and for whom ([`Expectation`]), and
//! `none` and keyed hashes are not among the algorithms (RFC 8725 §3.1, §3.2). Encrypted tokens are not read.

mod serialization;
mod signing_key;
#[cfg(test)]
mod tests;
mod verification;

pub use crate::domain::json_web_key::{Algorithm, Jwk, JwkSet, PublicKey, SigningAlgorithm};
pub use serialization::sign;
pub use signing_key::SigningKey;
pub use verification::{Expectation, Refusal, Verified, verify};
