//! The password: hashed and checked with argon2id (RFC 9106).
//!
//! Everything here takes tens of milliseconds of one core on purpose. Callers bound how many run
//! at once and keep them off the async threads.
//!
//! A hash is sealed under the master key, bound to its user: the secret that NIST SP 800-63B-4
//! §3.1.1.2 asks for beside the salt. A stolen database alone allows no guess, and a hash that was
//! moved to another user's row is right for no user. The seal is around the hash and not within it,
//! so that another master key can take over without the users' passwords.
//!
//! Hashes that are not sealed, of an older cost, and those that another system made, are verified
//! as they are; the action that finds one right replaces it ([`PasswordCheck::renewed`]).

mod foreign;
mod workspace;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use self::workspace::Workspace;

use crate::clock::Entropy;
use crate::domain::password::one_spelling;
use crate::domain::user::{NewPassword, UserId};
use crate::problem::{Problem, Result};
use crate::protocols::django_hash::DjangoHash;
use crate::secret::{MasterKey, Place, same};

/// The hash of a user's password, as the database has it at one moment.
#[derive(Debug)]
pub struct StoredPassword {
    /// Whose it is.
    pub user_id: UserId,
    /// The hash; `None` where there is no password.
    pub hash: Option<String>,
    /// How often it was set or taken away so far: two readings of one version are of one password.
    pub version: i64,
}

impl StoredPassword {
    /// The first password of an account that is being made.
    pub fn first(user_id: UserId, hash: String) -> Self {
        Self {
            user_id,
            hash: Some(hash),
            version: 0,
        }
    }
}

/// The password was right. Says whose it is and which one it was, and nothing more: alone it opens
/// nothing where a second factor is asked for, and nothing at all once it was replaced.
///
/// Only [`PasswordCheck::verify`] makes one:
/// ```compile_fail
/// let forged = keyward::factors::password::PasswordVerified { user_id: todo!() };
/// ```
#[must_use = "a proof that nobody asks for proves nothing"]
#[derive(Debug)]
pub struct PasswordVerified {
    user_id: UserId,
    version: i64,
}

impl PasswordVerified {
    /// Whose password it was.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// Which of their passwords it was ([`StoredPassword::version`]).
    pub fn version(&self) -> i64 {
        self.version
    }
}

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl PasswordCost {
    /// The least that is accepted: 19 MiB, two passes, one lane.
    pub const LEAST: Self = Self {
        memory: 19 * 1024,
        passes: 2,
        lanes: 1,
    };
}

/// Leads a sealed hash.
const SEALED: &str = "$keyward$";

fn place(user: &str) -> Place<'_> {
    Place {
        table: "users",
        column: "password_hash",
        row: user,
    }
}

/// Hashes passwords at one cost and checks them at whatever cost they were hashed.
pub struct PasswordCheck {
    master_key: Arc<MasterKey>,
    argon2: Argon2<'static>,
    workspace: Workspace,
    /// The hash of a password that no user has, so that an unknown user costs the same time.
    decoy: String,
}

