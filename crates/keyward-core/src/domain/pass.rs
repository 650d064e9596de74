//! A temporary access pass: a code from an administrator, for a user who has lost everything. It
//! opens the enrolment of a device and the choice of a new password, and nothing else.

use std::time::Duration;

use super::user::UserId;
use crate::clock::Timestamp;

/// How long a session may go on that a pass opened: as long as adding a device takes.
pub const SESSION_LASTS: Duration = Duration::from_mins(15);

/// What an administrator decides about a new pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassPlan {
    /// How long it works; as long as is usual where nothing is said.
    pub lasting: Option<Duration>,
    /// Whether it works once.
    pub is_once: bool,
}

/// A user's pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Whose it is.
    pub user_id: UserId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// Whether it works once.
    pub is_once: bool,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

impl Pass {
    /// Whether it would work at this moment.
    pub fn works(&self, now: Timestamp) -> bool {
        now < self.expires_at && !self.is_used_up()
    }

    /// Whether it was used and worked once.
    pub fn is_used_up(&self) -> bool {
        self.is_once && self.used_at.is_some()
    }
}

/// A pass in a list.
#[derive(Debug)]
pub struct PassSummary {
    /// The pass.
    pub pass: Pass,
    /// Whose it is, by name.
    pub owner: String,
    /// Who issued it, by name; `None` for the command line.
    pub issued_by: Option<String>,
}
