//! Public keys that verify signed tokens, and the algorithms that these are signed by (RFC 7517, RFC 7518).

mod algorithm;
mod jwk;

pub use algorithm::{Algorithm, SigningAlgorithm};
pub use jwk::{Jwk, JwkSet, PublicKey};
