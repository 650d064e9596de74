//! The audit trail: who did what to whom, from where, and why it was refused.

use serde::Serialize;

use super::particulars::{Particulars, Reason};
use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{EventId, EventKind, RecordedEvent};

/// An event in a table.
#[derive(Clone, Serialize)]
pub struct EventRow {
    /// The row.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// The stable name of what happened.
    pub kind: String,
    /// Why it was refused; `None` where it was done.
    pub refusal: Option<Reason>,
    /// Who did it, by name; `None` for an unknown caller.
    pub actor: Option<String>,
    /// Whose account it concerns, by name.
    pub subject: Option<String>,
    /// What it says beside what happened, part by part; empty where that is nothing that a person
    /// could read.
    pub particulars: Particulars,
    /// From which address.
    pub address: Option<String>,
    /// The name of the API token by which it was done.
    pub token: Option<String>,
    /// How often the same happened again, and when last.
    pub again: Option<(u64, Timestamp)>,
}

impl From<&RecordedEvent> for EventRow {
    fn from(event: &RecordedEvent) -> Self {
        Self {
            id: event.id,
            at: event.at,
            kind: event.kind.clone(),
            refusal: event.refusal.as_ref().map(Reason::from),
            actor: event.actor.clone(),
            subject: event.subject.clone(),
            particulars: event
                .detail
                .as_ref()
                .map_or_else(Particulars::new, super::particulars::of),
            address: event.address.map(|address| address.to_string()),
            token: event.token.clone(),
            again: event
                .repeats
                .map(|repeats| (repeats.times, repeats.last_at)),
        }
    }
}

impl EventRow {
    /// One of every kind, with every case of particulars and every reason of a refusal.
    #[cfg(test)]
    pub(in crate::views) fn samples() -> Vec<Self> {
        use super::particulars::samples;
        use crate::views::tests::{ago, id};
        let details = samples::details();
        let reasons = samples::reasons();
        let most = details.len().max(reasons.len()).max(EventKind::ALL.len());
        let mut kinds = EventKind::ALL.iter().cycle();
        let mut numbers = (1..=u8::MAX).cycle();
        (0..most)
            .filter_map(|place| {
                let (kind, number) = (kinds.next()?, numbers.next()?);
                Some(Self {
                    id: id(number, EventId::parse),
                    at: ago(i64::from(number) * 700),
                    kind: kind.as_str().to_owned(),
                    refusal: reasons.get(place).map(Reason::from),
                    actor: (number % 3 > 0).then(|| "anna".to_owned()),
                    subject: (number % 4 > 0).then(|| "ben".to_owned()),
                    particulars: details
                        .get(place)
                        .map_or_else(Particulars::new, super::particulars::of),
                    token: (number % 5 == 0).then(|| "deploy <west>".to_owned()),
                    address: (number % 2 > 0).then(|| "2001:db8::17".to_owned()),
                    again: (number % 7 == 0).then(|| (u64::from(number), ago(30))),
                })
            })
            .collect()
    }
}

/// What the trail is narrowed by.
#[derive(Clone, Default, Serialize)]
pub struct EventsFilter {
    /// What it looks for in names and addresses; empty for everybody.
    pub user: String,
    /// Whether that fits more people than those who are shown.
    pub are_more_meant: bool,
    /// The kind by its stable name.
    pub kind: Option<String>,
    /// Not before this moment; empty for any.
    pub since: String,
    /// Before this one.
    pub until: String,
}

/// `GET /console/audit?user=&kind=&since=&until=&after=`.
#[derive(Clone, Serialize)]
pub struct EventsPage {
    /// What is looked for.
    #[serde(flatten)]
    pub filter: EventsFilter,
    /// The events, newest first.
    pub events: Vec<EventRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
    /// Every kind, for the filter.
    kinds: Vec<&'static str>,
}

impl EventsPage {
    /// A page of the trail under a filter.
    pub fn new(
        filter: EventsFilter,
        events: &[RecordedEvent],
        next: Option<String>,
        is_first_page: bool,
    ) -> Self {
        Self {
            filter,
            events: events.iter().map(EventRow::from).collect(),
            next,
            is_first_page,
            kinds: EventKind::ALL.iter().map(|kind| kind.as_str()).collect(),
        }
    }
}

impl Page for EventsPage {
    const TEMPLATE: &'static str = "console/events.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let filter = EventsFilter {
            user: "ben".to_owned(),
            are_more_meant: true,
            kind: Some(EventKind::SignedIn.as_str().to_owned()),
            since: "2026-11-01".to_owned(),
            until: "2026-11-30".to_owned(),
        };
        let empty = Self::new(filter, &[], None, false);
        let all = EventsFilter::default();
        let mut full = Self::new(all, &[], Some("018f".to_owned()), true);
        full.events = EventRow::samples();
        vec![full, empty]
    }
}
