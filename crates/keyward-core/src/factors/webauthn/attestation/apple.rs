//! The format `apple` (WebAuthn L3 §8.8): a certificate made for this credential alone.

use sha2::{Digest, Sha256};
use x509_parser::asn1_rs::oid;
use x509_parser::oid_registry::Oid;

use super::certificate::{Certificate, no_chain};
use super::{Proved, Subject};
use crate::domain::attestation::AttestationKind;
use crate::problem::Result;
use crate::protocols::webauthn::refused;
use crate::protocols::webauthn::statement::Statement;

const NONCE: Oid<'_> = oid!(1.2.840.113635.100.8.2);
/// A sequence of one element with the tag 1, an octet string of 32 bytes.
const NONCE_HEAD: [u8; 6] = [0x30, 36, 0xa1, 34, 0x04, 32];

pub(super) fn verify(mut statement: Statement<'_>, subject: &Subject<'_>) -> Result<Proved> {
    let chain = statement.chain()?.ok_or_else(no_chain)?;
    // The first devices with this format sent it too.
    let _ = statement.integer("alg");
    statement.end()?;
    let certificate = Certificate::first_of(&chain)?;
    let nonce = Sha256::digest(subject.signed());
    let value = certificate.extension(&NONCE)?;
    if value.and_then(|value| value.strip_prefix(&NONCE_HEAD)) != Some(nonce.as_slice()) {
        return Err(refused("the certificate is about another ceremony"));
    }
    if !certificate.has_key(&subject.credential.public_key) {
        return Err(refused("the certificate is another key's"));
    }
    Ok(Proved::with_chain(AttestationKind::AnonymizationCa, &chain))
}
