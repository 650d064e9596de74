//! Password hashes as Django writes them: `algorithm$parameters$salt$hash`.
//!
//! Accounts that come from elsewhere bring them along. They are read here and verified in
//! `factors`; the first right password replaces them. What no user should wait for, or no machine
//! can hold, is not read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The most rounds of PBKDF2.
const MOST_ROUNDS: u32 = 10_000_000;
/// The most memory of scrypt or argon2, in bytes.
const MOST_MEMORY: u64 = 512 * 1024 * 1024;
/// The highest cost of bcrypt, which doubles with each.
const HIGHEST_COST: u32 = 16;

/// A hash, with what it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DjangoHash {
    /// `pbkdf2_sha256` and `pbkdf2_sha1`: PBKDF2 (RFC 8018 §5.2) with HMAC.
    Pbkdf2 {
        /// Which digest.
        digest: Pbkdf2Digest,
        /// Rounds.
        rounds: std::num::NonZeroU32,
        /// The salt, as its letters.
        salt: String,
        /// The derived key.
        key: Vec<u8>,
    },
    /// `argon2`: a PHC string of any of its variants.
    Argon2(String),
    /// `bcrypt` and `bcrypt_sha256`.
    Bcrypt {
        /// Whether the password was hashed with SHA-256 first, and its hexadecimal digits taken.
        over_sha256: bool,
        /// The hash in bcrypt's own form.
        hash: String,
    },
    /// `scrypt` (RFC 7914).
    Scrypt {
        /// The base-2 logarithm of the cost `N`.
        log_n: u8,
        /// The block size.
        r: u32,
        /// The parallelism.
        p: u32,
        /// The salt, as its letters.
        salt: String,
        /// The derived key.
        key: Vec<u8>,
    },
}

/// A digest of PBKDF2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pbkdf2Digest {
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
}

impl DjangoHash {
    /// Reads a hash; `None` for an unusable one, for algorithms that are broken, and for costs
    /// beyond reason.
    pub fn parse(text: &str) -> Option<Self> {
        let (algorithm, rest) = text.split_once('$')?;
        match algorithm {
            "pbkdf2_sha256" => read_pbkdf2(Pbkdf2Digest::Sha256, rest),
            "pbkdf2_sha1" => read_pbkdf2(Pbkdf2Digest::Sha1, rest),
            "argon2" => read_argon2(rest),
            "bcrypt" => read_bcrypt(false, rest),
            "bcrypt_sha256" => read_bcrypt(true, rest),
            "scrypt" => read_scrypt(rest),
            _ => None,
        }
    }
}

fn read_pbkdf2(digest: Pbkdf2Digest, rest: &str) -> Option<DjangoHash> {
    let [rounds, salt, key] = parts(rest)?;
    let rounds: std::num::NonZeroU32 = rounds.parse().ok()?;
    let key = STANDARD.decode(key).ok()?;
    let length = match digest {
        Pbkdf2Digest::Sha1 => 20,
        Pbkdf2Digest::Sha256 => 32,
    };
    (rounds.get() <= MOST_ROUNDS && key.len() == length).then(|| DjangoHash::Pbkdf2 {
        digest,
        rounds,
        salt: salt.to_owned(),
        key,
    })
}

fn read_argon2(rest: &str) -> Option<DjangoHash> {
    let memory = rest
        .split(['$', ','])
        .find_map(|part| part.strip_prefix("m="))?;
    let kibibytes: u64 = memory.parse().ok()?;
    (kibibytes <= MOST_MEMORY / 1024).then(|| DjangoHash::Argon2(format!("${rest}")))
}

fn read_bcrypt(over_sha256: bool, rest: &str) -> Option<DjangoHash> {
    // `$2b$12$` and 53 letters.
    let cost = rest.strip_prefix("$2")?.split('$').nth(1)?;
    let cost: u32 = cost.parse().ok()?;
    (cost <= HIGHEST_COST && rest.len() == 60).then(|| DjangoHash::Bcrypt {
        over_sha256,
        hash: rest.to_owned(),
    })
}

fn read_scrypt(rest: &str) -> Option<DjangoHash> {
    let [n, salt, r, p, key] = parts(rest)?;
    let [n, r, p]: [u32; 3] = [n.parse().ok()?, r.parse().ok()?, p.parse().ok()?];
    let key = STANDARD.decode(key).ok()?;
    let memory = u64::from(n).saturating_mul(u64::from(r.max(p)));
    let is_sound = n.is_power_of_two() && n > 1 && (1..=64).contains(&r) && (1..=64).contains(&p);
    (is_sound && memory <= MOST_MEMORY / 128 && key.len() == 64).then(|| DjangoHash::Scrypt {
        log_n: u8::try_from(n.trailing_zeros()).unwrap_or(u8::MAX),
        r,
        p,
        salt: salt.to_owned(),
        key,
    })
}

fn parts<const N: usize>(rest: &str) -> Option<[&str; N]> {
    let parts: Vec<&str> = rest.split('$').collect();
    parts.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_should_compute_is_not_read() {
        let key = "A".repeat(43) + "=";
        let long = "A".repeat(86) + "==";
        for text in [
            String::new(),
            "!unusable".to_owned(),
            "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99".to_owned(),
            format!("pbkdf2_sha256$0$salt${key}"),
            format!("pbkdf2_sha256$4000000000$salt${key}"),
            format!("pbkdf2_sha256$1000$salt${}", &key[..20]),
            format!("pbkdf2_sha1$1000$salt${key}"),
            format!("pbkdf2_sha256$1000$sa$lt${key}"),
            "argon2$argon2id$v=19$m=4000000,t=2,p=8$c2FsdA$aGFzaA".to_owned(),
            format!("bcrypt$$2b$31${}", "a".repeat(53)),
            "bcrypt$$2b$12$short".to_owned(),
            format!("scrypt$1073741824$salt$8$1${long}"),
            format!("scrypt$16383$salt$8$1${long}"),
            format!("scrypt$16384$salt$8$1${key}"),
        ] {
            assert_eq!(DjangoHash::parse(&text), None, "{text}");
        }
        assert!(DjangoHash::parse(&format!("pbkdf2_sha256$1000$salt${key}")).is_some());
        assert!(DjangoHash::parse(&format!("scrypt$16384$salt$8$5${long}")).is_some());
    }
}
