//! The servers that use this database, and what they believe.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared};
use super::schema::nodes;
use keyward_core::clock::Timestamp;
use keyward_core::domain::node::NodeId;
use keyward_core::problem::Result;

/// A server, as it said when it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The row.
    pub id: String,
    /// How people know it: the address that it listens on.
    pub name: String,
    /// Its settings as JSON: the value of each key.
    pub settings: String,
}

/// Adds a server, or what it says now.
pub fn put(
    connection: &mut AnyConnection,
    id: NodeId,
    name: &str,
    settings: &str,
    now: Timestamp,
) -> Result<()> {
    let said = (
        nodes::name.eq(name),
        nodes::settings.eq(settings),
        nodes::seen_at.eq(now.millis()),
    );
    prepared!(connection, |c| diesel::insert_into(nodes::table)
        .values((nodes::id.eq(id.to_string()), said))
        .on_conflict(nodes::id)
        .do_update()
        .set(said)
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// All servers but this one that were seen since `moment`.
pub fn others(
    connection: &mut AnyConnection,
    id: Option<NodeId>,
    moment: Timestamp,
) -> Result<Vec<Node>> {
    let own = id.map(|id| id.to_string()).unwrap_or_default();
    let rows = nodes::table
        .filter(nodes::id.ne(own))
        .filter(nodes::seen_at.ge(moment.millis()))
        .order(nodes::id)
        .select((nodes::id, nodes::name, nodes::settings))
        .load::<(String, String, String)>(connection)
        .map_err(failed)?;
    let node = |(id, name, settings)| Node { id, name, settings };
    Ok(rows.into_iter().map(node).collect())
}

/// Removes a server.
pub fn remove(connection: &mut AnyConnection, id: NodeId) -> Result<()> {
    prepared!(connection, |c| diesel::delete(
        nodes::table.find(id.to_string())
    )
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Removes those that were not seen since `moment`.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp) -> Result<usize> {
    diesel::delete(nodes::table.filter(nodes::seen_at.lt(moment.millis())))
        .execute(connection)
        .map_err(failed)
}