impl PasswordCheck {
    /// A check that hashes at this cost.
    ///
    /// # Errors
    /// `internal` for a cost that argon2 does not know.
    pub fn new(
        cost: PasswordCost,
        master_key: Arc<MasterKey>,
        entropy: &dyn Entropy,
    ) -> Result<Self> {
        let params = Params::new(cost.memory, cost.passes, cost.lanes, None)
            .map_err(|error| Problem::internal(error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut check = Self {
            master_key,
            argon2,
            workspace: Workspace::default(),
            decoy: String::new(),
        };
        // Chance in place of a hash: no password is known that hashes to it, and argon2 does not have to
        // take its memory at the start.
        let nobodys: [u8; Params::DEFAULT_OUTPUT_LEN] = entropy.bytes();
        check.decoy = check.phc(&entropy.bytes(), &nobodys)?;
        Ok(check)
    }

    /// The hash of a user's new password under a random salt, sealed.
    ///
    /// # Errors
    /// `internal` when argon2 fails.
    pub fn hash(
        &self,
        user: UserId,
        password: &NewPassword,
        entropy: &dyn Entropy,
    ) -> Result<String> {
        let hash = self.hash_bytes(password.expose().as_bytes(), entropy)?;
        Ok(self.seal(user, &hash, entropy))
    }

    fn seal(&self, user: UserId, hash: &str, entropy: &dyn Entropy) -> String {
        let row = user.to_string();
        let sealed = self.master_key.seal(entropy, place(&row), hash.as_bytes());
        format!("{SEALED}{}", BASE64URL_NOPAD.encode(&sealed))
    }

    /// The hash in a user's row, out of its seal where it has one; `None` for a seal that is not
    /// this user's.
    fn open(&self, stored: &StoredPassword) -> Option<Zeroizing<String>> {
        let text = stored.hash.as_deref()?;
        let Some(sealed) = text.strip_prefix(SEALED) else {
            return Some(Zeroizing::new(text.to_owned()));
        };
        let row = stored.user_id.to_string();
        let opened = BASE64URL_NOPAD
            .decode(sealed.as_bytes())
            .ok()
            .and_then(|sealed| self.master_key.open(place(&row), &sealed).ok());
        if opened.is_none() {
            tracing::error!(user = row, "the seal of a password does not open");
        }
        String::from_utf8(opened?.to_vec()).ok().map(Zeroizing::new)
    }

    /// Checks what was typed against the hash of this user, or against no user's where there is no
    /// such user or no password, which takes as long.
    pub fn verify(
        &self,
        candidate: Option<&StoredPassword>,
        typed: &str,
    ) -> Option<PasswordVerified> {
        let hash = candidate.and_then(|candidate| self.open(candidate));
        let stored = hash.as_ref().map_or(&self.decoy, |hash| hash);
        let usual = one_spelling(typed.into());
        let usual = usual.expose_secret();
        // Other systems hash what was typed.
        let right = self.is_spelt(usual, stored) || usual != typed && self.is_spelt(typed, stored);
        let candidate = candidate?;
        (right && hash.is_some()).then_some(PasswordVerified {
            user_id: candidate.user_id,
            version: candidate.version,
        })
    }

    /// A new hash of a password that was right, where the one that it was checked against is
    /// not sealed, weaker than ours or another system's.
    ///
    /// # Errors
    /// `internal` when argon2 fails.
    pub fn renewed(
        &self,
        stored: &StoredPassword,
        typed: &str,
        entropy: &dyn Entropy,
    ) -> Result<Option<String>> {
        let is_sealed = stored.hash.as_deref();
        let is_sealed = is_sealed.is_some_and(|text| text.starts_with(SEALED));
        let Some(hash) = self.open(stored) else {
            return Ok(None);
        };
        if is_sealed && !self.is_outdated(&hash) {
            return Ok(None);
        }
        let typed = one_spelling(typed.into());
        let hash = self.hash_bytes(typed.expose_secret().as_bytes(), entropy)?;
        Ok(Some(self.seal(stored.user_id, &hash, entropy)))
    }

    /// What argon2 has done so far, in KiB that it filled, each pass counted: two answers that cost the
    /// same here cannot be told apart by their time.
    pub fn work(&self) -> u64 {
        self.workspace.work()
    }

    /// Gives the memory of argon2 back to the system where no password was checked since the last
    /// call.
    pub fn release_idle_memory(&self) {
        self.workspace.release_idle();
    }

    /// Whether this is the password of a hash, ours or another system's.
    fn is_spelt(&self, password: &str, stored: &str) -> bool {
        // The longest password is bounded where it is chosen; hashing more is an attack.
        const MOST: usize = NewPassword::LONGEST_BYTES.saturating_add(1);
        let password = password.as_bytes();
        let bounded = password.get(..MOST).unwrap_or(password);
        match DjangoHash::parse(stored) {
            Some(hash) => foreign::is_right(&hash, bounded),
            None => self.is_hash_of(bounded, stored).unwrap_or(false),
        }
    }

    /// Whether a PHC string is the hash of a password.
    fn is_hash_of(&self, password: &[u8], stored: &str) -> argon2::password_hash::Result<bool> {
        use argon2::password_hash::Error;
        let stored = PasswordHash::new(stored)?;
        let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
        let version = match stored.version {
            Some(version) => Version::try_from(version)?,
            None => Version::default(),
        };
        let params = Params::try_from(&stored)?;
        let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
            return Err(Error::PasswordInvalid);
        };
        let mut derived = zeroize::Zeroizing::new([0; Output::MAX_LENGTH]);
        let derived = derived.get_mut(..expected.len());
        let derived = derived.ok_or(Error::PasswordInvalid)?;
        let argon2 = Argon2::new(algorithm, version, params);
        (self.workspace).derive(&argon2, password, &salt, derived)?;
        Ok(same(derived, expected.as_bytes()))
    }

    fn hash_bytes(&self, password: &[u8], entropy: &dyn Entropy) -> Result<String> {
        let salt: [u8; 16] = entropy.bytes();
        let mut derived = zeroize::Zeroizing::new([0; Params::DEFAULT_OUTPUT_LEN]);
        self.workspace
            .derive(&self.argon2, password, &salt, &mut *derived)
            .map_err(|error| Problem::internal(error.to_string()))?;
        self.phc(&salt, &*derived)
    }

    /// A hash of ours as text.
    fn phc(&self, salt: &[u8; 16], derived: &[u8]) -> Result<String> {
        let phc = |failed: &dyn std::fmt::Display| Problem::internal(failed.to_string());
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(self.argon2.params()).map_err(|error| phc(&error))?,
            salt: Some(Salt::new(salt).map_err(|error| phc(&error))?),
            hash: Some(Output::new(derived).map_err(|error| phc(&error))?),
        };
        Ok(hash.to_string())
    }

