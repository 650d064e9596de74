//! How many of something there are. Each count follows an index and stops at a bound.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::connection::{AnyConnection, failed, prepared};
use super::schema::tallies;
use super::sessions::Open;
use keyward_core::clock::Timestamp;
use keyward_core::domain::count::Count;
use keyward_core::problem::Result;

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    counted: i64,
}

/// How many users there are.
pub fn users(connection: &mut AnyConnection) -> Result<Count> {
    count(connection, "users", &[])
}

/// How many users have no device.
pub fn users_without_device(connection: &mut AnyConnection) -> Result<Count> {
    count(connection, "users WHERE device_count = 0", &[])
}

/// How many devices there are.
pub fn devices(connection: &mut AnyConnection) -> Result<Count> {
    count(connection, "devices", &[])
}

/// How many devices are suspect.
pub fn suspect_devices(connection: &mut AnyConnection) -> Result<Count> {
    count(connection, "devices WHERE state = 'suspect'", &[])
}

/// How many cases of lost keys are open.
pub fn open_key_cases(connection: &mut AnyConnection) -> Result<Count> {
    count(connection, "key_cases WHERE closed_at IS NULL", &[])
}

/// How many reports of found keys are open.
pub fn open_found_reports(connection: &mut AnyConnection) -> Result<Count> {
    count(connection, "found_reports WHERE closed_at IS NULL", &[])
}

/// How many YubiKeys type one-time passwords.
pub fn yubikeys(connection: &mut AnyConnection) -> Result<Count> {
    count(connection, "yubikeys", &[])
}

/// A number that is kept.
pub(super) fn tally(connection: &mut AnyConnection, name: &str) -> Result<i64> {
    prepared!(connection, |c| tallies::table
        .find(name)
        .select(tallies::number)
        .get_result::<i64>(c))
    .optional()
    .map(Option::unwrap_or_default)
    .map_err(failed)
}

/// Counts a kept number on.
pub(super) fn count_on(connection: &mut AnyConnection, name: &str) -> Result<()> {
    diesel::update(tallies::table.find(name))
        .set(tallies::number.eq(tallies::number + 1))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// How many devices stop working by policy, or have stopped: a number that is kept.
pub fn stopping_devices(connection: &mut AnyConnection) -> Result<Count> {
    tallies::table
        .find("stopping_devices")
        .select(tallies::number)
        .first::<i64>(connection)
        .map(|number| Count::of(number.try_into().unwrap_or_default()))
        .map_err(failed)
}

/// How many sessions are open.
pub fn sessions(connection: &mut AnyConnection, open: Open) -> Result<Count> {
    count(
        connection,
        "sessions WHERE expires_at > $1 AND last_seen_at > $2",
        &[open.now, open.idle_since],
    )
}

/// How many tries were refused since a moment.
pub fn refusals(connection: &mut AnyConnection, since: Timestamp) -> Result<Count> {
    let refused = "events WHERE refusal IS NOT NULL AND at > $1";
    count(connection, refused, &[since])
}

/// Counts rows of a table under a condition whose parameters are moments.
fn count(
    connection: &mut AnyConnection,
    rows: &'static str,
    moments: &[Timestamp],
) -> Result<Count> {
    let limit = Count::BOUND + 1;
    let statement =
        format!("SELECT COUNT(*) AS counted FROM (SELECT 1 FROM {rows} LIMIT {limit}) AS bounded");
    let mut query = diesel::sql_query(statement).into_boxed();
    for moment in moments {
        query = query.bind::<BigInt, _>(moment.millis());
    }
    query
        .get_result::<Counted>(connection)
        .map(|row| Count::of(row.counted.try_into().unwrap_or_default()))
        .map_err(failed)
}
