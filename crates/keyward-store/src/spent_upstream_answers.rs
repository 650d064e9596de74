//! What other OpenID providers answered, and can answer once.

use super::connection::AnyConnection;
use super::spent_digests;
use keyward_core::clock::Timestamp;
use keyward_core::flows::upstream::AnswerDigest;
use keyward_core::problem::Result;

const TABLE: &str = "spent_upstream_answers";

/// Spends an answer; `false` where it was spent before, also in a race. After `expires_at` its age
/// refuses it.
pub fn spend(
    connection: &mut AnyConnection,
    digest: &AnswerDigest,
    expires_at: Timestamp,
) -> Result<bool> {
    spent_digests::spend(connection, TABLE, digest.as_str(), expires_at)
}

/// Forgets what had expired at `now`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    spent_digests::sweep(connection, TABLE, now, limit)
}
