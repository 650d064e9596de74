//! Attestation statements (WebAuthn L3 §6.5.4, §8): whether a statement fits what it is about, one
//! file a format. Whether its chain ends at an issuer that is trusted is asked apart.

mod android_key;
mod apple;
mod certificate;
mod chain;
mod fido_u2f;
mod packed;
mod serial;
mod tpm;

pub use chain::leads_to;
pub use serial::attested_serial;

use sha2::{Digest, Sha256};

use crate::domain::attestation::{Attestation, AttestationKind};
use crate::problem::{Result, Wording, codes};
use crate::protocols::webauthn::attestation_object::AttestationObject;
use crate::protocols::webauthn::authenticator_data::AttestedCredential;
use crate::protocols::webauthn::refused_as;

/// What a statement is about.
struct Subject<'a> {
    authenticator_data: &'a [u8],
    rp_id_hash: [u8; 32],
    credential: &'a AttestedCredential<'a>,
    client_data_hash: [u8; 32],
}

impl Subject<'_> {
    /// What most formats sign: the authenticator data and the hash of the client data.
    fn signed(&self) -> Vec<u8> {
        [self.authenticator_data, &self.client_data_hash].concat()
    }
}

/// How a statement was proved, with the chain in DER, the attesting certificate first.
struct Proved {
    kind: AttestationKind,
    chain: Vec<Vec<u8>>,
}

impl Proved {
    fn with_chain(kind: AttestationKind, chain: &[&[u8]]) -> Self {
        let chain = chain.iter().map(|der| der.to_vec()).collect();
        Self { kind, chain }
    }

    fn without_chain(kind: AttestationKind) -> Self {
        let chain = Vec::new();
        Self { kind, chain }
    }
}

/// Formats that are registered and not offered here, for telling them by name: what an answer calls
/// its format is a stranger's word.
const UNOFFERED: [&str; 2] = ["android-safetynet", "compound"];

/// Verifies the statement of a new credential (WebAuthn L3 §7.1 steps 22 and 23).
///
/// # Errors
/// `ceremony.malformed`, `ceremony.refused`, also for formats that we do not know.
pub(super) fn verify(
    object: &AttestationObject<'_>,
    credential: &AttestedCredential<'_>,
    client_data: &[u8],
) -> Result<Attestation> {
    let subject = Subject {
        authenticator_data: object.authenticator_data_bytes,
        rp_id_hash: object.authenticator_data.rp_id_hash,
        credential,
        client_data_hash: Sha256::digest(client_data).into(),
    };
    let statement = object.statement.clone();
    let proved = match object.format {
        // That nothing stands under it is the reader's doing.
        "none" => Ok(Proved::without_chain(AttestationKind::None)),
        "packed" => packed::verify(statement, &subject),
        "fido-u2f" => fido_u2f::verify(statement, &subject),
        "tpm" => tpm::verify(statement, &subject),
        "android-key" => android_key::verify(statement, &subject),
        "apple" => apple::verify(statement, &subject),
        other => {
            let known = UNOFFERED.iter().find(|known| **known == other);
            let name = known.map_or_else(String::new, |known| format!(": {known}"));
            let why = format!("the attestation statement's format is unknown{name}");
            return Err(refused_as(Wording::NotOffered, why));
        }
    };
    let proved = proved.map_err(|problem| match problem.code() {
        codes::CEREMONY_REFUSED => problem.worded(Wording::Statement),
        _ => problem,
    })?;
    Ok(Attestation {
        format: object.format.to_owned(),
        kind: proved.kind,
        chain: proved.chain,
    })
}
