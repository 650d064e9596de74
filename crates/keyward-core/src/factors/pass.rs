//! Temporary access passes: a code that an administrator hands over.

use super::written_code::{CodePurpose, WrittenCode};
use crate::clock::Timestamp;
use crate::domain::event::Refusal;
use crate::domain::pass::Pass;
use crate::domain::user::UserId;
use crate::secret::{KeyPurpose, MasterKey, same};

/// A pass in a user's hand: 80 random bits in sixteen letters.
pub type PassCode = WrittenCode<PassPurpose>;

/// What such a code is for.
pub enum PassPurpose {}

impl CodePurpose for PassPurpose {
    type Owner = UserId;
    const KEY: KeyPurpose = KeyPurpose::Pass;
    const REDACTED: &'static str = "PassCode(..)";
}

/// A pass as the database knows it.
#[derive(Debug)]
pub struct StoredPass {
    /// The pass.
    pub pass: Pass,
    /// Its code's hash.
    pub hash: String,
}

/// A pass was right. Only [`verify`] makes one:
/// ```compile_fail
/// let forged = keyward::factors::pass::PassVerified { user_id: todo!(), hash: todo!() };
/// ```
#[must_use = "a proof that nobody asks for proves nothing"]
#[derive(Debug)]
pub struct PassVerified {
    user_id: UserId,
    hash: String,
}

impl PassVerified {
    /// Whose pass it was.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The code's hash, by which it is spent.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// Why a pass proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassRefusal {
    /// This user has none.
    None,
    /// The user's is another one.
    Wrong,
    /// It was right, and its time is over.
    Expired,
    /// It was right, worked once, and was used.
    Used,
}

impl PassRefusal {
    /// What the trail says.
    pub fn reason(self) -> Refusal {
        match self {
            Self::None => Refusal::NoPass,
            Self::Wrong => Refusal::WrongPass,
            Self::Expired => Refusal::Expired,
            Self::Used => Refusal::Used,
        }
    }
}

/// Checks what was typed against a user's pass.
///
/// # Errors
/// Why it proves nothing.
pub fn verify(
    stored: Option<&StoredPass>,
    code: Option<&PassCode>,
    key: &MasterKey,
    now: Timestamp,
) -> Result<PassVerified, PassRefusal> {
    let stored = stored.ok_or(PassRefusal::None)?;
    let user_id = stored.pass.user_id;
    let hash = code.ok_or(PassRefusal::Wrong)?.hash(key, user_id);
    if !same(stored.hash.as_bytes(), hash.as_bytes()) {
        return Err(PassRefusal::Wrong);
    }
    if stored.pass.is_used_up() {
        return Err(PassRefusal::Used);
    }
    if !stored.pass.works(now) {
        return Err(PassRefusal::Expired);
    }
    Ok(PassVerified { user_id, hash })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::SystemEntropy;

    #[test]
    fn a_pass_is_right_in_its_time_and_for_its_user_alone() {
        let key = MasterKey::generate(&SystemEntropy);
        let start = Timestamp::from_seconds(1_000_000);
        let [anna, ben] = [(); 2].map(|()| UserId::generate(start, &SystemEntropy));
        let [code, other] = [(); 2].map(|()| PassCode::generate(&SystemEntropy));
        let stored = |user_id, is_once, used_at| StoredPass {
            pass: Pass {
                user_id,
                issued_at: start,
                expires_at: start + Duration::from_mins(10),
                is_once,
                used_at,
            },
            hash: code.hash(&key, anna),
        };
        let judge = |stored: StoredPass, code, now| {
            verify(Some(&stored), code, &key, now).map(|proof| proof.user_id())
        };
        let timed = || stored(anna, false, Some(start));
        let late = start + Duration::from_mins(10);
        assert_eq!(judge(timed(), Some(&code), start), Ok(anna));
        assert_eq!(judge(timed(), Some(&code), late), Err(PassRefusal::Expired));
        assert_eq!(judge(timed(), Some(&other), start), Err(PassRefusal::Wrong));
        assert_eq!(judge(timed(), None, start), Err(PassRefusal::Wrong));
        let moved = stored(ben, false, None);
        assert_eq!(judge(moved, Some(&code), start), Err(PassRefusal::Wrong));
        let once = stored(anna, true, Some(start));
        assert_eq!(judge(once, Some(&code), start), Err(PassRefusal::Used));
        assert_eq!(
            judge(stored(anna, true, None), Some(&code), start),
            Ok(anna)
        );
        assert!(verify(None, Some(&code), &key, start).is_err());
        assert_eq!(format!("{code:?}"), "PassCode(..)");
        let read = PassCode::parse(&code.expose().to_lowercase()).expect("a code");
        assert_eq!(read.expose(), code.expose());
    }
}
