//! Events on their way to other systems, in the order in which they were recorded. A row is written
//! by the database itself for each event and each sink that a server has signed up (the trigger
//! `events_go_out`), and removed when it is out: what is left is where an export has come to. Two
//! transactions may commit in another order than they wrote in; nothing is passed over by that.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, unreadable};
use super::schema::{events, export_queue, export_sinks};
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::EventId;
use keyward_core::problem::Result;

/// Signs sinks up, and others off, with what waits for them.
pub fn sign_up(connection: &mut AnyConnection, sinks: &[&str]) -> Result<()> {
    diesel::delete(export_sinks::table.filter(export_sinks::name.ne_all(sinks)))
        .execute(connection)
        .map_err(failed)?;
    diesel::delete(export_queue::table.filter(export_queue::sink.ne_all(sinks)))
        .execute(connection)
        .map_err(failed)?;
    for sink in sinks {
        diesel::sql_query(
            "INSERT INTO export_sinks (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
        )
        .bind::<diesel::sql_types::Text, _>(*sink)
        .execute(connection)
        .map_err(failed)?;
    }
    Ok(())
}

/// What waits for a sink, the oldest first, at most `limit`: places and events.
pub fn next(connection: &mut AnyConnection, sink: &str, limit: i64) -> Result<Vec<(i64, EventId)>> {
    let rows: Vec<(i64, String)> = export_queue::table
        .filter(export_queue::sink.eq(sink))
        .order(export_queue::position)
        .limit(limit)
        .select((export_queue::position, export_queue::event_id))
        .load(connection)
        .map_err(failed)?;
    rows.into_iter()
        .map(|(position, event)| {
            let bad = || unreadable("export_queue", &position.to_string(), "event_id");
            Ok((position, EventId::from_stored(&event).ok_or_else(bad)?))
        })
        .collect()
}

/// Removes what is out.
pub fn remove(connection: &mut AnyConnection, positions: &[i64]) -> Result<()> {
    diesel::delete(export_queue::table.filter(export_queue::position.eq_any(positions)))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// How much waits for all sinks, and since when the oldest does.
pub fn depth(connection: &mut AnyConnection) -> Result<(i64, Option<Timestamp>)> {
    let depth = export_queue::table
        .count()
        .get_result(connection)
        .map_err(failed)?;
    let oldest: Option<i64> = export_queue::table
        .inner_join(events::table.on(events::id.eq(export_queue::event_id)))
        .order(export_queue::position)
        .select(events::at)
        .limit(1)
        .get_result(connection)
        .optional()
        .map_err(failed)?;
    Ok((depth, oldest.map(Timestamp::from_millis)))
}
