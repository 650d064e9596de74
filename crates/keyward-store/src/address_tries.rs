//! Who was tried from an address: what is being judged there now, and what came of it last.
//!
//! One row a person (or a name that no user has): a user who mistypes five times is one failure,
//! and none once they are in. The row of the address in `attempts` is held around every change, so
//! that tries at once are counted one after another.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::{AnyConnection, failed};
use super::pieces::{self, Over};
use super::schema::address_tries;
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;

/// How many people who got in make room for failures of others at one address: a bound for what is
/// kept and added up.
const MOST_RIGHT: i64 = 200;

/// From when on rows count.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    /// What is being judged; whatever is older was broken off.
    pub judged: Timestamp,
    /// What came of it.
    pub outcome: Timestamp,
}

/// What an address has on its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct AddressTries {
    /// Tries that are being judged.
    #[diesel(sql_type = BigInt)]
    pub pending: i64,
    /// People who failed, and tries at what was locked, less the people who got in.
    #[diesel(sql_type = BigInt)]
    pub outcome: i64,
}

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was wrong.
    Wrong,
    /// It was right.
    Right,
    /// It was no guess.
    Nothing,
}

/// A try of a user is going to be judged.
pub fn begin(
    connection: &mut AnyConnection,
    address: &str,
    whose: &str,
    since: Since,
    now: Timestamp,
) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO address_tries (address, whose, pending, outcome, tried_at) \
         VALUES ($1, $2, 1, 0, $3) \
         ON CONFLICT (address, whose) DO UPDATE SET \
             pending = CASE WHEN address_tries.tried_at <= $4 THEN 1 \
                            ELSE address_tries.pending + 1 END, \
             outcome = CASE WHEN address_tries.tried_at <= $5 THEN 0 \
                            ELSE address_tries.outcome END, \
             tried_at = excluded.tried_at",
    )
    .bind::<Text, _>(address)
    .bind::<Text, _>(whose)
    .bind::<BigInt, _>(now.millis())
    .bind::<BigInt, _>(since.judged.millis())
    .bind::<BigInt, _>(since.outcome.millis())
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// What an address has on its account.
pub fn balance(
    connection: &mut AnyConnection,
    address: &str,
    since: Since,
) -> Result<AddressTries> {
    diesel::sql_query(
        "SELECT CAST(COALESCE(SUM(CASE WHEN tried_at > $1 THEN pending ELSE 0 END), 0) AS BIGINT) \
             AS pending, \
         CAST(COALESCE(SUM(CASE WHEN tried_at > $2 THEN outcome ELSE 0 END), 0) AS BIGINT) \
             AS outcome \
         FROM address_tries WHERE address = $3",
    )
    .bind::<BigInt, _>(since.judged.millis())
    .bind::<BigInt, _>(since.outcome.millis())
    .bind::<Text, _>(address)
    .get_result(connection)
    .map_err(failed)
}

/// A try that was begun has been judged.
pub fn finish(
    connection: &mut AnyConnection,
    address: &str,
    whose: &str,
    outcome: Outcome,
    now: Timestamp,
) -> Result<()> {
    let came_of_it = match outcome {
        Outcome::Wrong => {
            "CASE WHEN address_tries.outcome < 1 THEN 1 ELSE address_tries.outcome END"
        }
        Outcome::Right if has_room(connection, address)? => "-1",
        Outcome::Right => "0",
        Outcome::Nothing => "address_tries.outcome",
    };
    let anew = match outcome {
        Outcome::Wrong => 1,
        Outcome::Right | Outcome::Nothing => 0,
    };
    diesel::sql_query(format!(
        "INSERT INTO address_tries (address, whose, pending, outcome, tried_at) \
         VALUES ($1, $2, 0, {anew}, $3) \
         ON CONFLICT (address, whose) DO UPDATE SET \
             pending = CASE WHEN address_tries.pending > 0 THEN address_tries.pending - 1 \
                            ELSE 0 END, \
             outcome = {came_of_it}, \
             tried_at = excluded.tried_at"
    ))
    .bind::<Text, _>(address)
    .bind::<Text, _>(whose)
    .bind::<BigInt, _>(now.millis())
    .execute(connection)
    .map_err(failed)?;
    if outcome == Outcome::Wrong {
        return Ok(());
    }
    let nothing = address_tries::table
        .find((address, whose))
        .filter(address_tries::pending.eq(0))
        .filter(address_tries::outcome.eq(0));
    diesel::delete(nothing)
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

fn has_room(connection: &mut AnyConnection, address: &str) -> Result<bool> {
    address_tries::table
        .filter(address_tries::address.eq(address))
        .filter(address_tries::outcome.lt(0))
        .count()
        .get_result::<i64>(connection)
        .map(|right| right < MOST_RIGHT)
        .map_err(failed)
}

/// One more failure without a judgement, whichever user's it is.
pub fn add(
    connection: &mut AnyConnection,
    address: &str,
    whose: &str,
    since: Since,
    now: Timestamp,
) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO address_tries (address, whose, pending, outcome, tried_at) \
         VALUES ($1, $2, 0, 1, $3) \
         ON CONFLICT (address, whose) DO UPDATE SET \
             outcome = CASE WHEN address_tries.outcome < 0 OR address_tries.tried_at <= $4 THEN 1 \
                            ELSE address_tries.outcome + 1 END, \
             tried_at = excluded.tried_at",
    )
    .bind::<Text, _>(address)
    .bind::<Text, _>(whose)
    .bind::<BigInt, _>(now.millis())
    .bind::<BigInt, _>(since.outcome.millis())
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Forgets what an address has on its account.
pub fn start_over(connection: &mut AnyConnection, address: &str) -> Result<()> {
    diesel::delete(address_tries::table.filter(address_tries::address.eq(address)))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Forgets everything that is counted on addresses.
pub fn start_all_over(connection: &mut AnyConnection) -> Result<()> {
    diesel::delete(address_tries::table)
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Removes what is older than `moment`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "address_tries",
        key: "address, whose",
        condition: "tried_at < $1",
    };
    pieces::delete(connection, &over, moment, limit)
}
