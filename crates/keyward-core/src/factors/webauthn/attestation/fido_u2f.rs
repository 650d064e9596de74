//! The format `fido-u2f` (WebAuthn L3 §8.6): keys of the generation before. Its signature covers
//! no AAGUID.

use super::certificate::{Certificate, Scheme, no_chain};
use super::{Proved, Subject};
use crate::domain::attestation::AttestationKind;
use crate::problem::Result;
use crate::protocols::webauthn::public_key::PublicKey;
use crate::protocols::webauthn::refused;
use crate::protocols::webauthn::statement::Statement;

pub(super) fn verify(mut statement: Statement<'_>, subject: &Subject<'_>) -> Result<Proved> {
    let signature = statement.bytes("sig")?;
    let chain = statement.chain()?.ok_or_else(no_chain)?;
    statement.end()?;
    let [der] = chain.as_slice() else {
        return Err(refused("there is more than one certificate"));
    };
    let certificate = Certificate::read(der)?;
    let PublicKey::Es256 { x, y } = subject.credential.public_key else {
        return Err(refused("keys of this generation have P-256 alone"));
    };
    if !certificate.is_on_p256() {
        return Err(refused("the attestation key is not on P-256"));
    }
    let signed = [
        &[0],
        subject.rp_id_hash.as_slice(),
        &subject.client_data_hash,
        subject.credential.credential_id,
        &[4],
        x,
        y,
    ];
    certificate.verify(Scheme::EcdsaSha256, &signed.concat(), signature)?;
    Ok(Proved::with_chain(AttestationKind::Basic, &chain))
}
