//! Events of the trail as they leave it, with the ids of whom they are about.

use std::collections::HashMap;
use std::net::IpAddr;

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, unreadable};
use super::schema::{events, users};
use keyward_core::clock::Timestamp;
use keyward_core::domain::erasure::tombstone;
use keyward_core::domain::event::EventId;
use keyward_core::domain::event_export::{ExportedActor, ExportedEvent, ExportedUser};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;
use serde_json::Value;

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
    user_agent: Option<String>,
    api_token: Option<String>,
}

/// These events in the order in which they are named, without those that the trail has forgotten.
pub fn by_ids(connection: &mut AnyConnection, ids: &[EventId]) -> Result<Vec<ExportedEvent>> {
    let wanted: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let rows: Vec<EventRow> = events::table
        .filter(events::id.eq_any(&wanted))
        .load(connection)
        .map_err(failed)?;
    let names = names_in(connection, &rows)?;
    let mut found = HashMap::new();
    for row in rows {
        let event = exported(row, &names)?;
        found.insert(event.id, event);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn names_in(connection: &mut AnyConnection, rows: &[EventRow]) -> Result<HashMap<String, String>> {
    let people = rows
        .iter()
        .flat_map(|row| [&row.actor_user, &row.subject_user])
        .flatten();
    let mut people: Vec<&str> = people.map(String::as_str).collect();
    people.sort_unstable();
    people.dedup();
    let named: Vec<(String, String)> = users::table
        .filter(users::id.eq_any(people))
        .select((users::id, users::name))
        .load(connection)
        .map_err(failed)?;
    Ok(named.into_iter().collect())
}

fn exported(row: EventRow, names: &HashMap<String, String>) -> Result<ExportedEvent> {
    let bad = |what| unreadable("events", &row.id, what);
    // Who is not there was deleted.
    let user = |id: Option<String>| {
        let id = id?;
        let name = names.get(&id).cloned();
        let gone = || UserId::from_stored(&id).map(tombstone);
        let name = name.or_else(gone).unwrap_or_default();
        Some(ExportedUser { id, name })
    };
    Ok(ExportedEvent {
        id: EventId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
        at: Timestamp::from_millis(row.at),
        outcome: match row.refusal {
            None => "done",
            Some(_) => "refused",
        },
        refusal: row.refusal,
        actor: ExportedActor {
            user: user(row.actor_user),
            kind: row.actor,
        },
        subject: user(row.subject_user),
        device: row.device_id,
        detail: row.detail.map(|text| {
            // What is no JSON is what an earlier version wrote.
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }),
        address: row.address.and_then(|text| text.parse::<IpAddr>().ok()),
        user_agent: row.user_agent,
        token: row.api_token,
        kind: row.kind,
    })
}
