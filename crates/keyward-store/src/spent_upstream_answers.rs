//! What other OpenID providers answered, and can answer once.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed};
use super::pieces::{self, Over};
use keyward_core::clock::Timestamp;
use keyward_core::flows::upstream::AnswerDigest;
use keyward_core::problem::Result;

/// Spends an answer; `false` where it was spent before, also in a race. After `expires_at` its age
/// refuses it.
pub fn spend(
    connection: &mut AnyConnection,
    digest: &AnswerDigest,
    expires_at: Timestamp,
) -> Result<bool> {
    // ON CONFLICT keeps a PostgreSQL transaction alive where a unique violation would end it.
    diesel::sql_query(
        "INSERT INTO spent_upstream_answers (digest, expires_at) VALUES ($1, $2) \
         ON CONFLICT (digest) DO NOTHING",
    )
    .bind::<diesel::sql_types::Text, _>(digest.as_str())
    .bind::<diesel::sql_types::BigInt, _>(expires_at.millis())
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Forgets what had expired at `now`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "spent_upstream_answers",
        key: "digest",
        condition: "expires_at < $1",
    };
    pieces::delete(connection, &over, now, limit)
}
