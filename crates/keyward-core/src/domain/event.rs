//! One line of the audit trail: who did what to whom, from where, and how it ended.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::device::DeviceId;
pub use super::event_detail::EventDetail;
pub use super::event_kind::EventKind;
use super::id_type;
pub use super::refusal::{RecordedRefusal, Refusal};
use super::session::Client;
use super::user::UserId;
use crate::clock::{Entropy, Timestamp};
use crate::secret::TokenHash;

id_type!(
    /// The id of an event's row; later events of one server have greater ids.
    EventId
);

/// Hands out the ids of events. Those of one millisecond count up in the twelve bits that follow it
/// (RFC 9562 §6.2 method 1), so that the trail tells which came first.
#[derive(Debug, Default)]
pub struct EventIds(Mutex<Latest>);

#[derive(Debug, Default)]
struct Latest {
    millis: u64,
    count: u16,
}

impl EventId {
    /// No event of this moment or later has an id before this one.
    pub fn earliest(moment: Timestamp) -> Self {
        let millis = u64::try_from(moment.millis()).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
    }
}

impl EventIds {
    /// The most ids of one millisecond that are in order; any more are not.
    const AT_MOST: u16 = 1 << 12;

    /// The next id.
    pub fn next(&self, now: Timestamp, entropy: &dyn Entropy) -> EventId {
        let millis = u64::try_from(now.millis()).unwrap_or_default();
        let count = {
            let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let count = match latest.millis == millis {
                true => (latest.count + 1).min(Self::AT_MOST - 1),
                false => 0,
            };
            *latest = Latest { millis, count };
            count
        };
        let mut rest: [u8; 10] = entropy.bytes();
        rest[..2].copy_from_slice(&count.to_be_bytes());
        EventId(uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// It was done.
    Done,
    /// It was refused, for this reason.
    Refused(Refusal),
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A caller who has not proved who they are.
    Anonymous,
    /// A user.
    User(UserId),
    /// An operator who may run the command line on the server.
    CommandLine,
}

/// An event on its way into the trail.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// How it ended.
    pub outcome: EventOutcome,
    /// Who did it.
    pub actor: Actor,
    /// Whose account or device it concerns.
    pub subject: Option<UserId>,
    /// Which device it concerns.
    pub device: Option<DeviceId>,
    /// Particulars, without secrets.
    pub detail: Option<EventDetail>,
    /// From where; `None` for the command line.
    pub client: Option<Client>,
    /// The name of the API token by which the actor did it.
    pub token: Option<String>,
    /// The journey in which it happened, where a later step of it can set it right. It is not
    /// recorded.
    pub journey: Option<TokenHash>,
    /// Whether no user is told of it, whatever the rules say. It is not recorded.
    pub is_quiet: bool,
}

impl Event {
    /// An event that was done, by no user in particular, about none.
    pub fn new(kind: EventKind) -> Self {
        Self {
            kind,
            outcome: EventOutcome::Done,
            actor: Actor::Anonymous,
            subject: None,
            device: None,
            detail: None,
            client: None,
            token: None,
            journey: None,
            is_quiet: false,
        }
    }

    /// It was refused for this reason.
    pub fn refused(mut self, reason: impl Into<Refusal>) -> Self {
        self.outcome = EventOutcome::Refused(reason.into());
        self
    }

    /// Who did it.
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }

    /// Whose account it concerns.
    pub fn about(mut self, subject: UserId) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Which device it concerns.
    pub fn on(mut self, device: DeviceId) -> Self {
        self.device = Some(device);
        self
    }

    /// Its particulars; never a secret.
    pub fn detailed(mut self, detail: EventDetail) -> Self {
        self.detail = Some(detail);
        self
    }

    /// Whether no user is told of it.
    pub fn quiet_if(mut self, is_quiet: bool) -> Self {
        self.is_quiet = is_quiet;
        self
    }

    /// In which journey.
    pub fn within(mut self, journey: &TokenHash) -> Self {
        self.journey = Some(journey.clone());
        self
    }

    /// From where.
    pub fn from(mut self, client: &Client) -> Self {
        self.client = Some(client.clone());
        self
    }
}

/// How often the same happened again that an event tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// Beside the first time.
    pub times: u64,
    /// When last.
    pub last_at: Timestamp,
}

/// An event as the trail gives it back, with names for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// The row.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// The stable name of what happened.
    pub kind: String,
    /// The reason of a refusal; `None` where it was done.
    pub refusal: Option<RecordedRefusal>,
    /// Who did it: a user's name, `command line`, or `None` for an unknown caller.
    pub actor: Option<String>,
    /// Whose account it concerns, by name.
    pub subject: Option<String>,
    /// Which device it concerns.
    pub device: Option<DeviceId>,
    /// Particulars.
    pub detail: Option<EventDetail>,
    /// From which address.
    pub address: Option<IpAddr>,
    /// The name of the API token by which it was done.
    pub token: Option<String>,
    /// How often the same happened again without an event of its own.
    pub repeats: Option<Repeats>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    #[test]
    fn events_of_one_millisecond_are_in_the_order_in_which_they_came() {
        let ids = EventIds::default();
        let moments = [1, 1, 1, 1, 2, 2, 3].map(Timestamp::from_millis);
        let given = moments.map(|moment| ids.next(moment, &SystemEntropy).to_string());
        assert!(given.is_sorted(), "{given:#?}");
        assert!(given.iter().all(|id| EventId::parse(id).is_some()));
    }

    #[test]
    fn more_events_than_are_counted_in_a_millisecond_have_ids_of_their_own() {
        let ids = EventIds::default();
        let moment = Timestamp::from_millis(1);
        let given: std::collections::HashSet<EventId> = (0..2 * u32::from(EventIds::AT_MOST))
            .map(|_| ids.next(moment, &SystemEntropy))
            .collect();
        assert_eq!(given.len(), 2 * usize::from(EventIds::AT_MOST));
    }
}
