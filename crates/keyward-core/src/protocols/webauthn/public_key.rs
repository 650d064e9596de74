//! The public key of a credential: a COSE_Key (RFC 9052 §7, RFC 9053 §7.1, RFC 8230 §4) of one of
//! the algorithms that are verified here. Whether one was offered is asked where it is registered.

use super::algorithm::Algorithm;
use super::cbor::{self, Value};
use super::{malformed, not_offered, refused};
use crate::problem::Result;

const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;

/// The sizes of RSA keys, in bytes: 2048 bits are the least that is safe today, and nothing makes
/// longer ones than 4096.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// A public key whose algorithm, curve and sizes fit each other, in the bytes that it was read
/// from. Whether a point lies on its curve is looked at when the key is registered, and by each
/// verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicKey<'a> {
    /// ECDSA over P-256 with SHA-256.
    Es256 {
        /// The point's first coordinate.
        x: &'a [u8; 32],
        /// The point's second coordinate.
        y: &'a [u8; 32],
    },
    /// ECDSA over P-384 with SHA-384.
    Es384 {
        /// The point's first coordinate.
        x: &'a [u8; 48],
        /// The point's second coordinate.
        y: &'a [u8; 48],
    },
    /// ECDSA over P-521 with SHA-512.
    Es512 {
        /// The point's first coordinate.
        x: &'a [u8; 66],
        /// The point's second coordinate.
        y: &'a [u8; 66],
    },
    /// EdDSA over edwards25519 (RFC 8032).
    Ed25519 {
        /// The point in its compressed form.
        x: &'a [u8; 32],
    },
    /// RSA of 2048 to 4096 bits.
    Rsa {
        /// How it signs.
        algorithm: Algorithm,
        /// The modulus, without leading zeros.
        n: &'a [u8],
        /// The exponent: 65537.
        e: &'a [u8],
    },
}

impl<'a> PublicKey<'a> {
    /// Reads a COSE_Key. It must say its algorithm, and nothing optional beside
    /// (WebAuthn L3 §6.5.1).
    ///
    /// # Errors
    /// `ceremony.malformed`; `ceremony.refused` for an algorithm that we do not verify and for an
    /// algorithm that contradicts the key (a P-384 point labelled ES256).
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        Self::from_value(cbor::read_whole("the public key", bytes)?)
    }

    pub(super) fn from_value(value: Value<'a>) -> Result<Self> {
        let mut key = Parameters(value.into_map("the public key")?);
        let (kind, algorithm) = (key.integer(KEY_TYPE)?, key.integer(ALGORITHM)?);
        let Some(algorithm) = Algorithm::of_number(algorithm) else {
            return Err(not_offered(algorithm));
        };
        let expected_kind = match algorithm {
            Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 => EC2,
            Algorithm::EdDsa => OKP,
            _ => RSA,
        };
        if kind != expected_kind {
            return Err(refused("the key's type contradicts its algorithm"));
        }
        let public_key = match algorithm {
            Algorithm::Es256 => {
                key.expect_curve(1)?;
                let (x, y) = (key.exactly(-2)?, key.exactly(-3)?);
                Self::Es256 { x, y }
            }
            Algorithm::Es384 => {
                key.expect_curve(2)?;
                let (x, y) = (key.exactly(-2)?, key.exactly(-3)?);
                Self::Es384 { x, y }
            }
            Algorithm::Es512 => {
                key.expect_curve(3)?;
                let (x, y) = (key.exactly(-2)?, key.exactly(-3)?);
                Self::Es512 { x, y }
            }
            Algorithm::EdDsa => {
                key.expect_curve(6)?;
                let x = key.exactly(-2)?;
                Self::Ed25519 { x }
            }
            _ => Self::rsa(algorithm, key.bytes(-1)?, key.bytes(-2)?)?,
        };
        key.expect_empty()?;
        Ok(public_key)
    }

    /// The exponent is what every authenticator has; leading zeros would be a second spelling
    /// (RFC 8230 §4).
    fn rsa(algorithm: Algorithm, n: &'a [u8], e: &'a [u8]) -> Result<Self> {
        let is_odd = n.last().is_some_and(|last| last & 1 == 1);
        // A number of the fewest bytes must fill its first bit too.
        let least = if n.len() == *RSA_BYTES.start() {
            0x80
        } else {
            1
        };
        let is_full = n.first().is_some_and(|first| *first >= least);
        if !RSA_BYTES.contains(&n.len()) || !is_full || !is_odd || e != [1, 0, 1] {
            return Err(refused(
                "the RSA key is not one of 2048 to 4096 bits with e = 65537",
            ));
        }
        Ok(Self::Rsa { algorithm, n, e })
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256 { .. } => Algorithm::Es256,
            Self::Es384 { .. } => Algorithm::Es384,
            Self::Es512 { .. } => Algorithm::Es512,
            Self::Ed25519 { .. } => Algorithm::EdDsa,
            Self::Rsa { algorithm, .. } => *algorithm,
        }
    }
}

