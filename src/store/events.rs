//! The audit trail.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, unreadable};
use super::schema::{events, users};
use crate::clock::{Entropy, Timestamp};
use crate::domain::device::DeviceId;
use crate::domain::event::{Actor, Event, EventId, EventKind, EventOutcome, RecordedEvent};
use crate::domain::user::UserId;
use crate::problem::Result;

/// Adds an event to the trail.
pub fn record(
    connection: &mut AnyConnection,
    event: &Event,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<()> {
    let (actor, actor_user) = match event.actor {
        Actor::Anonymous => ("anonymous", None),
        Actor::CommandLine => ("command_line", None),
        Actor::User(id) => ("user", Some(id.to_string())),
    };
    let refusal = match event.outcome {
        EventOutcome::Done => None,
        EventOutcome::Refused(reason) => Some(reason),
    };
    let client = event.client.as_ref();
    diesel::insert_into(events::table)
        .values((
            events::id.eq(EventId::generate(now, entropy).to_string()),
            events::at.eq(now.millis()),
            events::kind.eq(event.kind.as_str()),
            events::refusal.eq(refusal),
            events::actor.eq(actor),
            events::actor_user.eq(actor_user),
            events::subject_user.eq(event.subject.map(|id| id.to_string())),
            events::device_id.eq(event.device.map(|id| id.to_string())),
            events::detail.eq(event.detail.as_deref()),
            events::address.eq(client.map(|client| client.address.to_string())),
            events::user_agent.eq(client.map(|client| client.user_agent.as_str())),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Which events to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventFilter {
    /// About this user.
    pub subject: Option<UserId>,
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// Before this event.
    pub before: Option<EventId>,
}

#[derive(Queryable)]
struct EventRow {
    id: String,
    at: i64,
    kind: String,
    refusal: Option<String>,
    actor: String,
    actor_user: Option<String>,
    subject_user: Option<String>,
    device_id: Option<String>,
    detail: Option<String>,
    address: Option<String>,
    _user_agent: Option<String>,
}

/// A page of events, newest first.
pub fn page(
    connection: &mut AnyConnection,
    filter: EventFilter,
    limit: i64,
) -> Result<Vec<RecordedEvent>> {
    let mut query = events::table
        .order(events::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(subject) = filter.subject {
        query = query.filter(events::subject_user.eq(subject.to_string()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(events::kind.eq(kind.as_str()));
    }
    if let Some(before) = filter.before {
        query = query.filter(events::id.lt(before.to_string()));
    }
    let rows = query.load::<EventRow>(connection).map_err(failed)?;
    rows.into_iter()
        .map(|row| recorded(connection, row))
        .collect()
}

fn recorded(connection: &mut AnyConnection, row: EventRow) -> Result<RecordedEvent> {
    let bad = |what| unreadable("events", &row.id, what);
    let id = EventId::parse(&row.id).ok_or_else(|| bad("id"))?;
    let address = match &row.address {
        Some(text) => Some(text.parse().map_err(|_| bad("address"))?),
        None => None,
    };
    let actor = match row.actor.as_str() {
        "user" => name_of(connection, row.actor_user.as_deref())?,
        "command_line" => Some("command line".to_owned()),
        _ => None,
    };
    Ok(RecordedEvent {
        id,
        at: Timestamp::from_millis(row.at),
        kind: row.kind,
        refusal: row.refusal,
        actor,
        subject: name_of(connection, row.subject_user.as_deref())?,
        device: row.device_id.as_deref().and_then(DeviceId::parse),
        detail: row.detail,
        address,
    })
}

fn name_of(connection: &mut AnyConnection, id: Option<&str>) -> Result<Option<String>> {
    let Some(id) = id else { return Ok(None) };
    users::table
        .find(id)
        .select(users::name)
        .first(connection)
        .optional()
        .map_err(failed)
}
