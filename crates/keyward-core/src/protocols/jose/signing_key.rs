//! Keys that sign tokens.

use std::fmt;

use p256::elliptic_curve::Generate as _;
use p256::pkcs8::EncodePrivateKey as _;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair, RsaPublicKeyComponents,
};
use zeroize::Zeroizing;

use crate::clock::{Entropy, EntropyRng};
use crate::domain::json_web_key::{Jwk, PublicKey, SigningAlgorithm};
use crate::problem::{Problem, Result};

/// How long RSA keys of ours are, in bits: good beyond 2030 (NIST SP 800-57 part 1 rev. 5 §5.6.1), and
/// signed with four times as often as those of 3072.
const RSA_BITS: usize = 2048;

/// What stands before the 32 bytes of an Ed25519 key in PKCS#8 (RFC 8410 §7).
const ED25519_FRONT: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// A private key, ready to sign.
pub struct SigningKey {
    pair: Pair,
    jwk: Jwk,
    kid: String,
}

enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(Box<RsaKeyPair>),
    EdDsa(Ed25519KeyPair),
}

impl SigningKey {
    /// Makes a new private key, in PKCS#8 (RFC 5958), to be sealed. One of RSA takes a good part of a
    /// second, so never on an async thread.
    ///
    /// # Errors
    /// `internal`
    pub fn generate(
        algorithm: SigningAlgorithm,
        entropy: &dyn Entropy,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let mut rng = EntropyRng(entropy);
        Ok(match algorithm {
            SigningAlgorithm::Es256 => {
                let key = p256::SecretKey::generate_from_rng(&mut rng);
                key.to_pkcs8_der().map_err(Problem::internal)?.to_bytes()
            }
            SigningAlgorithm::Rs256 => {
                let key = rsa::RsaPrivateKey::new(&mut rng, RSA_BITS).map_err(Problem::internal)?;
                key.to_pkcs8_der().map_err(Problem::internal)?.to_bytes()
            }
            SigningAlgorithm::EdDsa => {
                let seed = Zeroizing::new(entropy.bytes::<32>());
                Zeroizing::new([ED25519_FRONT.as_slice(), seed.as_slice()].concat())
            }
        })
    }

    /// Reads a private key, which must be one of this algorithm, and whose halves must belong together.
    ///
    /// # Errors
    /// `internal`
    pub fn from_pkcs8(algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Result<Self> {
        let rejected = |error: ring::error::KeyRejected| Problem::internal(error.to_string());
        let unread = || Problem::internal("a public key is not of its length");
        let (pair, key) = match algorithm {
            SigningAlgorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(
                    &ECDSA_P256_SHA256_FIXED_SIGNING,
                    pkcs8,
                    &SystemRandom::new(),
                )
                .map_err(rejected)?;
                let point = pair.public_key().as_ref().try_into();
                let key = PublicKey::P256(point.map_err(|_| unread())?);
                (Pair::Es256(pair), key)
            }
            SigningAlgorithm::Rs256 => {
                let pair = Box::new(RsaKeyPair::from_pkcs8(pkcs8).map_err(rejected)?);
                let RsaPublicKeyComponents { n, e } = pair.public().into();
                let key = PublicKey::Rsa { n, e };
                (Pair::Rs256(pair), key)
            }
            SigningAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(rejected)?;
                let point = pair.public_key().as_ref().try_into();
                let key = PublicKey::Ed25519(point.map_err(|_| unread())?);
                (Pair::EdDsa(pair), key)
            }
        };
        Ok(Self {
            pair,
            kid: key.thumbprint(),
            jwk: Jwk::named(key, algorithm.into()),
        })
    }

    /// How it signs.
    pub fn algorithm(&self) -> SigningAlgorithm {
        match self.pair {
            Pair::Es256(_) => SigningAlgorithm::Es256,
            Pair::Rs256(_) => SigningAlgorithm::Rs256,
            Pair::EdDsa(_) => SigningAlgorithm::EdDsa,
        }
    }

    /// What tokens call it: the thumbprint of its public half (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half.
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// Signs a message, as JSON Web Signatures have it (RFC 7518 §3.3, §3.4; RFC 8037 §3.1). RSA takes
    /// most of a millisecond. `ring` takes the randomness that hides the key from those who measure
    /// from the system alone.
    pub(super) fn signature(&self, message: &[u8]) -> Result<Vec<u8>> {
        let failed = |_| Problem::internal("a signature could not be made");
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Es256(pair) => {
                let signature = pair.sign(&random, message).map_err(failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
            Pair::EdDsa(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}
