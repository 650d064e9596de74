//! What finders say of keys.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::key::{FoundReport, FoundReportId, FoundReportSummary, KeyId};

/// A report of a found key.
#[derive(Clone, Serialize)]
pub struct FoundReportRow {
    /// The row.
    pub id: FoundReportId,
    /// What the finder named the key by.
    pub named: String,
    /// The key, where one is meant.
    pub key_id: Option<KeyId>,
    /// What that is called.
    pub key: Option<String>,
    /// Whether it was known here then.
    pub is_known: bool,
    /// Where it can be collected, in the finder's words.
    pub place: String,
    /// How the finder is reached, in their words.
    pub contact: String,
    /// When it was reported.
    pub reported_at: Timestamp,
    /// When somebody had dealt with it.
    pub closed_at: Option<Timestamp>,
}

impl From<&FoundReport> for FoundReportRow {
    fn from(report: &FoundReport) -> Self {
        Self {
            id: report.id,
            named: report.named.clone(),
            key_id: None,
            key: None,
            is_known: report.is_known,
            place: report.place.clone(),
            contact: report.contact.clone(),
            reported_at: report.reported_at,
            closed_at: report.closed_at,
        }
    }
}

impl From<&FoundReportSummary> for FoundReportRow {
    fn from(summary: &FoundReportSummary) -> Self {
        let key = summary.key.as_ref();
        Self {
            key_id: key.map(|(id, _)| *id),
            key: key.map(|(_, label)| label.clone()),
            ..Self::from(&summary.report)
        }
    }
}

#[cfg(test)]
impl FoundReportRow {
    pub(super) fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let report = |number: u8, named: &str, words: &str| Self {
            id: id(number, FoundReportId::parse),
            named: named.to_owned(),
            key_id: (number == 1).then(|| id(1, KeyId::parse)),
            key: (number == 1).then(|| "Yubico 10000017".to_owned()),
            is_known: number < 3,
            place: words.to_owned(),
            contact: words.to_owned(),
            reported_at: ago(90_000),
            closed_at: (number == 4).then(|| ago(900)),
        };
        vec![
            report(1, "10000017", "Café <Ост>, at the \"bar\""),
            report(2, "vvccccccccct", ""),
            report(3, "<7>", &"way ".repeat(64)),
            report(4, "10000099", "דינה"),
        ]
    }
}

/// `GET /console/found-reports?state=&about=&after=`.
#[derive(Clone, Serialize)]
pub struct FoundReportsPage {
    /// The filter's state: `open`, `closed` or nothing.
    pub state: &'static str,
    /// The filter's keys: `known`, `unknown` or nothing.
    pub about: &'static str,
    /// The reports, the newest first.
    pub reports: Vec<FoundReportRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for FoundReportsPage {
    const TEMPLATE: &'static str = "console/found-reports.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let page = |state: &'static str, about, reports: Vec<FoundReportRow>| Self {
            state,
            about,
            next: (!reports.is_empty()).then(|| "1:2".to_owned()),
            reports,
            is_first_page: state.is_empty(),
        };
        vec![
            page("", "", FoundReportRow::samples()),
            page("open", "known", FoundReportRow::samples()),
            page("closed", "unknown", Vec::new()),
        ]
    }
}
