//! What a container is encrypted with (RFC 6030 §6): AES in CBC mode, and a MAC over what it gives.

use std::num::NonZeroU32;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use cbc::Decryptor;
use ring::hmac;
use ring::pbkdf2;
use roxmltree::Node;
use zeroize::Zeroizing;

use super::{Unreadable, bytes, descend, text};

/// The most rounds of a derivation: some seconds of work.
const MOST_ROUNDS: u32 = 10_000_000;
/// The longest salt, in bytes.
const LONGEST_SALT: usize = 1024;
/// The bytes of a block.
const BLOCK: usize = 16;

/// What the person who imports brings along.
#[derive(Default)]
pub enum Unlocking {
    /// Nothing: the container is in the clear.
    #[default]
    Nothing,
    /// The key that both sides share: 16, 24 or 32 bytes.
    Key(Zeroizing<Vec<u8>>),
    /// The password that the key is derived from.
    Password(Zeroizing<String>),
}

/// Why a value cannot be opened.
pub(super) enum Failed {
    /// It is encrypted, and nothing was brought along for it.
    Locked,
    /// By another algorithm than AES in CBC mode, or with another MAC than HMAC.
    Algorithm,
    /// Its MAC is missing or wrong.
    Mac,
    /// What is under it is no value.
    Value,
}

/// The keys of a container.
pub(super) struct Lock {
    key: Option<Zeroizing<Vec<u8>>>,
    mac: Option<Mac>,
}

struct Mac {
    algorithm: hmac::Algorithm,
    key: Zeroizing<Vec<u8>>,
}

impl Lock {
    /// Finds out a container's keys.
    pub(super) fn of(container: Node<'_, '_>, unlocking: &Unlocking) -> Result<Self, Unreadable> {
        let described = descend(container, &["EncryptionKey"]);
        let derived = described.and_then(|node| descend(node, &["DerivedKey"]));
        let key = match (unlocking, described, derived) {
            (Unlocking::Nothing, _, _) | (_, None, _) => None,
            (Unlocking::Password(password), _, Some(derived)) => Some(derive(derived, password)?),
            (Unlocking::Key(key), _, None) => Some(key.clone()),
            (Unlocking::Password(_), _, None) => {
                return Err("it is encrypted under a key, not under a password");
            }
            (Unlocking::Key(_), _, Some(_)) => {
                return Err("it is encrypted under a password, not under a key");
            }
        };
        let mac = match (&key, descend(container, &["MACMethod"])) {
            (Some(key), Some(method)) => Some(Mac::of(method, key)?),
            _ => None,
        };
        Ok(Self { key, mac })
    }

    /// Opens an encrypted value, after its MAC was found right: a wrong password would give some
    /// other secret in its place.
    pub(super) fn open(
        &self,
        encrypted: Node<'_, '_>,
        mac: Option<&Vec<u8>>,
    ) -> Result<Zeroizing<Vec<u8>>, Failed> {
        let key = self.key.as_ref().ok_or(Failed::Locked)?;
        let (algorithm, sealed) = cipher(encrypted)?;
        let (method, tag) = self.mac.as_ref().zip(mac).ok_or(Failed::Mac)?;
        let verifier = hmac::Key::new(method.algorithm, &method.key);
        hmac::verify(&verifier, &sealed, tag).map_err(|_| Failed::Mac)?;
        decrypt(algorithm, key, &sealed)
    }
}

impl Mac {
    fn of(method: Node<'_, '_>, key: &Zeroizing<Vec<u8>>) -> Result<Self, Unreadable> {
        const UNKNOWN: Unreadable =
            "its MAC is of another algorithm than HMAC with SHA-1, SHA-256, SHA-384 or SHA-512";
        let name = method.attribute("Algorithm").unwrap_or_default();
        let algorithm = hash(name).ok_or(UNKNOWN)?;
        let own = descend(method, &["MACKey"]);
        let opened = own.map(|own| {
            let (algorithm, sealed) = cipher(own)?;
            decrypt(algorithm, key, &sealed)
        });
        match opened {
            None => Ok(key.clone()),
            Some(Ok(opened)) => Ok(opened),
            Some(Err(Failed::Algorithm)) => {
                Err("the key of its MAC is encrypted by another algorithm than AES in CBC mode")
            }
            Some(Err(_)) => Err("the key or the password does not open it"),
        }
        .map(|key| Self { algorithm, key })
    }
}

/// HMAC by the name that ends an algorithm's address: `…#hmac-sha256`.
fn hash(address: &str) -> Option<hmac::Algorithm> {
    Some(match address.trim().rsplit('#').next()? {
        "hmac-sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "hmac-sha256" => hmac::HMAC_SHA256,
        "hmac-sha384" => hmac::HMAC_SHA384,
        "hmac-sha512" => hmac::HMAC_SHA512,
        _ => return None,
    })
}

