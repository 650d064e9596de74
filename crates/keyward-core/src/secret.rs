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

/// 256 random bits in a user's hand: a session, a journey, a one-time link.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Token([u8; 32]);

impl Token {
    /// A new token.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(entropy.bytes())
    }

    /// A token for one purpose that follows from a hash: whoever is served under the hash has it, and it is good for
    /// nothing else.
    pub fn derived(purpose: &str, from: &TokenHash) -> Self {
        let digest = Sha256::new()
            .chain_update(purpose)
            .chain_update([0])
            .chain_update(from.as_str());
        Self(digest.finalize().into())
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

/// Where a sealed value lives. It is authenticated with the value, so that a row's secret cannot be
/// moved to another row, column or table by an attacker who can write to the database.
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

/// What a key is for. Each purpose has a key of its own, so that nothing computed for one says
/// anything about another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyPurpose {
    /// Sealing what the database holds.
    Seal,
    /// Sealing the session's cookie.
    Cookie,
    /// Hashes of backup codes.
    BackupCode,
    /// Hashes of temporary passes.
    Pass,
    /// Hashes of the codes that activate what was registered for somebody.
    ActivationCode,
    /// Hashes of codes that were delivered.
    DeliveredCode,
    /// What the addresses that codes go to are known by.
    DeliveryAddress,
    /// The cookies of trusted browsers.
    TrustedBrowser,
    /// What tells the cookies of several users of one browser apart.
    BrowserMark,
    /// Decoys of names that have no passkey.
    Decoy,
    /// What tells a decoy's credential id.
    DecoyMark,
    /// What binds a passwordless challenge to the name that was typed.
    ChallengeName,
    /// What failures at names that no user has are counted on.
    UnknownName,
    /// What recovery links are counted on.
    Recovery,
    /// Keys of requests that may be sent again.
    RequestKey,
    /// Places in lists that are handed out.
    PageToken,
    /// What OpenID clients know a user by, where each knows them by another name.
    OpenidSubject,
    /// What OpenID clients know a session by.
    OpenidSession,
    /// What an authorization request brings back of where its user was led.
    OpenidRequest,
}

impl KeyPurpose {
    /// The `info` of HKDF: what is written here stays, or what was derived is lost.
    fn info(self) -> &'static [u8] {
        match self {
            Self::Seal => b"keyward seal",
            Self::Cookie => b"keyward session cookie",
            Self::BackupCode => b"keyward backup code",
            Self::Pass => b"keyward temporary pass",
            Self::ActivationCode => b"keyward activation code",
            Self::DeliveredCode => b"keyward delivered code",
            Self::DeliveryAddress => b"keyward delivery address",
            Self::TrustedBrowser => b"keyward trusted browser",
            Self::BrowserMark => b"keyward browser mark",
            Self::Decoy => b"keyward decoy",
            Self::DecoyMark => b"keyward decoy mark",
            Self::ChallengeName => b"keyward challenge name",
            Self::UnknownName => b"keyward unknown name",
            Self::Recovery => b"keyward recovery",
            Self::RequestKey => b"keyward request key",
            Self::PageToken => b"keyward page token",
            Self::OpenidSubject => b"keyward openid subject",
            Self::OpenidSession => b"keyward openid session",
            Self::OpenidRequest => b"keyward openid request",
        }
    }
}

/// The key from which the keys of all purposes come. It is used for nothing itself.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey {
    root: [u8; 32],
    /// The key of [`KeyPurpose::Seal`], which every request needs.
    seal: [u8; 32],
}

/// Leads every sealed value, so that another algorithm can follow this one. 1 was a seal under the
/// master key itself.
const SEAL_VERSION: u8 = 2;
const NONCE_LENGTH: usize = 24;

