//! The public key of a credential: a COSE_Key (RFC 9052 §7, RFC 9053 §7.1, RFC 8230 §4) of one of
//! the algorithms that we offer.

use super::cbor::{self, Value};
use super::{malformed, refused};
use crate::problem::Result;

/// The algorithms that we offer and can verify, best first, as COSE numbers them: ES256, ES384,
/// RS256. ES512 is absent because the library registers such keys and then never verifies them.
pub const ALGORITHMS: [i64; 3] = [ES256, ES384, RS256];

const ES256: i64 = -7;
const ES384: i64 = -35;
const RS256: i64 = -257;

const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
const EC2: i64 = 2;
const RSA: i64 = 3;

/// A public key whose algorithm, curve and sizes fit each other. Whether a point lies on its curve
/// is for the library to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// ECDSA over P-256 with SHA-256.
    Es256 {
        /// The point's first coordinate.
        x: [u8; 32],
        /// The point's second coordinate.
        y: [u8; 32],
    },
    /// ECDSA over P-384 with SHA-384.
    Es384 {
        /// The point's first coordinate.
        x: [u8; 48],
        /// The point's second coordinate.
        y: [u8; 48],
    },
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048 bits.
    Rs256 {
        /// The modulus.
        n: Box<[u8; 256]>,
        /// The exponent.
        e: [u8; 3],
    },
}

impl PublicKey {
    /// Reads a COSE_Key. It must say its algorithm, and nothing optional beside
    /// (WebAuthn L3 §6.5.1).
    ///
    /// # Errors
    /// `ceremony.malformed`; `ceremony.refused` for an algorithm that we did not offer and for an
    /// algorithm that contradicts the key (a P-384 point labelled ES256).
    pub fn read(bytes: &[u8]) -> Result<Self> {
        Self::from_value(cbor::read_whole("the public key", bytes)?)
    }

    pub(super) fn from_value(value: Value<'_>) -> Result<Self> {
        let mut key = Parameters(value.into_map("the public key")?);
        let (kind, algorithm) = (key.integer(KEY_TYPE)?, key.integer(ALGORITHM)?);
        let expected_kind = match algorithm {
            ES256 | ES384 => EC2,
            RS256 => RSA,
            other => return Err(refused(format!("algorithm {other} was not offered"))),
        };
        if kind != expected_kind {
            return Err(refused("the key's type contradicts its algorithm"));
        }
        let public_key = match algorithm {
            ES256 => {
                key.expect_curve(1)?;
                let (x, y) = (key.bytes(-2)?, key.bytes(-3)?);
                Self::Es256 { x, y }
            }
            ES384 => {
                key.expect_curve(2)?;
                let (x, y) = (key.bytes(-2)?, key.bytes(-3)?);
                Self::Es384 { x, y }
            }
            _ => {
                let (n, e) = (Box::new(key.bytes::<256>(-1)?), key.bytes(-2)?);
                // Big-integer arithmetic expects an odd modulus of the full length.
                if n[0] & 0x80 == 0 || n[255] & 1 == 0 || e != [1, 0, 1] {
                    return Err(refused(
                        "the RSA key is not one of 2048 bits with e = 65537",
                    ));
                }
                Self::Rs256 { n, e }
            }
        };
        key.expect_empty()?;
        Ok(public_key)
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

    fn bytes<const N: usize>(&mut self, label: i64) -> Result<[u8; N]> {
        let wrong = || {
            refused(format!(
                "the public key's parameter {label} is not {N} bytes"
            ))
        };
        match self.take(label)? {
            Value::Bytes(bytes) => bytes.try_into().map_err(|_| wrong()),
            _ => Err(wrong()),
        }
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
        assert!(
            PublicKey::read(&rsa(&[0xff; 384], &[1, 0, 1])).is_err(),
            "3072 bits"
        );
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
