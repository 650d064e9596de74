//! Assertions by which OpenID clients proved themselves, each once.

use diesel::RunQueryDsl as _;
use diesel::sql_types::{BigInt, Text};

use super::connection::{AnyConnection, failed};
use super::pieces::{self, Over};
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;

/// Spends an assertion by a digest of its client and its name; `false` where it was shown before, also in
/// a race. After `expires_at` its age refuses it.
pub fn spend(connection: &mut AnyConnection, digest: &str, expires_at: Timestamp) -> Result<bool> {
    diesel::sql_query(
        "INSERT INTO openid_assertions (digest, expires_at) VALUES ($1, $2) \
         ON CONFLICT (digest) DO NOTHING",
    )
    .bind::<Text, _>(digest)
    .bind::<BigInt, _>(expires_at.millis())
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Forgets what had expired at `now`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "openid_assertions",
        key: "digest",
        condition: "expires_at < $1",
    };
    pieces::delete(connection, &over, now, limit)
}