impl MasterKey {
    /// A new master key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self::of(entropy.bytes())
    }

    /// Reads a key as [`MasterKey::expose`] writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.trim()).ok()?);
        Some(Self::of(bytes.as_slice().try_into().ok()?))
    }

    fn of(root: [u8; 32]) -> Self {
        let seal = *expand(&root, &[KeyPurpose::Seal.info()]);
        Self { root, seal }
    }

    /// The key's written form: 43 characters of unpadded URL-safe base64.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.root))
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
    /// `master_key.wrong` when the key, the place or a single bit differs; `master_key.older_seal` for
    /// what a version before the first release sealed.
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
        match *version {
            SEAL_VERSION => {}
            1 => return Err(codes::MASTER_KEY_OLDER_SEAL.into()),
            _ => return Err(refused()),
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

    /// The key of one purpose, from which neither the master key nor another purpose's can be
    /// computed: HKDF-Expand of RFC 5869 §2.3. The master key is 32 random bytes, so that nothing has
    /// to be extracted first (§3.3).
    pub fn derive<const N: usize>(&self, purpose: KeyPurpose) -> Zeroizing<[u8; N]> {
        expand(&self.root, &[purpose.info()])
    }

    /// A tag of these parts under the key of one purpose, which cannot be computed without it: up
    /// to 32 bytes of it are HMAC-SHA256 of the parts, each led by its length, so that no two lists
    /// of parts read alike.
    pub fn tag<const N: usize>(&self, purpose: KeyPurpose, parts: &[&str]) -> Zeroizing<[u8; N]> {
        let key = self.derive::<32>(purpose);
        let lengths: Vec<[u8; 8]> = parts
            .iter()
            .map(|part| (part.len() as u64).to_be_bytes())
            .collect();
        let pieces: Vec<&[u8]> = lengths
            .iter()
            .zip(parts)
            .flat_map(|(length, part)| [length.as_slice(), part.as_bytes()])
            .collect();
        expand(&key, &pieces)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.seal))
    }
}

/// HKDF-Expand of RFC 5869 §2.3 with an `info` in pieces.
fn expand<const N: usize>(key: &[u8; 32], info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let mut expanded = Zeroizing::new([0; N]);
    // Fails only past 8160 bytes.
    if let Ok(hkdf) = Hkdf::<Sha256>::from_prk(key) {
        let _ = hkdf.expand_multi_info(info, expanded.as_mut_slice());
    }
    expanded
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
    fn every_purpose_has_a_key_of_its_own_and_none_is_the_master_key() {
        use std::collections::HashSet;
        let key = MasterKey::generate(&SystemEntropy);
        let all = [
            KeyPurpose::Seal,
            KeyPurpose::Cookie,
            KeyPurpose::BackupCode,
            KeyPurpose::Pass,
            KeyPurpose::DeliveredCode,
            KeyPurpose::DeliveryAddress,
            KeyPurpose::TrustedBrowser,
            KeyPurpose::BrowserMark,
            KeyPurpose::Decoy,
            KeyPurpose::DecoyMark,
            KeyPurpose::ChallengeName,
            KeyPurpose::UnknownName,
            KeyPurpose::Recovery,
            KeyPurpose::RequestKey,
            KeyPurpose::PageToken,
            KeyPurpose::OpenidSubject,
            KeyPurpose::OpenidSession,
            KeyPurpose::OpenidRequest,
        ];
        let keys: HashSet<[u8; 32]> = all.iter().map(|p| *key.derive::<32>(*p)).collect();
        assert_eq!(keys.len(), all.len());
        assert!(!keys.contains(&key.root));
        assert!(!keys.contains(&[0; 32]));
        assert_eq!(*key.derive::<32>(KeyPurpose::Seal), key.seal);
        let tags: HashSet<[u8; 16]> = all.iter().map(|p| *key.tag::<16>(*p, &["a"])).collect();
        assert_eq!(tags.len(), all.len());
    }

    #[test]
    fn tags_of_parts_that_read_alike_when_joined_differ() {
        let key = MasterKey::generate(&SystemEntropy);
        let tag = |parts: &[&str]| *key.tag::<32>(KeyPurpose::UnknownName, parts);
        assert_eq!(tag(&["pass", "anna"]), tag(&["pass", "anna"]));
        assert_ne!(tag(&["pass", "anna"]), tag(&["passanna"]));
        assert_ne!(tag(&["pass", "anna"]), tag(&["passa", "nna"]));
        assert_ne!(tag(&["anna"]), tag(&["anna", ""]));
    }

    #[test]
    fn a_seal_of_before_the_first_release_is_told_apart_from_a_wrong_key() {
        let key = MasterKey::generate(&SystemEntropy);
        let mut sealed = key.seal(&SystemEntropy, PLACE, b"seed");
        sealed[0] = 1;
        let problem = key.open(PLACE, &sealed).expect_err("it does not open");
        assert_eq!(problem.code(), codes::MASTER_KEY_OLDER_SEAL);
    }
}