/// PBKDF2 (RFC 8018 §5.2), as containers describe it.
fn derive(derived: Node<'_, '_>, password: &str) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
    const UNSOUND: Unreadable = "the description of how its key is derived is not sound";
    let method = descend(derived, &["KeyDerivationMethod"]).ok_or(UNSOUND)?;
    let name = method.attribute("Algorithm").unwrap_or_default();
    if name.trim().rsplit('#').next() != Some("pbkdf2") {
        return Err("its key is derived otherwise than by PBKDF2");
    }
    let parameters = descend(method, &["PBKDF2-params"]).ok_or(UNSOUND)?;
    let number = |name| {
        let node = descend(parameters, &[name])?;
        text(node)?.parse::<u32>().ok().and_then(NonZeroU32::new)
    };
    let salt = descend(parameters, &["Salt", "Specified"]).and_then(bytes);
    let salt = salt
        .filter(|salt| salt.len() <= LONGEST_SALT)
        .ok_or(UNSOUND)?;
    let rounds = number("IterationCount").filter(|rounds| rounds.get() <= MOST_ROUNDS);
    let length = number("KeyLength").map(std::num::NonZero::get);
    let length = length.and_then(|length| usize::try_from(length).ok());
    let length = length.filter(|length| matches!(length, 16 | 24 | 32));
    // As an attribute by the standard; others write it as the element's text.
    let function = descend(parameters, &["PRF"]);
    let function = function.and_then(|prf| prf.attribute("Algorithm").or_else(|| text(prf)));
    let function = match function.map(|name| name.trim().rsplit('#').next().unwrap_or_default()) {
        None | Some("" | "hmac-sha1") => pbkdf2::PBKDF2_HMAC_SHA1,
        Some("hmac-sha256") => pbkdf2::PBKDF2_HMAC_SHA256,
        Some("hmac-sha384") => pbkdf2::PBKDF2_HMAC_SHA384,
        Some("hmac-sha512") => pbkdf2::PBKDF2_HMAC_SHA512,
        Some(_) => return Err("its key is derived by another function than HMAC"),
    };
    let mut key = Zeroizing::new(vec![0; length.ok_or(UNSOUND)?]);
    let rounds = rounds.ok_or(UNSOUND)?;
    pbkdf2::derive(function, rounds, &salt, password.as_bytes(), &mut key);
    Ok(key)
}

/// How many bytes the key of a cipher has, by the address of its algorithm.
type KeyLength = usize;

/// What is encrypted, and by which cipher (XML Encryption §3.2).
fn cipher(node: Node<'_, '_>) -> Result<(KeyLength, Zeroizing<Vec<u8>>), Failed> {
    let method = descend(node, &["EncryptionMethod"]).ok_or(Failed::Algorithm)?;
    let name = method.attribute("Algorithm").unwrap_or_default();
    let length = match name.trim().rsplit('#').next() {
        Some("aes128-cbc") => 16,
        Some("aes192-cbc") => 24,
        Some("aes256-cbc") => 32,
        _ => return Err(Failed::Algorithm),
    };
    let sealed = descend(node, &["CipherData", "CipherValue"]).and_then(bytes);
    Ok((length, sealed.ok_or(Failed::Value)?))
}

/// AES in CBC mode: the initialisation vector stands first, and the last byte says how many were
/// filled in (XML Encryption §5.2).
fn decrypt(length: KeyLength, key: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let (iv, blocks) = sealed.split_at_checked(BLOCK).ok_or(Failed::Value)?;
    if key.len() != length || blocks.is_empty() || !blocks.len().is_multiple_of(BLOCK) {
        return Err(Failed::Value);
    }
    let mut plain = Zeroizing::new(blocks.to_vec());
    let done = match length {
        16 => Decryptor::<aes::Aes128>::new_from_slices(key, iv)
            .map(|cipher| cipher.decrypt_padded::<NoPadding>(&mut plain).is_ok()),
        24 => Decryptor::<aes::Aes192>::new_from_slices(key, iv)
            .map(|cipher| cipher.decrypt_padded::<NoPadding>(&mut plain).is_ok()),
        _ => Decryptor::<aes::Aes256>::new_from_slices(key, iv)
            .map(|cipher| cipher.decrypt_padded::<NoPadding>(&mut plain).is_ok()),
    };
    let filled = usize::from(plain.last().copied().unwrap_or_default());
    if !matches!(done, Ok(true)) || !(1..=BLOCK).contains(&filled) {
        return Err(Failed::Value);
    }
    let rest = plain.len().checked_sub(filled).ok_or(Failed::Value)?;
    plain.truncate(rest);
    Ok(plain)
}
