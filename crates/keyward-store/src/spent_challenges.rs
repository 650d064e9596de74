//! Challenges of passwordless sign-ins that were answered.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared};
use super::pieces::{self, Over};
use super::schema::spent_challenges;
use keyward_core::clock::Timestamp;
use keyward_core::factors::webauthn::ChallengeDigest;
use keyward_core::problem::Result;

/// Spends a challenge; `false` where it was spent before, also in a race. After `expires_at` its
/// age refuses it.
pub fn spend(
    connection: &mut AnyConnection,
    digest: &ChallengeDigest,
    expires_at: Timestamp,
) -> Result<bool> {
    // ON CONFLICT keeps a PostgreSQL transaction alive where a unique violation would end it.
    diesel::sql_query(
        "INSERT INTO spent_challenges (digest, expires_at) VALUES ($1, $2) \
         ON CONFLICT (digest) DO NOTHING",
    )
    .bind::<diesel::sql_types::Text, _>(digest.as_str())
    .bind::<diesel::sql_types::BigInt, _>(expires_at.millis())
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Whether a challenge was spent.
pub fn is_spent(connection: &mut AnyConnection, digest: &ChallengeDigest) -> Result<bool> {
    prepared!(connection, |c| diesel::select(diesel::dsl::exists(
        spent_challenges::table.find(digest.as_str())
    ))
    .get_result(c))
    .map_err(failed)
}

/// Forgets what had expired at `now`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "spent_challenges",
        key: "digest",
        condition: "expires_at < $1",
    };
    pieces::delete(connection, &over, now, limit)
}
