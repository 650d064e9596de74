//! What finders say: a key that was found, and where it can be collected.

use super::{KeyId, id_type};
use crate::clock::Timestamp;

id_type!(
    /// The id of a report's row.
    FoundReportId
);

/// A report of a key that was found. What it says are a stranger's words, and nothing of them is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundReport {
    /// The row.
    pub id: FoundReportId,
    /// What the finder named it by, as keys have it: a serial number, or the public id of an OTP slot.
    pub named: String,
    /// Whether it was known here when it was reported: in the inventory, or as somebody's YubiKey.
    pub is_known: bool,
    /// Where it can be collected, in the finder's words; empty where they said nothing.
    pub place: String,
    /// How the finder is reached, in their words; empty where they said nothing.
    pub contact: String,
    /// When it was reported.
    pub reported_at: Timestamp,
    /// When an administrator had dealt with it; `None` while it is open.
    pub closed_at: Option<Timestamp>,
}

impl FoundReport {
    /// The longest place and contact, in characters.
    pub const LONGEST: usize = 256;
}

/// A report in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundReportSummary {
    /// It.
    pub report: FoundReport,
    /// The key that is meant, and what it is called; `None` where the inventory has none, or several makers have
    /// one of that number.
    pub key: Option<(KeyId, String)>,
}

impl FoundReportSummary {
    /// Its place in the list.
    pub fn place(&self) -> FoundReportPlace {
        FoundReportPlace {
            reported_at: self.report.reported_at,
            id: self.report.id,
        }
    }
}

/// A place in the list of reports, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundReportPlace {
    /// When it was reported.
    pub reported_at: Timestamp,
    /// The row.
    pub id: FoundReportId,
}

/// Which reports are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct FoundReportFilter {
    /// Those that are open, or those that are not.
    pub is_open: Option<bool>,
    /// Those of keys that were known here, or those of others.
    pub is_known: Option<bool>,
}
