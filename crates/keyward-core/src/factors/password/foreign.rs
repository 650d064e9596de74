//! Hashes that another system made.

use std::num::NonZeroU32;

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier as _;
use ring::pbkdf2;
use sha2::{Digest as _, Sha256};

use crate::protocols::django_hash::{DjangoHash, Pbkdf2Digest};
use crate::secret::same;

/// Whether a password is the one of this hash.
pub(super) fn is_right(hash: &DjangoHash, password: &[u8]) -> bool {
    match hash {
        DjangoHash::Pbkdf2 {
            digest,
            rounds,
            salt,
            key,
        } => is_pbkdf2(*digest, *rounds, salt.as_bytes(), password, key),
        DjangoHash::Argon2(phc) => Argon2::default()
            .verify_password(password, phc.as_str())
            .is_ok(),
        DjangoHash::Bcrypt { over_sha256, hash } => {
            let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(password));
            let password = if *over_sha256 {
                digest.as_bytes()
            } else {
                password
            };
            bcrypt::verify(password, hash).unwrap_or(false)
        }
        DjangoHash::Scrypt {
            log_n,
            r,
            p,
            salt,
            key,
        } => {
            let mut derived = zeroize::Zeroizing::new(vec![0; key.len()]);
            let params = scrypt::Params::new(*log_n, *r, *p);
            params.is_ok_and(|params| {
                scrypt::scrypt(password, salt.as_bytes(), &params, &mut derived).is_ok()
                    && same(&derived, key)
            })
        }
    }
}

fn is_pbkdf2(
    digest: Pbkdf2Digest,
    rounds: NonZeroU32,
    salt: &[u8],
    password: &[u8],
    key: &[u8],
) -> bool {
    let algorithm = match digest {
        Pbkdf2Digest::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
        Pbkdf2Digest::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
    };
    pbkdf2::verify(algorithm, rounds, salt, password, key).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by Django 5.2 from `correct horse battery`, with few rounds.
    const HASHES: &[&str] = &[
        "pbkdf2_sha256$1000$bBNTRIL2UhmRPEvOGCIJJj$2QZ75hy+k2Z+pJJPhHh5cXCq2lvfc5kshazT2SgPXtQ=",
        "pbkdf2_sha1$1000$beQmTmjn1CDfe55CP00QGL$AhdanVQnjTud//U1dvbZorXaPiY=",
        "argon2$argon2id$v=19$m=1024,t=1,p=1$dzJJNGRTd2tDNFNRT3U3UHU2ZzAwRw$VLpJ3D8Bd6J+wAMOPWfE6jUbfvYNg2QYa65CW69Hw6w",
        "bcrypt_sha256$$2b$05$4okOebam6ebuOL1yfKEw/OAoj2gM.9IhohHYwQoHVLA8zOC8JCw9y",
        "bcrypt$$2b$05$XwJk2EY0GItAzixgWCYVU.sSkNYFJxvYsMoCDhL5lf02m2aVPYZx.",
        "scrypt$1024$qcb51Grn4SHjaqcDK47JQt$8$5$a8DsAohHZcUAVYU/M9UCHnvf0iCJueKlMpcTanEzLwCR24lef6khFVpG6cikpkYUhWxytQws7S4EjDU5S/1Tpg==",
    ];

    #[test]
    fn every_kind_of_hash_that_django_makes_is_verified() {
        for text in HASHES {
            let hash = DjangoHash::parse(text).expect(text);
            assert!(is_right(&hash, b"correct horse battery"), "{text}");
            assert!(!is_right(&hash, b"correct horse batterz"), "{text}");
            assert!(!is_right(&hash, b""), "{text}");
        }
    }
}
