//! Secrets that cannot be printed, and the seal that keeps them at rest.
//!
//! A token in hand ([`Token`]) and its hash at rest ([`TokenHash`]) are two types: what the
//! database holds can be compared with what a browser shows, and never turned into it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
pub use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::clock::Entropy;
use crate::problem::{Problem, Result, codes};

/// 256 random bits in somebody's hand: a session, a journey, a one-time link.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Token([u8; 32]);

impl Token {
    /// A new token.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(entropy.bytes())
    }

    /// Reads a token as [`Token::expose`] writes it; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        Some(Self(bytes.as_slice().try_into().ok()?))
    }

    /// The token in the form in which it is handed out: 43 characters, safe in addresses.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0))
    }

    /// What is stored in its place. A plain hash is enough for 256 random bits.
    pub fn hash(&self) -> TokenHash {
        TokenHash(data_encoding::HEXLOWER.encode(&Sha256::digest(self.0)))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The hash of a [`Token`], as the database holds it: 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// A hash as the database gives it back.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text in the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a sealed value lives. It is authenticated with the value, so that a row's secret cannot
/// be moved to another row, column or table by somebody who can write to the database.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The table's name.
    pub table: &'a str,
    /// The column's name.
    pub column: &'a str,
    /// The row's id.
    pub row: &'a str,
}

impl Place<'_> {
    fn associated_data(&self) -> String {
        format!("{}\0{}\0{}", self.table, self.column, self.row)
    }
}

/// The key under which every secret of the database is sealed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

/// Leads every sealed value, so that another algorithm can follow this one.
const SEAL_VERSION: u8 = 1;
const NONCE_LENGTH: usize = 24;

impl MasterKey {
    /// A new master key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(entropy.bytes())
    }

    /// Reads a key as [`MasterKey::expose`] writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.trim()).ok()?);
        Some(Self(bytes.as_slice().try_into().ok()?))
    }

    /// The key's written form: 43 characters of unpadded URL-safe base64.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0))
    }

    /// Seals a secret for one place with XChaCha20-Poly1305 under a random nonce.
    pub fn seal(&self, entropy: &dyn Entropy, place: Place<'_>, secret: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LENGTH] = entropy.bytes();
        let associated = place.associated_data();
        let payload = Payload {
            msg: secret,
            aad: associated.as_bytes(),
        };
        let mut sealed = vec![SEAL_VERSION];
        sealed.extend_from_slice(&nonce);
        // The cipher fails only for messages of 256 GiB and more.
        if let Ok(ciphertext) = self.cipher().encrypt(&XNonce::from(nonce), payload) {
            sealed.extend_from_slice(&ciphertext);
        }
        sealed
    }

    /// Opens what [`MasterKey::seal`] sealed for the same place.
    ///
    /// # Errors
    /// `master_key.wrong` when the key, the place or a single bit differs.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let refused = || {
            Problem::new(codes::MASTER_KEY_WRONG).detailed(format!(
                "{}.{} of row {} does not open",
                place.table, place.column, place.row
            ))
        };
        let (version, rest) = sealed.split_first().ok_or_else(refused)?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_LENGTH).ok_or_else(refused)?;
        let nonce: [u8; NONCE_LENGTH] = nonce.try_into().map_err(|_| refused())?;
        if *version != SEAL_VERSION {
            return Err(refused());
        }
        let associated = place.associated_data();
        let payload = Payload {
            msg: ciphertext,
            aad: associated.as_bytes(),
        };
        self.cipher()
            .decrypt(&XNonce::from(nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| refused())
    }

    /// A key for one other purpose (the cookie's, say), from which the master key cannot be
    /// computed: HKDF-Expand of RFC 5869 §2.3 with the purpose as `info`.
    pub fn derive<const N: usize>(&self, purpose: &str) -> Zeroizing<[u8; N]> {
        let mut key = Zeroizing::new([0; N]);
        // Expanding fails only past 8160 bytes.
        if let Ok(hkdf) = Hkdf::<Sha256>::from_prk(&self.0) {
            let _ = hkdf.expand(purpose.as_bytes(), key.as_mut_slice());
        }
        key
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.0))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

/// Whether two byte strings are the same, in a time that depends on their lengths alone.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    const PLACE: Place<'static> = Place {
        table: "totp_secrets",
        column: "secret",
        row: "1",
    };

    #[test]
    fn a_sealed_secret_opens_in_its_place_alone() {
        let key = MasterKey::generate(&SystemEntropy);
        let sealed = key.seal(&SystemEntropy, PLACE, b"seed");
        assert_eq!(key.open(PLACE, &sealed).expect("opens").as_slice(), b"seed");
        for elsewhere in [
            Place { row: "2", ..PLACE },
            Place {
                column: "other",
                ..PLACE
            },
            Place {
                table: "other",
                ..PLACE
            },
        ] {
            assert!(key.open(elsewhere, &sealed).is_err());
        }
        let other = MasterKey::generate(&SystemEntropy);
        assert!(other.open(PLACE, &sealed).is_err());
    }

    #[test]
    fn a_sealed_secret_with_any_bit_flipped_does_not_open() {
        let key = MasterKey::generate(&SystemEntropy);
        let sealed = key.seal(&SystemEntropy, PLACE, b"seed");
        for bit in 0..sealed.len() * 8 {
            let mut tampered = sealed.clone();
            tampered[bit / 8] ^= 1 << (bit % 8);
            assert!(key.open(PLACE, &tampered).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(key.open(PLACE, &sealed[..length]).is_err());
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let token = Token::generate(&SystemEntropy);
        let key = MasterKey::generate(&SystemEntropy);
        assert_eq!(format!("{token:?} {key:?}"), "Token(..) MasterKey(..)");
    }

    #[test]
    fn a_token_survives_being_written_down() {
        let token = Token::generate(&SystemEntropy);
        let read = Token::parse(&token.expose()).expect("a token");
        assert_eq!(read.hash(), token.hash());
        assert!(Token::parse("short").is_none());
    }

    #[test]
    fn derived_keys_differ_by_purpose() {
        let key = MasterKey::generate(&SystemEntropy);
        assert_ne!(*key.derive::<64>("a"), *key.derive::<64>("b"));
        assert_ne!(*key.derive::<32>("a"), [0; 32]);
    }
}
