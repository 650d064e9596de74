//! One-time passwords of YubiKeys that were accepted here.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed};
use super::schema::spent_otps;
use crate::clock::Timestamp;
use crate::problem::Result;
use crate::protocols::yubico::OtpDigest;

/// Spends an OTP; `false` where it was spent before, also in a race.
pub fn spend(connection: &mut AnyConnection, digest: &OtpDigest, now: Timestamp) -> Result<bool> {
    // ON CONFLICT keeps a PostgreSQL transaction alive where a unique violation would end it.
    diesel::sql_query(
        "INSERT INTO spent_otps (digest, spent_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING",
    )
    .bind::<diesel::sql_types::Text, _>(digest.as_str())
    .bind::<diesel::sql_types::BigInt, _>(now.millis())
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Forgets what was spent before `moment`, and counts it.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp) -> Result<usize> {
    diesel::delete(spent_otps::table.filter(spent_otps::spent_at.lt(moment.millis())))
        .execute(connection)
        .map_err(failed)
}
