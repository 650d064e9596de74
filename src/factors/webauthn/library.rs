//! Our words in the library's, and its errors in ours.

use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AttestationFormat, COSEAlgorithm, COSEEC2Key, COSEKey, COSEKeyType, COSERSAKey, ECDSACurve,
    ParsedAttestation, RegisteredExtensions, UserVerificationPolicy,
};

use super::UserVerification;
use crate::domain::credential::Credential;
use crate::problem::{Problem, Result, codes};
use crate::protocols::webauthn::public_key::{ALGORITHMS, PublicKey};

pub(super) fn policy(verification: UserVerification) -> UserVerificationPolicy {
    match verification {
        UserVerification::Required => UserVerificationPolicy::Required,
        UserVerification::Preferred => UserVerificationPolicy::Preferred,
        UserVerification::Discouraged => UserVerificationPolicy::Discouraged_DO_NOT_USE,
    }
}

pub(super) fn algorithms() -> Vec<COSEAlgorithm> {
    let known = ALGORITHMS
        .iter()
        .map(|number| COSEAlgorithm::try_from(i128::from(*number)));
    known.filter_map(Result::ok).collect()
}

/// A stored credential as the library knows it.
///
/// It is said to have been registered without user verification, because the library would then
/// insist on it for ever; whether an answer needs it is decided here, by kind and settings.
///
/// # Errors
/// `database.row` when the stored key cannot be read.
pub(super) fn credential(stored: &Credential) -> Result<webauthn_rs_core::proto::Credential> {
    let public_key = PublicKey::read(&stored.public_key).map_err(|problem| {
        Problem::new(codes::DATABASE_ROW)
            .detailed(format!("the public key of device {}", stored.device_id))
            .caused_by(problem)
    })?;
    Ok(webauthn_rs_core::proto::Credential {
        cred_id: stored.credential_id.clone(),
        cred: cose_key(public_key),
        counter: stored.sign_count,
        transports: None,
        user_verified: false,
        backup_eligible: stored.backup_eligible,
        backup_state: stored.backed_up,
        registration_policy: UserVerificationPolicy::Preferred,
        extensions: RegisteredExtensions::none(),
        attestation: ParsedAttestation::default(),
        attestation_format: AttestationFormat::None,
    })
}

fn cose_key(key: PublicKey) -> COSEKey {
    let elliptic = |curve, x: &[u8], y: &[u8]| {
        let (x, y) = (x.to_vec(), y.to_vec());
        COSEKeyType::EC_EC2(COSEEC2Key { curve, x, y })
    };
    let (type_, key) = match key {
        PublicKey::Es256 { x, y } => (
            COSEAlgorithm::ES256,
            elliptic(ECDSACurve::SECP256R1, &x, &y),
        ),
        PublicKey::Es384 { x, y } => (
            COSEAlgorithm::ES384,
            elliptic(ECDSACurve::SECP384R1, &x, &y),
        ),
        PublicKey::Rs256 { n, e } => {
            let n = n.to_vec();
            (COSEAlgorithm::RS256, COSEKeyType::RSA(COSERSAKey { n, e }))
        }
    };
    COSEKey { type_, key }
}

/// A refusal of the library's.
pub(super) fn refusal(error: WebauthnError) -> Problem {
    let code = match error {
        WebauthnError::UserNotVerified => codes::CEREMONY_USER_VERIFICATION,
        _ => codes::CEREMONY_REFUSED,
    };
    Problem::new(code)
        .detailed(error.to_string())
        .caused_by(error)
}