/// The parameters of a COSE_Key that were not asked for yet.
struct Parameters<'a>(Vec<(Value<'a>, Value<'a>)>);

impl<'a> Parameters<'a> {
    fn take(&mut self, label: i64) -> Result<Value<'a>> {
        let position = self
            .0
            .iter()
            .position(|(key, _)| *key == Value::Integer(label));
        position
            .map(|position| self.0.swap_remove(position).1)
            .ok_or_else(|| malformed(format!("the public key has no parameter {label}")))
    }

    fn integer(&mut self, label: i64) -> Result<i64> {
        match self.take(label)? {
            Value::Integer(number) => Ok(number),
            _ => Err(malformed(format!(
                "the public key's parameter {label} is no integer"
            ))),
        }
    }

    fn bytes(&mut self, label: i64) -> Result<&'a [u8]> {
        match self.take(label)? {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(refused(format!(
                "the public key's parameter {label} is not bytes"
            ))),
        }
    }

    fn exactly<const N: usize>(&mut self, label: i64) -> Result<&'a [u8; N]> {
        self.bytes(label)?.try_into().map_err(|_| {
            refused(format!(
                "the public key's parameter {label} is not {N} bytes"
            ))
        })
    }

    fn expect_curve(&mut self, curve: i64) -> Result<()> {
        if self.integer(-1)? != curve {
            return Err(refused("the key's curve contradicts its algorithm"));
        }
        Ok(())
    }

    fn expect_empty(&self) -> Result<()> {
        if !self.0.is_empty() {
            return Err(malformed("the public key has optional parameters"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        let length = u16::try_from(modulus.len())
            .expect("a length")
            .to_be_bytes();
        let head = [0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59];
        let middle = [0x21, 0x40 | u8::try_from(exponent.len()).expect("a length")];
        [&head, length.as_slice(), modulus, &middle, exponent].concat()
    }

    #[test]
    fn rsa_keys_of_other_sizes_are_refused() {
        let mut modulus = vec![0xff; 256];
        assert!(PublicKey::read(&rsa(&modulus, &[1, 0, 1])).is_ok());
        assert!(PublicKey::read(&rsa(&modulus, &[3])).is_err(), "e = 3");
        assert!(
            PublicKey::read(&rsa(&modulus, &[0, 0, 1])).is_err(),
            "e = 1"
        );
        for (length, accepted) in [(384, true), (512, true), (513, false)] {
            let key = rsa(&vec![0xff; length], &[1, 0, 1]);
            assert_eq!(PublicKey::read(&key).is_ok(), accepted, "{length} bytes");
        }
        assert!(
            PublicKey::read(&rsa(&[0xff; 255], &[1, 0, 1])).is_err(),
            "2040 bits"
        );
        modulus[255] = 0xfe;
        assert!(PublicKey::read(&rsa(&modulus, &[1, 0, 1])).is_err(), "even");
        modulus[255] = 0xff;
        modulus[0] = 0x7f;
        assert!(
            PublicKey::read(&rsa(&modulus, &[1, 0, 1])).is_err(),
            "2047 bits"
        );
    }
}
