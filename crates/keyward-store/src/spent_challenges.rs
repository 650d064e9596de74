//! Challenges of passwordless sign-ins that were answered.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared};
use super::schema::spent_challenges;
use super::spent_digests;
use keyward_core::clock::Timestamp;
use keyward_core::factors::webauthn::ChallengeDigest;
use keyward_core::problem::Result;

const TABLE: &str = "spent_challenges";

/// Spends a challenge; `false` where it was spent before, also in a race. After `expires_at` its
/// age refuses it.
pub fn spend(
    connection: &mut AnyConnection,
    digest: &ChallengeDigest,
    expires_at: Timestamp,
) -> Result<bool> {
    spent_digests::spend(connection, TABLE, digest.as_str(), expires_at)
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
    spent_digests::sweep(connection, TABLE, now, limit)
}
