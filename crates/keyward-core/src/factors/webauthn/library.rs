//! Our words in the library's, and its errors in ours.

use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{COSEAlgorithm, UserVerificationPolicy};

use super::UserVerification;
use crate::problem::{Problem, codes};
use crate::protocols::webauthn::algorithm::Algorithm;
use crate::protocols::webauthn::public_key::PublicKey;

pub(super) fn policy(verification: UserVerification) -> UserVerificationPolicy {
    match verification {
        UserVerification::Required => UserVerificationPolicy::Required,
        UserVerification::Preferred => UserVerificationPolicy::Preferred,
        UserVerification::Discouraged => UserVerificationPolicy::Discouraged_DO_NOT_USE,
    }
}

pub(super) fn algorithms(offered: &[Algorithm]) -> Vec<COSEAlgorithm> {
    let known = offered
        .iter()
        .map(|one| COSEAlgorithm::try_from(i128::from(one.number())));
    known.filter_map(Result::ok).collect()
}

/// Whether the library can judge a registration: of keys it knows those on P-256 and P-384 and RS256
/// of 2048 bits, and it refuses most statements of `tpm` and many of `android-key`.
pub(super) fn can_judge(format: &str, key: &PublicKey<'_>) -> bool {
    let knows_key = match key {
        PublicKey::Es256 { .. } | PublicKey::Es384 { .. } => true,
        PublicKey::Rsa { algorithm, n, .. } => *algorithm == Algorithm::Rs256 && n.len() == 256,
        PublicKey::Es512 { .. } | PublicKey::Ed25519 { .. } => false,
    };
    knows_key && !matches!(format, "tpm" | "android-key")
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
