//! How often the same happened again that an event of the trail tells of. Events are never changed:
//! the number stands beside them.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::{AnyConnection, failed, prepared};
use super::schema::event_repeats;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{EventId, Repeats};
use keyward_core::problem::Result;

/// Counts once more what an event tells of; `false` where there is no such event.
pub fn count(connection: &mut AnyConnection, event: EventId, now: Timestamp) -> Result<bool> {
    diesel::sql_query(
        "INSERT INTO event_repeats (event_id, times, last_at) \
         SELECT id, 1, $1 FROM events WHERE id = $2 \
         ON CONFLICT (event_id) DO UPDATE SET \
             times = event_repeats.times + 1, last_at = excluded.last_at",
    )
    .bind::<BigInt, _>(now.millis())
    .bind::<Text, _>(event.to_string())
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// How often each of these events was counted again, by its id, where it was.
pub fn of(connection: &mut AnyConnection, events: &[&str]) -> Result<HashMap<String, Repeats>> {
    if events.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = prepared!(connection, |c| event_repeats::table
        .filter(event_repeats::event_id.eq_any(events))
        .load::<(String, i64, i64)>(c))
    .map_err(failed)?;
    let read = |(id, times, last_at): (String, i64, i64)| {
        let repeats = Repeats {
            times: u64::try_from(times).unwrap_or_default(),
            last_at: Timestamp::from_millis(last_at),
        };
        (id, repeats)
    };
    Ok(rows.into_iter().map(read).collect())
}
