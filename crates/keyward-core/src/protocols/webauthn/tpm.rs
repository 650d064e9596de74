//! The structures of a TPM 2.0 that stand in attestation statements (TPM 2.0 Library, part 2).

use super::malformed;
use crate::problem::{Problem, Result};

/// `TPM_GENERATED_VALUE`: only a TPM writes it in front of what it signs.
const GENERATED: u32 = 0xff54_4347;
/// `TPM_ST_ATTEST_CERTIFY`
const CERTIFY: u16 = 0x8017;
/// `TPM_ALG_NULL`
const NULL: u16 = 0x0010;
const RSA: u16 = 0x0001;
const ECC: u16 = 0x0023;

/// What a TPM certifies of a key: `TPMS_ATTEST` with a `TPMS_CERTIFY_INFO` (part 2, §10.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertifyInfo<'a> {
    /// What the caller wanted to have in it.
    pub extra_data: &'a [u8],
    /// The name of the certified key: an algorithm and the hash of its public area.
    pub name: &'a [u8],
}

/// A public key as a TPM holds it: the part of `TPMT_PUBLIC` (part 2, §12.2.4) that tells keys
/// apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicArea<'a> {
    /// The algorithm of its name.
    pub name_algorithm: u16,
    /// The key.
    pub key: PublicId<'a>,
}

/// The numbers of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicId<'a> {
    /// An RSA key.
    Rsa {
        /// The exponent; zero stands for 65537.
        exponent: u32,
        /// The modulus.
        modulus: &'a [u8],
    },
    /// A point.
    Ecc {
        /// `TPM_ECC_CURVE`: 3 is P-256, 4 is P-384.
        curve: u16,
        /// The first coordinate.
        x: &'a [u8],
        /// The second one.
        y: &'a [u8],
    },
}

impl<'a> CertifyInfo<'a> {
    /// Reads a certification to its last byte.
    ///
    /// # Errors
    /// `ceremony.malformed`, also for attestations of other things than keys.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Reader(bytes);
        if reader.u32()? != GENERATED || reader.u16()? != CERTIFY {
            return Err(malformed("certInfo is not a TPM's certification of a key"));
        }
        let _qualified_signer = reader.sized()?;
        let extra_data = reader.sized()?;
        // Clock, resets, restarts, whether the clock is safe; the firmware's version.
        let _clock_and_firmware = reader.take(8 + 4 + 4 + 1 + 8)?;
        let name = reader.sized()?;
        let _qualified_name = reader.sized()?;
        reader.end("certInfo")?;
        Ok(Self { extra_data, name })
    }
}

impl<'a> PublicArea<'a> {
    /// Reads a public area to its last byte.
    ///
    /// # Errors
    /// `ceremony.malformed`, also for keys that are neither RSA nor points.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Reader(bytes);
        let (kind, name_algorithm) = (reader.u16()?, reader.u16()?);
        let _attributes = reader.u32()?;
        let _policy = reader.sized()?;
        // A symmetric algorithm has a size and a mode behind it.
        if reader.u16()? != NULL {
            reader.take(4)?;
        }
        reader.scheme()?;
        let key = match kind {
            RSA => {
                let _bits = reader.u16()?;
                PublicId::Rsa {
                    exponent: reader.u32()?,
                    modulus: reader.sized()?,
                }
            }
            ECC => {
                let curve = reader.u16()?;
                reader.scheme()?;
                let (x, y) = (reader.sized()?, reader.sized()?);
                PublicId::Ecc { curve, x, y }
            }
            _ => return Err(malformed("pubArea holds neither an RSA key nor a point")),
        };
        reader.end("pubArea")?;
        Ok(Self {
            name_algorithm,
            key,
        })
    }
}

/// All numbers are big-endian; a byte string has its length in two bytes before it.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn sized(&mut self) -> Result<&'a [u8]> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    /// A scheme has its hash behind it, unless there is none.
    fn scheme(&mut self) -> Result<()> {
        if self.u16()? != NULL {
            self.u16()?;
        }
        Ok(())
    }

    fn end(self, name: &str) -> Result<()> {
        if !self.0.is_empty() {
            return Err(malformed(format!("bytes follow {name}")));
        }
        Ok(())
    }
}

fn truncated() -> Problem {
    malformed("a structure of the TPM ends too early")
}
