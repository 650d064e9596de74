//! What was created for requests that may be sent again, and how that was told.

use diesel::prelude::*;
use zeroize::Zeroizing;

use super::connection::{AnyConnection, failed, prepared};
use super::pieces::{self, Over};
use super::schema::answered_requests;
use keyward_core::clock::{Entropy, Timestamp};
use keyward_core::problem::Result;
use keyward_core::secret::{MasterKey, Place};

/// A request that was sent before.
#[derive(Debug)]
pub struct AnsweredRequest {
    /// What it asked for.
    pub fingerprint: String,
    /// What was created for it; `None` where another request is just creating it.
    pub outcome: Option<Zeroizing<Vec<u8>>>,
    /// How that was told; `None` where the server ended in between.
    pub answer: Option<Zeroizing<Vec<u8>>>,
}

fn place<'a>(column: &'a str, row: &'a str) -> Place<'a> {
    Place {
        table: "answered_requests",
        column,
        row,
    }
}

/// Claims a key for the caller's transaction; `false` where another request has it, also in a race.
pub fn claim(
    connection: &mut AnyConnection,
    key_hash: &str,
    fingerprint: &str,
    expires_at: Timestamp,
) -> Result<bool> {
    // ON CONFLICT keeps a PostgreSQL transaction alive where a unique violation would end it.
    prepared!(connection, |c| diesel::insert_into(
        answered_requests::table
    )
    .values((
        answered_requests::key_hash.eq(key_hash),
        answered_requests::fingerprint.eq(fingerprint),
        answered_requests::expires_at.eq(expires_at.millis()),
    ))
    .on_conflict_do_nothing()
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Keeps what was created under a key that the caller's transaction claimed.
pub fn keep_outcome(
    connection: &mut AnyConnection,
    key_hash: &str,
    outcome: &[u8],
    (key, entropy): (&MasterKey, &dyn Entropy),
) -> Result<()> {
    let sealed = key.seal(entropy, place("outcome", key_hash), outcome);
    diesel::update(answered_requests::table.find(key_hash))
        .set(answered_requests::outcome.eq(sealed))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Keeps how that was told.
pub fn keep_answer(
    connection: &mut AnyConnection,
    key_hash: &str,
    answer: &[u8],
    (key, entropy): (&MasterKey, &dyn Entropy),
) -> Result<()> {
    let sealed = key.seal(entropy, place("answer", key_hash), answer);
    diesel::update(answered_requests::table.find(key_hash))
        .set(answered_requests::answer.eq(sealed))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// The request of this key, where it was sent before and is remembered still.
pub fn get(
    connection: &mut AnyConnection,
    key_hash: &str,
    now: Timestamp,
    key: &MasterKey,
) -> Result<Option<AnsweredRequest>> {
    let columns = (
        answered_requests::fingerprint,
        answered_requests::outcome,
        answered_requests::answer,
    );
    let found = prepared!(connection, |c| answered_requests::table
        .find(key_hash)
        .filter(answered_requests::expires_at.gt(now.millis()))
        .select(columns)
        .get_result::<(String, Option<Vec<u8>>, Option<Vec<u8>>)>(c))
    .optional()
    .map_err(failed)?;
    let Some((fingerprint, outcome, answer)) = found else {
        return Ok(None);
    };
    let open = |column, sealed: Option<Vec<u8>>| {
        let sealed = sealed.map(|sealed| key.open(place(column, key_hash), &sealed));
        sealed.transpose()
    };
    Ok(Some(AnsweredRequest {
        fingerprint,
        outcome: open("outcome", outcome)?,
        answer: open("answer", answer)?,
    }))
}

/// Forgets the key of a request whose time is over, so that it can be claimed anew.
pub fn forget_if_over(
    connection: &mut AnyConnection,
    key_hash: &str,
    now: Timestamp,
) -> Result<()> {
    diesel::delete(
        answered_requests::table
            .find(key_hash)
            .filter(answered_requests::expires_at.le(now.millis())),
    )
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Forgets what was over at `now`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "answered_requests",
        key: "key_hash",
        condition: "expires_at < $1",
    };
    pieces::delete(connection, &over, now, limit)
}
