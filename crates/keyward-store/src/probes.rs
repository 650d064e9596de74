//! Rows that are written to find out whether anything can be.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared};
use super::schema::probes;
use keyward_core::domain::node::NodeId;
use keyward_core::problem::Result;

/// As much as fits into a page of either database, and leaves no room for a second one there.
const FILLING: [u8; 6000] = [0; 6000];

/// Writes the row of a server.
pub fn put(connection: &mut AnyConnection, id: NodeId) -> Result<()> {
    prepared!(connection, |c| diesel::insert_into(probes::table)
        .values((
            probes::id.eq(id.to_string()),
            probes::filling.eq(FILLING.as_slice())
        ))
        .on_conflict(probes::id)
        .do_update()
        .set(probes::filling.eq(FILLING.as_slice()))
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Removes it.
pub fn remove(connection: &mut AnyConnection, id: NodeId) -> Result<()> {
    prepared!(connection, |c| diesel::delete(
        probes::table.find(id.to_string())
    )
    .execute(c))
    .map(drop)
    .map_err(failed)
}
