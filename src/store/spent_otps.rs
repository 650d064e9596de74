//! One-time passwords of YubiKeys that were accepted here.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared};
use super::schema::spent_otps;
use crate::clock::Timestamp;
use crate::problem::Result;
use crate::protocols::yubico::OtpDigest;

/// Spends an OTP; `false` where it was spent before, also in a race.
pub fn spend(connection: &mut AnyConnection, digest: &OtpDigest, now: Timestamp) -> Result<bool> {
    // ON CONFLICT keeps a PostgreSQL transaction alive where a unique violation would end it.
    prepared!(connection, |c| diesel::insert_into(spent_otps::table)
        .values((
            spent_otps::digest.eq(digest.as_str()),
            spent_otps::spent_at.eq(now.millis()),
        ))
        .on_conflict_do_nothing()
        .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Forgets what was spent before `moment`, and counts it.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp) -> Result<usize> {
    prepared!(connection, |c| diesel::delete(
        spent_otps::table.filter(spent_otps::spent_at.lt(moment.millis()))
    )
    .execute(c))
    .map_err(failed)
}
