//! Blobs of the FIDO Metadata Service, version 3: a JSON document about authenticator models,
//! signed as a compact JWS (FIDO Metadata Service 3.0 §3.1.7, RFC 7515).
//!
//! [`verify`] takes a blob, roots and a moment, and gives the payload only where the chain in its
//! header leads to a root and the signature is right. It knows nothing of the blob before it: that
//! serial numbers never go back is for the store. What authorities have revoked is told by
//! the lists that come with the roots; no server is asked over the network.

mod jws;
mod payload;
mod skipped;
mod trust;

use crate::clock::Timestamp;
use crate::domain::model::is_overdue;
use crate::problem::{Problem, Result, codes};

pub use payload::{Entry, Payload};
pub use skipped::Skipped;
pub use trust::Roots;

/// The largest blob that is read, in bytes; the public one has about ten million.
pub const LARGEST: usize = 64 * 1024 * 1024;

/// Verifies and reads a blob (FIDO Metadata Service 3.0 §3.2).
///
/// # Errors
/// `metadata.malformed`, `metadata.signature`, `metadata.overdue`
pub fn verify(blob: &[u8], roots: &Roots, now: Timestamp) -> Result<Payload> {
    if blob.len() > LARGEST {
        return Err(malformed(format!("it has more than {LARGEST} bytes")));
    }
    let signed = jws::read(blob)?;
    roots.check(&signed, now)?;
    let payload = Payload::read(&signed.payload)?;
    if is_overdue(payload.next_update, now) {
        return Err(Problem::new(codes::METADATA_OVERDUE)
            .detailed(format!("the next one was due {}", payload.next_update)));
    }
    Ok(payload)
}

fn malformed(detail: impl Into<String>) -> Problem {
    Problem::new(codes::METADATA_MALFORMED).detailed(detail)
}

fn untrusted(detail: impl Into<String>) -> Problem {
    Problem::new(codes::METADATA_SIGNATURE).detailed(detail)
}
