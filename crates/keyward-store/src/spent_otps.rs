//! One-time passwords of YubiKeys that were accepted here.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared};
use super::otp_keys;
use super::pieces::{self, Over};
use super::schema::spent_otps;
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;
use keyward_core::protocols::yubico::{ConfirmedOtp, OtpDigest};

/// Spends a confirmed OTP; `false` where it was spent before, also in a race. Where the key's
/// secret is held here its counters are spent, so that no client of ours gets a good answer for it
/// either; of other keys the OTP is remembered.
pub fn spend(connection: &mut AnyConnection, otp: &ConfirmedOtp, now: Timestamp) -> Result<bool> {
    match otp.progress() {
        // No client asked, so there is no nonce.
        Some(progress) => otp_keys::spend(connection, None, otp.public_id(), progress, "", now),
        None => remember(connection, otp.digest(), now),
    }
}

fn remember(connection: &mut AnyConnection, digest: &OtpDigest, now: Timestamp) -> Result<bool> {
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

/// Forgets what was spent before `moment`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "spent_otps",
        key: "digest",
        condition: "spent_at < $1",
    };
    pieces::delete(connection, &over, moment, limit)
}
