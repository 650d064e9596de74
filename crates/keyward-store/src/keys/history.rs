//! Which events are about which key.

use diesel::prelude::*;

use super::schema::key_events;
use crate::connection::{AnyConnection, failed, prepared};
use crate::events;
use keyward_core::domain::event::{EventId, RecordedEvent};
use keyward_core::domain::key::KeyId;
use keyward_core::problem::Result;

/// Notes that an event is about a key.
pub fn note(connection: &mut AnyConnection, key: KeyId, event: EventId) -> Result<()> {
    let statement = diesel::insert_into(key_events::table)
        .values((
            key_events::event_id.eq(event.to_string()),
            key_events::key_id.eq(key.to_string()),
        ))
        .on_conflict((key_events::key_id, key_events::event_id))
        .do_nothing();
    prepared!(connection, |inner| statement.execute(inner))
        .map(drop)
        .map_err(failed)
}

/// What happened to a key, the newest first, at most so many.
pub fn of_key(
    connection: &mut AnyConnection,
    key: KeyId,
    limit: i64,
) -> Result<Vec<RecordedEvent>> {
    let ids: Vec<String> = key_events::table
        .filter(key_events::key_id.eq(key.to_string()))
        .order(key_events::event_id.desc())
        .select(key_events::event_id)
        .limit(limit)
        .load(connection)
        .map_err(failed)?;
    events::of_ids(connection, &ids)
}
