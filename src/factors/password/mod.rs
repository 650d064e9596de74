//! The password: hashed and checked with argon2id (RFC 9106).
//!
//! Everything here takes tens of milliseconds of one core on purpose. Callers bound how many run
//! at once and keep them off the async threads.
//!
//! Hashes of an older cost, and those that another system made, are verified as they are; whoever
//! finds one right replaces it ([`PasswordCheck::renewed`]).

mod foreign;
mod workspace;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};

use secrecy::ExposeSecret as _;

use self::workspace::Workspace;

use crate::clock::Entropy;
use crate::domain::password::one_spelling;
use crate::domain::user::{NewPassword, UserId};
use crate::problem::{Problem, Result};
use crate::protocols::django_hash::DjangoHash;
use crate::secret::same;

/// The password was right. Says whose it is, and nothing more: alone it opens nothing where a
/// second factor is asked for.
///
/// Only [`PasswordCheck::verify`] makes one:
/// ```compile_fail
/// let forged = keyward::factors::password::PasswordVerified { user_id: todo!() };
/// ```
#[must_use = "a proof that nobody asks for proves nothing"]
#[derive(Debug)]
pub struct PasswordVerified {
    user_id: UserId,
}

impl PasswordVerified {
    /// Whose password it was.
    pub fn user_id(&self) -> UserId {
        self.user_id
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

/// Hashes passwords at one cost and checks them at whatever cost they were hashed.
pub struct PasswordCheck {
    argon2: Argon2<'static>,
    workspace: Workspace,
    /// The hash of a password that nobody has, so that an unknown user costs the same time.
    decoy: String,
}

impl PasswordCheck {
    /// A check that hashes at this cost.
    ///
    /// # Errors
    /// `internal` for a cost that argon2 does not know.
    pub fn new(cost: PasswordCost, entropy: &dyn Entropy) -> Result<Self> {
        let params = Params::new(cost.memory, cost.passes, cost.lanes, None)
            .map_err(|error| Problem::internal(error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut check = Self {
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

    /// The PHC string of a new password under a random salt.
    ///
    /// # Errors
    /// `internal` when argon2 fails.
    pub fn hash(&self, password: &NewPassword, entropy: &dyn Entropy) -> Result<String> {
        self.hash_bytes(password.expose().as_bytes(), entropy)
    }

    /// Checks what was typed against the hash of this user, or against nobody's where there is no
    /// such user or no password, which takes as long.
    pub fn verify(
        &self,
        candidate: Option<(UserId, Option<&str>)>,
        typed: &str,
    ) -> Option<PasswordVerified> {
        let stored = candidate.and_then(|(_, hash)| hash).unwrap_or(&self.decoy);
        let usual = one_spelling(typed.into());
        let usual = usual.expose_secret();
        // Other systems hash what was typed.
        let right = self.is_spelt(usual, stored) || usual != typed && self.is_spelt(typed, stored);
        let (user_id, hash) = candidate?;
        (right && hash.is_some()).then_some(PasswordVerified { user_id })
    }

    /// A new hash of a password that was right, where the one that it was checked against is
    /// weaker than ours or another system's.
    ///
    /// # Errors
    /// `internal` when argon2 fails.
    pub fn renewed(
        &self,
        stored: &str,
        typed: &str,
        entropy: &dyn Entropy,
    ) -> Result<Option<String>> {
        if !self.is_outdated(stored) {
            return Ok(None);
        }
        let typed = one_spelling(typed.into());
        self.hash_bytes(typed.expose_secret().as_bytes(), entropy)
            .map(Some)
    }

    /// Gives the memory of argon2 back to the system where no password was checked since the last
    /// call.
    pub fn release_idle_memory(&self) {
        self.workspace.release_idle();
    }

    /// Whether this is the password of a hash, ours or another system's.
    fn is_spelt(&self, password: &str, stored: &str) -> bool {
        // The longest password is bounded where it is chosen; hashing more is somebody's attack.
        let bounded = password.as_bytes();
        let bounded = &bounded[..bounded.len().min(NewPassword::LONGEST_BYTES + 1)];
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
        let derived = &mut derived[..expected.len()];
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

    #[test]
    fn the_right_password_proves_its_user_and_a_wrong_one_nobody() {
        let check = PasswordCheck::new(CHEAP, &SystemEntropy).expect("a check");
        let anna = UserId::generate(Timestamp::default(), &SystemEntropy);
        let hash = check
            .hash(&checked("correct horse"), &SystemEntropy)
            .expect("a hash");
        let proof = check.verify(Some((anna, Some(&hash))), "correct horse");
        assert_eq!(proof.map(|proof| proof.user_id()), Some(anna));
        assert!(
            check
                .verify(Some((anna, Some(&hash))), "wrong horse")
                .is_none()
        );
        assert!(check.verify(Some((anna, None)), "correct horse").is_none());
        assert!(check.verify(None, "correct horse").is_none());
    }

    #[test]
    fn a_hash_of_less_cost_or_of_another_system_is_renewed_and_others_are_not() {
        let cost = |memory, passes| PasswordCost {
            memory,
            passes,
            lanes: 1,
        };
        let check = |cost| PasswordCheck::new(cost, &SystemEntropy).expect("a check");
        let now = check(cost(128, 2));
        let password = checked("correct horse battery");
        let hash_at = |cost| check(cost).hash(&password, &SystemEntropy).expect("a hash");
        let is_renewed = |stored: &str| {
            let renewed = now.renewed(stored, password.expose(), &SystemEntropy);
            renewed.expect("a hash").is_some()
        };
        for (memory, passes, expected) in [
            (128, 2, false),
            (256, 2, false),
            (128, 3, false),
            (64, 2, true),
            (256, 1, true),
        ] {
            let stored = hash_at(cost(memory, passes));
            assert_eq!(is_renewed(&stored), expected, "{memory} {passes}");
        }
        assert!(is_renewed("pbkdf2_sha256$1000$salt$key"));
        let argon2i = hash_at(cost(128, 2)).replace("argon2id", "argon2i");
        assert!(is_renewed(&argon2i));
    }

    #[test]
    fn hashes_are_argon2id_at_the_cost_asked_for_and_never_alike() {
        let check = PasswordCheck::new(PasswordCost::LEAST, &SystemEntropy).expect("a check");
        let password = checked("correct horse");
        let first = check.hash(&password, &SystemEntropy).expect("a hash");
        let second = check.hash(&password, &SystemEntropy).expect("a hash");
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(first, second);
    }
}
