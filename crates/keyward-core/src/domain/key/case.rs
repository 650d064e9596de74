//! The case of a lost key: open from the report until the key is back, replaced or written off.

use super::{KeyId, id_type};
use crate::clock::Timestamp;
use crate::domain::ids::UserId;

id_type!(
    /// The id of a case's row.
    KeyCaseId
);

words! {
    /// How a case ended.
    CaseOutcome {
        /// The key was found, and its owner has it again.
        GivenBack = "given-back",
        /// The key was found, and is in stock.
        Found = "found",
        /// Whoever lost it has another one.
        Replaced = "replaced",
        /// The key is out of use for good.
        WrittenOff = "written-off",
    }
}

/// The case of a lost key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCase {
    /// The row.
    pub id: KeyCaseId,
    /// The key.
    pub key: KeyId,
    /// Who lost it; `None` for a key that was nobody's, and where they were deleted.
    pub owner: Option<UserId>,
    /// When it was reported.
    pub opened_at: Timestamp,
    /// When and how it ended; `None` while it is open.
    pub closed: Option<(Timestamp, CaseOutcome)>,
    /// The key that takes the place of the lost one.
    pub replacement: Option<KeyId>,
}

/// A case in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseSummary {
    /// It.
    pub case: KeyCase,
    /// What the key is called.
    pub key: String,
    /// The name of who lost it.
    pub owner: Option<String>,
    /// What the key is called that takes its place.
    pub replacement: Option<String>,
}

impl CaseSummary {
    /// Its place in the list.
    pub fn place(&self) -> CasePlace {
        CasePlace {
            opened_at: self.case.opened_at,
            id: self.case.id,
        }
    }
}

/// A place in the list of cases, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CasePlace {
    /// When the case was opened.
    pub opened_at: Timestamp,
    /// The row.
    pub id: KeyCaseId,
}

/// Which cases are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct CaseFilter {
    /// Those that are open, or those that are not.
    pub is_open: Option<bool>,
    /// Those of this user's keys.
    pub owner: Option<UserId>,
}
