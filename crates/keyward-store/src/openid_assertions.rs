//! Assertions by which OpenID clients proved themselves, each once.

use super::connection::AnyConnection;
use super::spent_digests;
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;

const TABLE: &str = "openid_assertions";

/// Spends an assertion by a digest of its client and its name; `false` where it was shown before, also in
/// a race. After `expires_at` its age refuses it.
pub fn spend(connection: &mut AnyConnection, digest: &str, expires_at: Timestamp) -> Result<bool> {
    spent_digests::spend(connection, TABLE, digest, expires_at)
}

/// Forgets what had expired at `now`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    spent_digests::sweep(connection, TABLE, now, limit)
}
