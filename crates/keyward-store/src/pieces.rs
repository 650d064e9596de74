//! Deleting many rows a piece at a time: another transaction that wants to write waits for one
//! piece and not for all of them.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::connection::{AnyConnection, failed};
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;

/// Rows of a table that are over.
pub(super) struct Over {
    /// The table.
    pub table: &'static str,
    /// Its primary key: one column, or several with commas between them.
    pub key: &'static str,
    /// What is over; `$1` is a moment.
    pub condition: &'static str,
}

/// Deletes at most `limit` of these rows, and counts them: fewer than `limit` were the last ones.
/// The condition must be one that an index answers.
pub(super) fn delete(
    connection: &mut AnyConnection,
    over: &Over,
    moment: Timestamp,
    limit: i64,
) -> Result<usize> {
    let Over {
        table,
        key,
        condition,
    } = over;
    // Two nodes that sweep at the same time take different rows.
    let skip = match connection {
        AnyConnection::Sqlite(_) => "",
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => "FOR UPDATE SKIP LOCKED",
    };
    diesel::sql_query(format!(
        "DELETE FROM {table} WHERE ({key}) IN \
         (SELECT {key} FROM {table} WHERE {condition} LIMIT {limit} {skip})"
    ))
    .bind::<BigInt, _>(moment.millis())
    .execute(connection)
    .map_err(failed)
}
