//! The audit trail: who did what to whom, from where, and why it was refused.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::domain::event::{EventId, EventKind, RecordedEvent};
use crate::views::Page;

/// An event in a table.
#[derive(Clone, Serialize)]
pub struct EventRow {
    /// The row.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// The stable name of what happened.
    pub kind: String,
    /// The stable word for why it was refused; `None` where it was done.
    pub refusal: Option<String>,
    /// Who did it, by name; `None` for somebody unknown.
    pub actor: Option<String>,
    /// Whose account it concerns, by name.
    pub subject: Option<String>,
    /// Particulars.
    pub detail: Option<String>,
    /// From which address.
    pub address: Option<String>,
}

impl From<&RecordedEvent> for EventRow {
    fn from(event: &RecordedEvent) -> Self {
        Self {
            id: event.id,
            at: event.at,
            kind: event.kind.clone(),
            refusal: event.refusal.clone(),
            actor: event.actor.clone(),
            subject: event.subject.clone(),
            detail: event.detail.clone(),
            address: event.address.map(|address| address.to_string()),
        }
    }
}

impl EventRow {
    /// One of every kind, and refusals of a known, an unknown and a strange reason.
    #[cfg(test)]
    pub(in crate::views) fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let reasons = [None, Some("wrong_password"), None, Some("no_such_reason")];
        let kinds = EventKind::ALL.iter().zip(reasons.into_iter().cycle());
        kinds
            .zip(1..)
            .map(|((kind, refusal), number)| Self {
                id: id(number, EventId::parse),
                at: ago(i64::from(number) * 700),
                kind: kind.as_str().to_owned(),
                refusal: refusal.map(str::to_owned),
                actor: (number % 3 > 0).then(|| "anna".to_owned()),
                subject: (number % 4 > 0).then(|| "ben".to_owned()),
                detail: (number % 5 == 0).then(|| "Anna's <YubiKey> 5C".to_owned()),
                address: (number % 2 > 0).then(|| "2001:db8::17".to_owned()),
            })
            .collect()
    }
}

/// `GET /console/audit?user=&kind=&after=`.
#[derive(Clone, Serialize)]
pub struct AuditPage {
    /// The filter's user name; empty for everybody.
    pub user: String,
    /// The filter's kind by its stable name.
    pub kind: Option<String>,
    /// The events, newest first.
    pub events: Vec<EventRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
    /// Every kind, for the filter.
    kinds: Vec<&'static str>,
}

impl AuditPage {
    /// A page of the trail under a filter.
    pub fn new(
        user: String,
        kind: Option<EventKind>,
        events: &[RecordedEvent],
        next: Option<String>,
        is_first_page: bool,
    ) -> Self {
        Self {
            user,
            kind: kind.map(|kind| kind.as_str().to_owned()),
            events: events.iter().map(EventRow::from).collect(),
            next,
            is_first_page,
            kinds: EventKind::ALL.iter().map(|kind| kind.as_str()).collect(),
        }
    }
}

impl Page for AuditPage {
    const TEMPLATE: &'static str = "console/audit.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let empty = Self::new(
            "ben".to_owned(),
            Some(EventKind::SignedIn),
            &[],
            None,
            false,
        );
        let mut full = Self::new(String::new(), None, &[], Some("018f".to_owned()), true);
        full.events = EventRow::samples();
        vec![full, empty]
    }
}
