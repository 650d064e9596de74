//! Signatures by a credential's key, verified by `ring`, and by `p521` on the curve that it lacks.

use curve25519_dalek::edwards::CompressedEdwardsY;
use p521::ecdsa::signature::Verifier as _;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};

use crate::problem::{Problem, Result};
use crate::protocols::webauthn::algorithm::Algorithm;
use crate::protocols::webauthn::public_key::PublicKey;
use crate::protocols::webauthn::refused;

/// Verifies that `signature` over `message` was made with the private half of `key`.
///
/// ECDSA signatures are in DER (WebAuthn L3 §6.5.5), strictly. `ring` refuses points off their
/// curve, and RSA keys of less than 2048 or more than 8192 bits; [`PublicKey`] is stricter.
///
/// # Errors
/// `ceremony.refused`
pub(super) fn verify(key: &PublicKey<'_>, message: &[u8], signature: &[u8]) -> Result<()> {
    let outcome = match *key {
        PublicKey::Es256 { x, y } => {
            UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point::<65>(x, y))
                .verify(message, signature)
        }
        PublicKey::Es384 { x, y } => {
            UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_ASN1, point::<97>(x, y))
                .verify(message, signature)
        }
        PublicKey::Ed25519 { x } => {
            UnparsedPublicKey::new(&signature::ED25519, x).verify(message, signature)
        }
        PublicKey::Es512 { x, y } => {
            return verify_p521(&point::<133>(x, y), message, signature)
                .then_some(())
                .ok_or_else(wrong);
        }
        PublicKey::Rsa { algorithm, n, e } => {
            let parameters = rsa_parameters(algorithm).ok_or_else(wrong)?;
            RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
        }
    };
    outcome.map_err(|_| wrong())
}

fn wrong() -> Problem {
    refused("the signature is wrong")
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Rs1 => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 | Algorithm::EdDsa => return None,
    })
}

/// Whether the key at this uncompressed point made this ECDSA signature with SHA-512, in DER. A
/// point off the curve made none.
pub(super) fn verify_p521(point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(point);
    let signature = p521::ecdsa::Signature::from_der(signature);
    match (key, signature) {
        (Ok(key), Ok(signature)) => key.verify(message, &signature).is_ok(),
        _ => false,
    }
}

/// Makes sure that a new key can verify anything at all, and does not verify everything: a point
/// off its curve never would, and one of small order would accept signatures that no key made (RFC
/// 8032 §8.9 leaves that to us). Sizes and labels were looked at when the key was read.
///
/// # Errors
/// `ceremony.refused`
pub(super) fn check_key(key: &PublicKey<'_>) -> Result<()> {
    let is_good = match *key {
        PublicKey::Es256 { x, y } => p256::PublicKey::from_sec1_bytes(&point::<65>(x, y)).is_ok(),
        PublicKey::Es384 { x, y } => p384::PublicKey::from_sec1_bytes(&point::<97>(x, y)).is_ok(),
        PublicKey::Ed25519 { x } => {
            let decompressed = CompressedEdwardsY(*x).decompress();
            decompressed.is_some_and(|point| {
                point.is_torsion_free() && !point.is_small_order() && point.compress().0 == *x
            })
        }
        PublicKey::Es512 { x, y } => p521::PublicKey::from_sec1_bytes(&point::<133>(x, y)).is_ok(),
        PublicKey::Rsa { .. } => true,
    };
    if !is_good {
        return Err(refused("the public key is no point of its curve"));
    }
    Ok(())
}

/// An uncompressed point (SEC 1 §2.3.3) of `N` bytes: a four and the coordinates.
fn point<const N: usize>(x: &[u8], y: &[u8]) -> [u8; N] {
    let mut point = [0; N];
    let coordinates = x.iter().chain(y);
    point[0] = 4;
    for (byte, coordinate) in point[1..].iter_mut().zip(coordinates) {
        *byte = *coordinate;
    }
    point
}
