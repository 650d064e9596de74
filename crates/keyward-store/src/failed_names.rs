//! Names that were tried and not got right, by network: what shows that an attacker tries a few
//! passwords on everybody.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::{AnyConnection, failed};
use super::pieces::{self, Over};
use super::schema::failed_names;
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::problem::Result;

/// Remembers that a password was wrong, and counts the names that were tried from this network
/// since `since` and not got right.
pub fn note(
    connection: &mut AnyConnection,
    network: &str,
    scope: &AttemptScope,
    now: Timestamp,
    since: Timestamp,
) -> Result<i64> {
    diesel::sql_query(
        "INSERT INTO failed_names (network, scope, failed_at) VALUES ($1, $2, $3) \
         ON CONFLICT (network, scope) DO UPDATE SET failed_at = excluded.failed_at",
    )
    .bind::<Text, _>(network)
    .bind::<Text, _>(scope.key())
    .bind::<BigInt, _>(now.millis())
    .execute(connection)
    .map_err(failed)?;
    failed_names::table
        .filter(failed_names::network.eq(network))
        .filter(failed_names::failed_at.gt(since.millis()))
        .count()
        .get_result(connection)
        .map_err(failed)
}

/// The password was right after all: the user who typed it wrong from this network was its owner.
pub fn forget(connection: &mut AnyConnection, network: &str, scope: &AttemptScope) -> Result<()> {
    diesel::delete(failed_names::table.find((network, scope.key())))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Starts a network over; `false` where another request has just done so.
pub fn start_over(connection: &mut AnyConnection, network: &str) -> Result<bool> {
    diesel::delete(failed_names::table.filter(failed_names::network.eq(network)))
        .execute(connection)
        .map(|rows| rows > 0)
        .map_err(failed)
}

/// Removes what is older than `moment`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "failed_names",
        key: "network, scope",
        condition: "failed_at < $1",
    };
    pieces::delete(connection, &over, moment, limit)
}
