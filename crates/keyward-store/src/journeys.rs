//! Journeys between two requests: a sealed stage with a version that each step takes.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared};
use super::pieces::{self, Over};
use super::prepared_statements;
use super::schema::journeys;
use keyward_core::clock::Timestamp;
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;
use keyward_core::secret::TokenHash;

/// A journey as the table holds it.
#[derive(Debug)]
pub struct JourneyRow {
    /// How many steps were taken.
    pub version: i64,
    /// The sealed stage.
    pub stage: Vec<u8>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// Begins a journey.
pub fn insert(
    connection: &mut AnyConnection,
    id: &TokenHash,
    user: UserId,
    stage: &[u8],
    expires_at: Timestamp,
) -> Result<()> {
    prepared!(connection, |c| diesel::insert_into(journeys::table)
        .values((
            journeys::id.eq(id.as_str()),
            journeys::version.eq(0),
            journeys::user_id.eq(user.to_string()),
            journeys::stage.eq(stage),
            journeys::expires_at.eq(expires_at.millis()),
        ))
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// The journey of this id, expired or not: the caller tells a late step from an unknown one.
pub fn get(connection: &mut AnyConnection, id: &TokenHash) -> Result<Option<JourneyRow>> {
    let row = prepared!(connection, |c| journeys::table
        .find(id.as_str())
        .select((journeys::version, journeys::stage, journeys::expires_at))
        .get_result::<(i64, Vec<u8>, i64)>(c))
    .optional()
    .map_err(failed)?;
    Ok(row.map(|(version, stage, expires_at)| JourneyRow {
        version,
        stage,
        expires_at: Timestamp::from_millis(expires_at),
    }))
}

/// Takes the step `version`: puts `stage` in place and raises the version. `false` where another
/// request took it, also in a race.
pub fn take_turn(
    connection: &mut AnyConnection,
    id: &TokenHash,
    version: i64,
    stage: &[u8],
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        journeys::table
            .find(id.as_str())
            .filter(journeys::version.eq(version)),
    )
    .set((journeys::version.eq(version + 1), journeys::stage.eq(stage)))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Holds a journey's row until the caller's transaction ends; `false` where it is over.
pub fn hold(connection: &mut AnyConnection, id: &TokenHash, now: Timestamp) -> Result<bool> {
    prepared!(connection, |c| diesel::update(
        journeys::table
            .find(id.as_str())
            .filter(journeys::expires_at.gt(now.millis())),
    )
    .set(journeys::version.eq(journeys::version))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Ends the journey at the step `version`; `false` where it has moved on or ended.
pub fn finish(connection: &mut AnyConnection, id: &TokenHash, version: i64) -> Result<bool> {
    prepared!(connection, |c| diesel::delete(
        journeys::table
            .find(id.as_str())
            .filter(journeys::version.eq(version)),
    )
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Gives a journey up.
pub fn abandon(connection: &mut AnyConnection, id: &TokenHash) -> Result<()> {
    prepared!(connection, |c| diesel::delete(
        journeys::table.find(id.as_str())
    )
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Ends all journeys of a user.
pub fn abandon_all_of(connection: &mut AnyConnection, user: UserId) -> Result<()> {
    prepared!(connection, |c| diesel::delete(
        journeys::table.filter(journeys::user_id.eq(user.to_string()))
    )
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Ends some of everybody's journeys, and counts them.
pub fn abandon_some(connection: &mut AnyConnection, limit: i64) -> Result<usize> {
    let some: Vec<String> = journeys::table
        .select(journeys::id)
        .limit(limit)
        .load(connection)
        .map_err(failed)?;
    diesel::delete(journeys::table.filter(journeys::id.eq_any(some)))
        .execute(connection)
        .map_err(failed)
}

/// Removes what expired before `moment`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "journeys",
        key: "id",
        condition: "expires_at < $1",
    };
    pieces::delete(connection, &over, moment, limit)
}
