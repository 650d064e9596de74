//! An event as it leaves Keyward: the one form from which webhooks and the exports to other systems
//! are written. Names of fields are stable once released: they are added to, never renamed.

use std::net::IpAddr;

use serde::Serialize;
use serde_json::Value;

use super::event::EventId;
use crate::clock::Timestamp;

/// An event with whatever it refers to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExportedEvent {
    /// The event, the same wherever it goes.
    pub id: EventId,
    /// When, in RFC 3339.
    #[serde(serialize_with = "as_rfc3339")]
    pub at: Timestamp,
    /// What happened: `device.added`.
    pub kind: String,
    /// `done` or `refused`.
    pub outcome: &'static str,
    /// The stable word for why it was refused.
    pub refusal: Option<String>,
    /// Who did it.
    pub actor: ExportedActor,
    /// Whose account or device it concerns.
    pub subject: Option<ExportedUser>,
    /// Which device.
    pub device: Option<String>,
    /// The particulars: a case and its fields.
    pub detail: Option<Value>,
    /// From which address.
    pub address: Option<IpAddr>,
    /// With which browser.
    pub user_agent: Option<String>,
    /// The name of the API token by which it was done, where it was by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportedActor {
    /// `user`, `command_line` or `anonymous`.
    pub kind: String,
    /// The user, where it is one.
    #[serde(flatten)]
    pub user: Option<ExportedUser>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportedUser {
    /// Their id, which never changes.
    pub id: String,
    /// Their name when the event is sent; a tombstone where they were deleted.
    pub name: String,
}

fn as_rfc3339<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.rfc3339())
}

/// A webhook's body: the scheme's `type` and `timestamp`, and the event as `data`.
#[derive(Debug, Serialize)]
pub struct WebhookBody<'a> {
    r#type: &'a str,
    timestamp: String,
    data: &'a ExportedEvent,
}

impl<'a> WebhookBody<'a> {
    /// The body for an event.
    pub fn of(event: &'a ExportedEvent) -> Self {
        Self {
            r#type: &event.kind,
            timestamp: event.at.rfc3339(),
            data: event,
        }
    }
}
