//! The audit trail.

use std::collections::HashMap;
use std::net::IpAddr;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::connection::{AnyConnection, failed, listed, prepared, unreadable};
use super::event_repeats;
use super::schema::{event_repeats as repeats_table, events, users};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::erasure::tombstone;
use keyward_core::domain::event::{
    Actor, Event, EventDetail, EventId, EventKind, EventOutcome, RecordedEvent, RecordedRefusal,
};
use keyward_core::domain::event_filter::{EventFilter, UserFilter};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

/// Adds an event to the trail.
pub fn record(
    connection: &mut AnyConnection,
    id: EventId,
    event: &Event,
    now: Timestamp,
) -> Result<()> {
    let (actor, actor_user) = match event.actor {
        Actor::Anonymous => ("anonymous", None),
        Actor::CommandLine => ("command_line", None),
        Actor::User(id) => ("user", Some(id.to_string())),
    };
    let refusal = match event.outcome {
        EventOutcome::Done => None,
        EventOutcome::Refused(reason) => Some(reason.as_str()),
    };
    let detail = event.detail.as_ref().map(EventDetail::to_stored);
    let (detail, client) = (detail.transpose()?, event.client.as_ref());
    prepared!(connection, |c| diesel::insert_into(events::table)
        .values((
            events::id.eq(id.to_string()),
            events::at.eq(now.millis()),
            events::kind.eq(event.kind.as_str()),
            events::refusal.eq(refusal),
            events::actor.eq(actor),
            events::actor_user.eq(actor_user),
            events::subject_user.eq(event.subject.map(|id| id.to_string())),
            events::device_id.eq(event.device.map(|id| id.to_string())),
            events::detail.eq(detail),
            events::address.eq(client.map(|client| client.address.to_string())),
            events::user_agent.eq(client.map(|client| client.user_agent.as_str())),
            events::api_token.eq(event.token.as_deref()),
        ))
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// From where the latest events of a kind came that were done to a user, at most `limit`.
pub fn latest_addresses(
    connection: &mut AnyConnection,
    subject: UserId,
    kind: EventKind,
    limit: i64,
) -> Result<Vec<IpAddr>> {
    let addresses = prepared!(connection, |c| events::table
        .filter(events::subject_user.eq(subject.to_string()))
        .filter(events::kind.eq(kind.as_str()))
        .filter(events::refusal.is_null())
        .order(events::id.desc())
        .limit(limit)
        .select(events::address)
        .load::<Option<String>>(c))
    .map_err(failed)?;
    let addresses = addresses.into_iter().flatten();
    Ok(addresses
        .filter_map(|text| text.parse::<IpAddr>().ok())
        .collect())
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
    api_token: Option<String>,
}

/// A page of events, newest first.
pub fn page(
    connection: &mut AnyConnection,
    filter: EventFilter,
    limit: i64,
) -> Result<Vec<RecordedEvent>> {
    let rows = match filter.whose {
        None => rows(connection, None, filter, limit)?,
        Some(UserFilter::About(user)) => {
            rows(connection, Some(Part::Subject(user)), filter, limit)?
        }
        Some(UserFilter::With(user)) => {
            // One statement with OR would sort everything that the user was ever part of.
            let mut both = rows(connection, Some(Part::Subject(user)), filter, limit)?;
            both.extend(rows(
                connection,
                Some(Part::OthersActor(user)),
                filter,
                limit,
            )?);
            both.sort_unstable_by(|one, other| other.id.cmp(&one.id));
            both.truncate(usize::try_from(limit).unwrap_or_default());
            both
        }
    };
    told(connection, rows)
}

/// The events of these rows, newest first.
pub(super) fn of_ids(connection: &mut AnyConnection, ids: &[String]) -> Result<Vec<RecordedEvent>> {
    let rows = events::table
        .filter(events::id.eq_any(ids))
        .order(events::id.desc())
        .load(connection)
        .map_err(failed)?;
    told(connection, rows)
}

fn told(connection: &mut AnyConnection, rows: Vec<EventRow>) -> Result<Vec<RecordedEvent>> {
    let names = names_in(connection, &rows)?;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let repeats = event_repeats::of(connection, &ids)?;
    rows.into_iter()
        .map(|row| {
            let repeats = repeats.get(&row.id).copied();
            let event = recorded(row, &names)?;
            Ok(RecordedEvent { repeats, ..event })
        })
        .filter_map(listed)
        .collect()
}

/// Removes the oldest events, of at most `pieces` that are looked at, where they are older than
/// `moment`, and counts them.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp, pieces: i64) -> Result<usize> {
    let oldest: Vec<(String, i64)> = events::table
        .order(events::id)
        .limit(pieces)
        .select((events::id, events::at))
        .load(connection)
        .map_err(failed)?;
    let is_old = |(_, at): &&(String, i64)| *at < moment.millis();
    let ids: Vec<&str> = oldest
        .iter()
        .filter(is_old)
        .map(|(id, _)| id.as_str())
        .collect();
    if ids.is_empty() {
        return Ok(0);
    }
    diesel::delete(repeats_table::table.filter(repeats_table::event_id.eq_any(&ids)))
        .execute(connection)
        .map_err(failed)?;
    diesel::delete(events::table.filter(events::id.eq_any(&ids)))
        .execute(connection)
        .map_err(failed)
}

/// The part of a user in an event.
#[derive(Clone, Copy)]
enum Part {
    Subject(UserId),
    /// Who did it to another user, or to none in particular.
    OthersActor(UserId),
}

fn rows(
    connection: &mut AnyConnection,
    part: Option<Part>,
    filter: EventFilter,
    limit: i64,
) -> Result<Vec<EventRow>> {
    let mut query = events::table
        .order(events::id.desc())
        .limit(limit)
        .into_boxed();
    match part {
        None => {}
        Some(Part::Subject(user)) => {
            query = query.filter(events::subject_user.eq(user.to_string()));
        }
        Some(Part::OthersActor(user)) => {
            // In the words of the partial index, or it would not be seen to fit.
            query = query
                .filter(events::actor_user.eq(user.to_string()))
                .filter(sql::<Bool>("actor_user IS DISTINCT FROM subject_user"));
        }
    }
    if let Some(kind) = filter.kind {
        query = query.filter(events::kind.eq(kind.as_str()));
    }
    if let Some(before) = filter.before {
        query = query.filter(events::id.lt(before.to_string()));
    }
    // Ids are in the order of time, and have the index.
    if let Some(since) = filter.since {
        query = query.filter(events::id.ge(EventId::earliest(since).to_string()));
    }
    if let Some(until) = filter.until {
        query = query.filter(events::id.lt(EventId::earliest(until).to_string()));
    }
    query.load(connection).map_err(failed)
}

/// The names of everybody in these rows, by their ids.
fn names_in(connection: &mut AnyConnection, rows: &[EventRow]) -> Result<HashMap<String, String>> {
    let ids = rows
        .iter()
        .flat_map(|row| [&row.actor_user, &row.subject_user])
        .flatten();
    let mut ids: Vec<&str> = ids.map(String::as_str).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let named = prepared!(connection, |c| users::table
        .filter(users::id.eq_any(ids))
        .select((users::id, users::name))
        .load::<(String, String)>(c))
    .map_err(failed)?;
    Ok(named.into_iter().collect())
}

fn recorded(row: EventRow, names: &HashMap<String, String>) -> Result<RecordedEvent> {
    let bad = |what| unreadable("events", &row.id, what);
    let id = EventId::from_stored(&row.id).ok_or_else(|| bad("id"))?;
    let address = match &row.address {
        Some(text) => Some(text.parse::<IpAddr>().map_err(|_| bad("address"))?),
        None => None,
    };
    // Ids are not given twice, and users are known before they do anything: who is not there was
    // deleted.
    let name_of = |id: &Option<String>| {
        let id = id.as_ref()?;
        let gone = || UserId::from_stored(id).map(tombstone);
        names.get(id).cloned().or_else(gone)
    };
    let actor = match row.actor.as_str() {
        "user" => name_of(&row.actor_user),
        "command_line" => Some("command line".to_owned()),
        _ => None,
    };
    Ok(RecordedEvent {
        id,
        at: Timestamp::from_millis(row.at),
        kind: row.kind,
        refusal: row.refusal.as_deref().map(RecordedRefusal::from_stored),
        actor,
        subject: name_of(&row.subject_user),
        device: row.device_id.as_deref().and_then(DeviceId::from_stored),
        detail: row.detail.as_deref().map(EventDetail::from_stored),
        address,
        token: row.api_token,
        repeats: None,
    })
}
