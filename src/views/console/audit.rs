//! The audit trail: who did what to whom, from where, and why it was refused.

use serde::Serialize;
use uuid::Uuid;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::event::{EventId, EventKind, RecordedEvent};
use keyward_core::domain::session::ProvedBy;

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
    pub particulars: Option<Particulars>,
    /// From which address.
    pub address: Option<String>,
    /// How often the same happened again, and when last.
    pub again: Option<(u64, Timestamp)>,
}

/// What a line of the trail says beside what happened, in a form that pages have words for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Particulars {
    /// A session was opened, this well proved, by these methods of RFC 8176.
    Opened {
        /// How well.
        assurance: &'static str,
        /// By what.
        methods: Vec<String>,
    },
    /// A kind of device, and what it is called where the trail has that.
    Device {
        /// The kind.
        kind: DeviceKind,
        /// Its name.
        name: Option<String>,
    },
    /// A count of failed tries: on what, as the list of lockouts calls it, and how long it is locked.
    Count {
        /// On what.
        of: String,
        /// The address, where it is one's.
        whose: Option<String>,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// How long something holds, between what else is said.
    Until {
        /// Before it.
        before: String,
        /// Until when.
        until: Timestamp,
        /// After it.
        after: String,
    },
    /// Anything else, as it stands there.
    Text {
        /// What stands there.
        text: String,
    },
}

impl Particulars {
    /// What this event says; `None` where it says nothing that a person could read.
    fn of(event: &RecordedEvent) -> Option<Self> {
        let detail = event.detail.as_deref()?;
        // The id of a session's row, for whoever reads an export.
        match Uuid::parse_str(detail) {
            Ok(_) => None,
            Err(_) => Some(Self::read(detail)),
        }
    }

    fn read(detail: &str) -> Self {
        if let Some(proved) = ProvedBy::from_stored(detail) {
            return Self::Opened {
                assurance: proved.assurance.as_str(),
                methods: proved.methods.iter().map(str::to_owned).collect(),
            };
        }
        let held = until(detail);
        let scope = held.as_ref().map_or(detail, |(before, ..)| before);
        if let Some((of, whose)) = AttemptScope::described(scope) {
            return Self::Count {
                of: of.to_owned(),
                whose: whose.map(str::to_owned),
                until: held.map(|(_, until, _)| until),
            };
        }
        if let Some((before, until, after)) = held {
            return Self::Until {
                before: before.to_owned(),
                until,
                after: after.to_owned(),
            };
        }
        let (kind, name) = match detail.split_once(": ") {
            Some((kind, name)) => (kind, Some(name.to_owned())),
            None => (detail, None),
        };
        match DeviceKind::from_stored(kind) {
            Some(kind) => Self::Device { kind, name },
            None => Self::Text {
                text: detail.to_owned(),
            },
        }
    }
}

/// What stands before a moment until which something holds, the moment, and what stands after it.
fn until(detail: &str) -> Option<(&str, Timestamp, &str)> {
    let at = detail.find("until ")?;
    let (before, rest) = (&detail[..at], &detail[at + "until ".len()..]);
    let end = rest.find('Z').map(|end| end + 1)?;
    let until = Timestamp::from_rfc3339(&rest[..end])?;
    let after = rest[end..].trim_start_matches([':', ',', ';', ' ']);
    let before = before
        .trim_end_matches("locked ")
        .trim_end_matches([';', ' ']);
    Some((before, until, after))
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
            particulars: Particulars::of(event),
            address: event.address.map(|address| address.to_string()),
            again: event
                .repeats
                .map(|repeats| (repeats.times, repeats.last_at)),
        }
    }
}

impl EventRow {
    /// One of every kind, and refusals of a known, an unknown and a strange reason.
    #[cfg(test)]
    pub(in crate::views) fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let samples = [
            Particulars::read("verified: pwd hwk user mfa"),
            Particulars::read("security-key: Anna's <YubiKey> 5C"),
            Particulars::read("totp"),
            Particulars::read("Anna's <YubiKey> 5C"),
            Particulars::read(
                "user:018f0000-0000-7000-8000-000000000001:password until 2026-11-29T10:00:00Z",
            ),
            Particulars::read("until 2026-12-06T16:16:34Z: everybody: phishing-resistant"),
        ];
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
                particulars: (number % 5 == 0).then(|| samples[number as usize % 6].clone()),
                address: (number % 2 > 0).then(|| "2001:db8::17".to_owned()),
                again: (number % 7 == 0).then(|| (u64::from(number), ago(30))),
            })
            .collect()
    }
}

/// `GET /console/audit?user=&kind=&after=`.
#[derive(Clone, Serialize)]
pub struct AuditPage {
    /// What the filter looks for in names and addresses; empty for everybody.
    pub user: String,
    /// Whether that fits more people than those who are shown.
    pub are_more_meant: bool,
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
            are_more_meant: false,
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
