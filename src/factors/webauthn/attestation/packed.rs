//! The format `packed` (WebAuthn L3 §8.2), which most authenticators speak.

use super::{Proved, Subject};
use crate::domain::attestation::AttestationKind;
use crate::factors::webauthn::signature;
use crate::problem::Result;
use crate::protocols::webauthn::refused;
use crate::protocols::webauthn::statement::Statement;

pub(super) fn verify(mut statement: Statement<'_>, subject: &Subject<'_>) -> Result<Proved> {
    let algorithm = statement.integer("alg")?;
    let signature = statement.bytes("sig")?;
    let chain = statement.chain()?;
    statement.end()?;
    match chain {
        None => by_itself(algorithm, signature, subject),
        Some(chain) => Ok(Proved {
            kind: AttestationKind::Basic,
            chain: chain.into_iter().map(<[u8]>::to_vec).collect(),
        }),
    }
}

/// Self attestation: the credential's own key signs.
fn by_itself(algorithm: i64, signature: &[u8], subject: &Subject<'_>) -> Result<Proved> {
    let key = &subject.credential.public_key;
    if algorithm != key.algorithm() {
        return Err(refused(
            "the statement's algorithm is not the credential's own",
        ));
    }
    signature::verify(key, &subject.signed(), signature)?;
    Ok(Proved::without_chain(AttestationKind::SelfSigned))
}
