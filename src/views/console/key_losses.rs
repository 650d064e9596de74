//! Lost keys: the question before one is reported, and the cases.

use serde::Serialize;

use super::KeyRow;
use crate::views::Page;
use keyward_actions::key::ForeseenLoss;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event_detail::StoppedByLoss;
use keyward_core::domain::key::{CaseOutcome, CaseSummary, KeyId, KeyMove, KeySummary};
use keyward_core::domain::user::UserId;

/// `GET /console/keys/{id}/moves/lost`.
#[derive(Clone, Serialize)]
pub struct KeyLossPage {
    /// The key.
    pub key: KeyRow,
    /// The move; its words stand under `key-move-` and this.
    pub what: &'static str,
    /// Of which version of the key that is thought.
    pub version: i64,
    /// What it puts out of use.
    pub stops: StoppedByLoss,
    /// Who has no other device then.
    pub left_bare: Vec<String>,
    /// The serial number of the spare key that was named.
    pub spare: String,
    /// Whether a pass was asked for.
    pub wants_pass: bool,
    /// What was said about it.
    pub note: String,
}

impl KeyLossPage {
    /// What is asked before a key is reported lost.
    pub fn new(summary: &KeySummary, foreseen: ForeseenLoss) -> Self {
        Self {
            key: KeyRow::from(summary),
            what: KeyMove::ReportLost.as_str(),
            version: summary.key.version,
            stops: foreseen.stopped,
            left_bare: foreseen.left_bare,
            spare: String::new(),
            wants_pass: false,
            note: String::new(),
        }
    }
}

impl Page for KeyLossPage {
    const TEMPLATE: &'static str = "console/key-loss.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let keys = super::keys::samples();
        let of = |number: usize, bare: &[&str]| ForeseenLoss {
            stopped: StoppedByLoss {
                devices: number,
                slots: number,
                sessions: number * 4,
                browsers: number,
                grants: number * 2,
            },
            left_bare: bare.iter().map(|name| (*name).to_owned()).collect(),
        };
        let typed = Self {
            spare: "10000099".to_owned(),
            wants_pass: true,
            note: "On the <train>".to_owned(),
            ..Self::new(&keys[4], of(1, &["ben"]))
        };
        vec![
            Self::new(&keys[4], of(2, &["ben", "دينا"])),
            Self::new(&keys[0], of(0, &[])),
            typed,
        ]
    }
}

/// A case in a list.
#[derive(Clone, Serialize)]
pub struct KeyCaseRow {
    /// The lost key.
    pub key_id: KeyId,
    /// What it is called.
    pub key: String,
    /// Who lost it, by name.
    pub owner: Option<String>,
    /// Who lost it.
    pub owner_id: Option<UserId>,
    /// When it was reported.
    pub opened_at: Timestamp,
    /// When the case was closed.
    pub closed_at: Option<Timestamp>,
    /// How; its words stand under `key-case-` and this.
    pub outcome: Option<&'static str>,
    /// The key that takes its place.
    pub replacement_id: Option<KeyId>,
    /// What that is called.
    pub replacement: Option<String>,
}

impl From<&CaseSummary> for KeyCaseRow {
    fn from(summary: &CaseSummary) -> Self {
        let case = &summary.case;
        Self {
            key_id: case.key,
            key: summary.key.clone(),
            owner: summary.owner.clone(),
            owner_id: case.owner,
            opened_at: case.opened_at,
            closed_at: case.closed.map(|(at, _)| at),
            outcome: case.closed.map(|(_, outcome)| CaseOutcome::as_str(outcome)),
            replacement_id: case.replacement,
            replacement: summary.replacement.clone(),
        }
    }
}

#[cfg(test)]
impl KeyCaseRow {
    pub(super) fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let case = |number: u8, outcome: Option<CaseOutcome>| Self {
            key_id: id(number, KeyId::parse),
            key: format!("Yubico 1000001{number}"),
            owner: (number != 2).then(|| "دينا".to_owned()),
            owner_id: (number != 2).then(|| id(2, UserId::parse)),
            opened_at: ago(90_000),
            closed_at: outcome.map(|_| ago(900)),
            outcome: outcome.map(CaseOutcome::as_str),
            replacement_id: (number == 1).then(|| id(9, KeyId::parse)),
            replacement: (number == 1).then(|| "Yubico <10000099>".to_owned()),
        };
        let closed = CaseOutcome::ALL.iter().zip(3..);
        let closed = closed.map(|(outcome, number)| case(number, Some(*outcome)));
        [case(1, None), case(2, None)]
            .into_iter()
            .chain(closed)
            .collect()
    }
}

/// `GET /console/key-cases?state=&user=&after=`.
#[derive(Clone, Serialize)]
pub struct KeyCasesPage {
    /// The filter's state: `open`, `closed` or nothing.
    pub state: &'static str,
    /// What the filter looks for in names and addresses; empty for everybody.
    pub user: String,
    /// Whether that fits more people than those whose cases are shown.
    pub are_more_meant: bool,
    /// The cases, the newest first.
    pub cases: Vec<KeyCaseRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for KeyCasesPage {
    const TEMPLATE: &'static str = "console/key-cases.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let page = |state, user: &str, cases: Vec<KeyCaseRow>| Self {
            state,
            user: user.to_owned(),
            are_more_meant: cases.is_empty() && !user.is_empty(),
            next: (!cases.is_empty()).then(|| "1:2".to_owned()),
            cases,
            is_first_page: user.is_empty(),
        };
        vec![
            page("", "", KeyCaseRow::samples()),
            page("open", "", Vec::new()),
            page("closed", "<a> & b", Vec::new()),
        ]
    }
}
