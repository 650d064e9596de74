//! Backup codes: a set of one-time codes for the day on which a device is lost.

use super::written_code::{CodePurpose, WrittenCode};
use crate::domain::device::DeviceId;
use crate::domain::user::UserId;
use crate::secret::{KeyPurpose, MasterKey, same};

/// One code: 80 random bits in sixteen letters.
pub type BackupCode = WrittenCode<BackupCodePurpose>;

/// What such a code is for.
pub enum BackupCodePurpose {}

impl CodePurpose for BackupCodePurpose {
    type Owner = DeviceId;
    const KEY: KeyPurpose = KeyPurpose::BackupCode;
    const REDACTED: &'static str = "BackupCode(..)";
}

/// A user's set of codes, as the database knows it.
#[derive(Debug)]
pub struct BackupCodeSet {
    /// The set's device.
    pub device_id: DeviceId,
    /// Whose it is.
    pub user_id: UserId,
    /// The hash of each code, and whether it was used.
    pub codes: Vec<(String, bool)>,
}

impl BackupCodeSet {
    /// How many codes are left.
    pub fn left(&self) -> usize {
        self.codes.iter().filter(|(_, used)| !used).count()
    }
}

/// A code was right and not used so far. Only [`verify`] makes one:
/// ```compile_fail
/// let forged = keyward::factors::backup_codes::BackupCodeVerified { user_id: todo!() };
/// ```
#[must_use = "a proof that nobody asks for proves nothing"]
#[derive(Debug)]
pub struct BackupCodeVerified {
    user_id: UserId,
    device_id: DeviceId,
    hash: String,
    left: usize,
}

impl BackupCodeVerified {
    /// Whose code it was.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The set that it belongs to.
    pub fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// The code's hash, by which it is spent.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// How many codes are left after it.
    pub fn left(&self) -> usize {
        self.left
    }
}

/// Why a code proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupCodeRefusal {
    /// It is none of this user's.
    Wrong,
    /// It was used before.
    Used,
}

/// Checks a code against a user's set.
///
/// # Errors
/// Why it proves nothing.
pub fn verify(
    set: Option<&BackupCodeSet>,
    code: &BackupCode,
    key: &MasterKey,
) -> Result<BackupCodeVerified, BackupCodeRefusal> {
    let set = set.ok_or(BackupCodeRefusal::Wrong)?;
    let hash = code.hash(key, set.device_id);
    // All are compared, so that the time does not tell which one it was.
    let found = set.codes.iter().fold(None, |found, (stored, used)| {
        if same(stored.as_bytes(), hash.as_bytes()) {
            Some(*used)
        } else {
            found
        }
    });
    match found {
        None => Err(BackupCodeRefusal::Wrong),
        Some(true) => Err(BackupCodeRefusal::Used),
        Some(false) => Ok(BackupCodeVerified {
            user_id: set.user_id,
            device_id: set.device_id,
            left: set.left().saturating_sub(1),
            hash,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{SystemEntropy, Timestamp};

    fn set(codes: &[(&BackupCode, bool)], key: &MasterKey) -> BackupCodeSet {
        let device_id = DeviceId::generate(Timestamp::default(), &SystemEntropy);
        BackupCodeSet {
            device_id,
            user_id: UserId::generate(Timestamp::default(), &SystemEntropy),
            codes: codes
                .iter()
                .map(|(code, used)| (code.hash(key, device_id), *used))
                .collect(),
        }
    }

    #[test]
    fn a_code_is_read_however_it_is_written_down() {
        let code = BackupCode::parse("abcd-efgh-jkm0-1234").expect("a code");
        assert_eq!(code.expose(), "ABCD-EFGH-JKM0-1234");
        for written in [
            "ABCDEFGHJKM01234",
            "abcd efgh jkmo l234",
            " ABCD-EFGH-JKMO-I234 ",
        ] {
            assert_eq!(
                BackupCode::parse(written).map(|c| c.expose()),
                Some(code.expose())
            );
        }
        for other in [
            "",
            "123456",
            "ABCDEFGHJKM",
            "ABCDEFGHJKMNP",
            "ABCDEFGHJKMÜ",
            "ABCDEFGHJKMU",
        ] {
            assert!(BackupCode::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_code_of_the_set_is_right_until_it_is_used() {
        let key = MasterKey::generate(&SystemEntropy);
        let [good, used, other] = [(); 3].map(|()| BackupCode::generate(&SystemEntropy));
        let set = set(&[(&good, false), (&used, true)], &key);
        let proof = verify(Some(&set), &good, &key).expect("right");
        assert_eq!((proof.device_id(), proof.left()), (set.device_id, 0));
        let refusal = |code| verify(Some(&set), code, &key).expect_err("refused");
        assert_eq!(refusal(&used), BackupCodeRefusal::Used);
        assert_eq!(refusal(&other), BackupCodeRefusal::Wrong);
        assert!(verify(None, &good, &key).is_err());
    }

    #[test]
    fn the_hash_of_a_code_needs_our_key_and_is_the_sets_own() {
        let [one, two] = [(); 2].map(|()| MasterKey::generate(&SystemEntropy));
        let [here, there] =
            [(); 2].map(|()| DeviceId::generate(Timestamp::default(), &SystemEntropy));
        let code = BackupCode::generate(&SystemEntropy);
        assert_ne!(code.hash(&one, here), code.hash(&two, here));
        assert_ne!(code.hash(&one, here), code.hash(&one, there));
        assert_eq!(format!("{code:?}"), "BackupCode(..)");
    }
}
