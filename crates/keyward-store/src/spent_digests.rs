//! Tables of digests that count once: each is there from its use until its age refuses it by itself.

use diesel::RunQueryDsl as _;
use diesel::sql_types::{BigInt, Text};

use super::connection::{AnyConnection, failed};
use super::pieces::{self, Over};
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;

/// Spends a digest in a table; `false` where it was spent before, also in a race. After `expires_at` its
/// age refuses it.
pub(super) fn spend(
    connection: &mut AnyConnection,
    table: &'static str,
    digest: &str,
    expires_at: Timestamp,
) -> Result<bool> {
    // ON CONFLICT keeps a PostgreSQL transaction alive where a unique violation would end it.
    diesel::sql_query(format!(
        "INSERT INTO {table} (digest, expires_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING"
    ))
    .bind::<Text, _>(digest)
    .bind::<BigInt, _>(expires_at.millis())
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Forgets what had expired in a table at `now`: at most `limit` of it, counted.
pub(super) fn sweep(
    connection: &mut AnyConnection,
    table: &'static str,
    now: Timestamp,
    limit: i64,
) -> Result<usize> {
    let over = Over {
        table,
        key: "digest",
        condition: "expires_at < $1",
    };
    pieces::delete(connection, &over, now, limit)
}
