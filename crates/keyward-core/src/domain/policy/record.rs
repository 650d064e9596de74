//! What is known of a policy, beside its rules.

use super::Rules;
use super::effective::Scope;
use crate::clock::Timestamp;
use crate::domain::edition::Edition;
use crate::domain::ids::UserId;

/// A policy with everything that is known of it.
#[derive(Clone, Debug)]
pub struct PolicyRecord {
    /// Whom it concerns.
    pub scope: Scope,
    /// What is in force.
    pub rules: Option<Rules>,
    /// What is being prepared.
    pub draft: Option<Rules>,
    /// Rises with every change.
    pub version: i64,
    /// Since when it is in force.
    pub switched_on_at: Option<Timestamp>,
    /// Whether no user is told by mail what it asks of them.
    pub is_quiet: bool,
}

impl PolicyRecord {
    /// The policy of this scope where nobody has made one.
    pub fn none(scope: Scope) -> Self {
        Self {
            scope,
            rules: None,
            draft: None,
            version: 0,
            switched_on_at: None,
            is_quiet: false,
        }
    }

    /// Its edition: every change makes another one.
    pub fn edition(&self) -> Edition {
        Edition::of(["policy", self.scope.as_str(), &self.version.to_string()])
    }
}

/// A judgement that is under way, or has not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgementProgress {
    /// Whose devices and duties.
    pub scope: Scope,
    /// Whether what changed concerns no user without a device.
    pub owners_only: bool,
    /// How many people were looked at.
    pub judged: u64,
    /// How many people it concerns, as far as that is known.
    pub people: u64,
    /// The last of those who were looked at.
    pub after: Option<UserId>,
    /// Rises each time that it is wanted anew.
    pub number: i64,
}