    fn is_outdated(&self, stored: &str) -> bool {
        let params = self.argon2.params();
        let cost = stored
            .strip_prefix("$argon2id$v=19$")
            .and_then(|rest| rest.split('$').next())
            .and_then(cost_of);
        cost.is_none_or(|cost| {
            cost.memory < params.m_cost()
                || cost.passes < params.t_cost()
                || cost.lanes < params.p_cost()
        })
    }
}

/// The cost as a PHC string writes it: `m=19456,t=2,p=1`.
fn cost_of(text: &str) -> Option<PasswordCost> {
    let number = |name: &str| {
        let mut parts = text.split(',');
        parts.find_map(|part| part.strip_prefix(name)?.parse().ok())
    };
    Some(PasswordCost {
        memory: number("m=")?,
        passes: number("t=")?,
        lanes: number("p=")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{SystemEntropy, Timestamp};
    use crate::domain::user::UserName;

    const CHEAP: PasswordCost = PasswordCost {
        memory: 64,
        passes: 1,
        lanes: 1,
    };

    fn checked(password: &str) -> NewPassword {
        let name = UserName::parse("anna").expect("a name");
        NewPassword::parse(password.to_owned().into(), &name).expect("a password")
    }

    fn check_at(cost: PasswordCost, key: &Arc<MasterKey>) -> PasswordCheck {
        PasswordCheck::new(cost, Arc::clone(key), &SystemEntropy).expect("a check")
    }

    fn someone() -> UserId {
        UserId::generate(Timestamp::default(), &SystemEntropy)
    }

    fn a_key() -> Arc<MasterKey> {
        Arc::new(MasterKey::generate(&SystemEntropy))
    }

    #[test]
    fn the_right_password_proves_its_user_and_a_wrong_one_nobody() {
        let check = check_at(CHEAP, &a_key());
        let anna = someone();
        let hash = check.hash(anna, &checked("correct horse"), &SystemEntropy);
        let mut stored = StoredPassword {
            user_id: anna,
            hash: Some(hash.expect("a hash")),
            version: 3,
        };
        let proof = check.verify(Some(&stored), "correct horse");
        let proof = proof.map(|proof| (proof.user_id(), proof.version()));
        assert_eq!(proof, Some((anna, 3)));
        assert!(check.verify(Some(&stored), "wrong horse").is_none());
        stored.hash = None;
        assert!(check.verify(Some(&stored), "correct horse").is_none());
        assert!(check.verify(None, "correct horse").is_none());
    }

    #[test]
    fn a_name_that_nobody_has_costs_as_much_as_a_wrong_password() {
        let check = check_at(CHEAP, &a_key());
        let anna = someone();
        let hash = check.hash(anna, &checked("correct horse"), &SystemEntropy);
        let with = |hash| StoredPassword {
            user_id: anna,
            hash,
            version: 0,
        };
        let known = with(hash.ok());
        let without = with(None);
        // The second is spelt in two ways, each of which is tried.
        for typed in ["wrong horse", "wrong ho\u{301}rse"] {
            let costs = [Some(&known), Some(&without), None].map(|candidate| {
                let before = check.work();
                assert!(check.verify(candidate, typed).is_none());
                check.work() - before
            });
            let least = u64::from(CHEAP.memory * CHEAP.passes);
            assert!(
                costs[0] >= least && costs == [costs[0]; 3],
                "{typed}: {costs:?}"
            );
        }
    }

    #[test]
    fn a_hash_is_nobodys_in_another_row_or_under_another_master_key() {
        let (key, anna) = (a_key(), someone());
        let check = check_at(CHEAP, &key);
        let hash = check.hash(anna, &checked("correct horse"), &SystemEntropy);
        let hash = hash.expect("a hash");
        let is_right = |check: &PasswordCheck, user, hash: &str| {
            let stored = StoredPassword::first(user, hash.to_owned());
            check.verify(Some(&stored), "correct horse").is_some()
        };
        assert!(is_right(&check_at(CHEAP, &key), anna, &hash));
        assert!(!is_right(&check, someone(), &hash), "moved");
        assert!(!is_right(&check_at(CHEAP, &a_key()), anna, &hash));
        assert!(!is_right(&check, anna, &hash[..hash.len() - 4]));
        assert!(!is_right(&check, anna, SEALED));
        assert!(!hash.contains("argon2"), "a thief can guess: {hash}");
    }

    #[test]
    fn a_hash_without_seal_of_less_cost_or_of_another_system_is_renewed_and_others_are_not() {
        let cost = |memory, passes| PasswordCost {
            memory,
            passes,
            lanes: 1,
        };
        let (key, anna) = (a_key(), someone());
        let now = check_at(cost(128, 2), &key);
        let password = checked("correct horse battery");
        let renewed = |hash: &str| {
            let stored = StoredPassword::first(anna, hash.to_owned());
            let renewed = now.renewed(&stored, password.expose(), &SystemEntropy);
            renewed.expect("a hash")
        };
        for (memory, passes, expected) in [
            (128, 2, false),
            (256, 2, false),
            (128, 3, false),
            (64, 2, true),
            (256, 1, true),
        ] {
            let then = check_at(cost(memory, passes), &key);
            let stored = then.hash(anna, &password, &SystemEntropy).expect("a hash");
            assert_eq!(renewed(&stored).is_some(), expected, "{memory} {passes}");
        }
        let bare = now.hash_bytes(password.expose().as_bytes(), &SystemEntropy);
        let bare = bare.expect("a hash");
        let stored = StoredPassword::first(anna, bare.clone());
        assert!(now.verify(Some(&stored), password.expose()).is_some());
        let sealed = renewed(&bare).expect("it was not sealed");
        let stored = StoredPassword::first(anna, sealed.clone());
        assert!(now.verify(Some(&stored), password.expose()).is_some());
        assert_eq!(renewed(&sealed), None, "it is as good as can be");
        assert!(renewed("pbkdf2_sha256$1000$salt$key").is_some());
        assert!(renewed(&bare.replace("argon2id", "argon2i")).is_some());
    }

    #[test]
    fn hashes_are_argon2id_at_the_cost_asked_for_and_never_alike() {
        let (check, anna) = (check_at(PasswordCost::LEAST, &a_key()), someone());
        let password = checked("correct horse");
        let hash = || {
            let hash = check.hash(anna, &password, &SystemEntropy).expect("a hash");
            let stored = StoredPassword::first(anna, hash);
            check.open(&stored).expect("it opens")
        };
        let (first, second) = (hash(), hash());
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(first, second);
    }
}
