//! Counts of failed tries, and the locks that follow from them.
//!
//! A try is counted before its answer is known, in a transaction of its own, so that many tries at
//! once cannot pass a limit that each of them alone would respect.

use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use std::time::Duration;

use super::connection::{AnyConnection, failed, prepared};
use super::pieces::{self, Over};
use super::prepared_statements;
use super::schema::attempts;
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::{AttemptCount, AttemptLimit, AttemptScope, FOR_GOOD};
use keyward_core::domain::event::EventId;
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

mod clear;

pub use clear::{Clearing, clear, clear_many, clear_user};

/// How often a count that changes under our hands is looked at again.
const AT_MOST: usize = 64;

/// Whether a try may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It was counted and may be made.
    Admitted,
    /// The scope is locked until then.
    LockedUntil(Timestamp),
}

/// Counts a try and says whether it may be made.
pub fn admit(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    limit: &AttemptLimit,
    now: Timestamp,
) -> Result<Admission> {
    let key = scope.key();
    let soon = now + Duration::from_secs(1);
    // On PostgreSQL a row may come, go or change between two of these statements; then it is
    // looked at again. The number of times is only there so that this ends.
    for _ in 0..AT_MOST {
        if count_one(connection, &key, limit, now)?
            || forget_and_count(connection, &key, limit, now)?
        {
            return Ok(Admission::Admitted);
        }
        match count_and_lock(connection, &key)? {
            None if insert_row(connection, &key, 1, now)? => return Ok(Admission::Admitted),
            Some((_, until)) if until > now => return Ok(Admission::LockedUntil(until)),
            // As many tries as the limit allows are being answered just now: a moment's wait.
            Some((failures, _)) if failures >= i64::from(limit.failures) => {
                return Ok(Admission::LockedUntil(soon));
            }
            None => {}
            Some(_) if is_at_its_end(connection, &key, limit)? => {
                return Ok(Admission::LockedUntil(soon));
            }
            Some(_) => {}
        }
    }
    Ok(Admission::LockedUntil(soon))
}

/// Counts a try where the scope is neither locked nor at its limit.
fn count_one(
    connection: &mut AnyConnection,
    key: &str,
    limit: &AttemptLimit,
    now: Timestamp,
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        attempts::table
            .find(key)
            .filter(attempts::locked_until.le(now.millis()))
            .filter(attempts::failures.lt(i64::from(limit.failures)))
            .filter(attempts::in_a_row.lt(most_in_a_row(limit))),
    )
    .set((
        attempts::failures.eq(attempts::failures + 1),
        attempts::in_a_row.eq(attempts::in_a_row + 1),
        // Its next lock is another one, with an event of its own.
        attempts::lock_event.eq(None::<String>),
        attempts::updated_at.eq(now.millis()),
    ))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Starts over where a count at its limit has seen no try for as long as a lock lasts: a crash
/// between counting and locking must not shut a scope for ever.
fn forget_and_count(
    connection: &mut AnyConnection,
    key: &str,
    limit: &AttemptLimit,
    now: Timestamp,
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        attempts::table
            .find(key)
            .filter(attempts::locked_until.le(now.millis()))
            .filter(attempts::updated_at.lt((now - limit.lock).millis()))
            .filter(attempts::in_a_row.lt(most_in_a_row(limit))),
    )
    .set((
        attempts::failures.eq(1),
        attempts::in_a_row.eq(attempts::in_a_row + 1),
        attempts::lock_event.eq(None::<String>),
        attempts::updated_at.eq(now.millis()),
    ))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

fn most_in_a_row(limit: &AttemptLimit) -> i64 {
    limit.in_a_row.map_or(i64::MAX, i64::from)
}

/// Whether as many failures in a row as there may be are counted, some of them perhaps of tries that
/// are being answered just now.
fn is_at_its_end(connection: &mut AnyConnection, key: &str, limit: &AttemptLimit) -> Result<bool> {
    let row = prepared!(connection, |c| attempts::table
        .find(key)
        .select(attempts::in_a_row)
        .get_result::<i64>(c))
    .optional()
    .map_err(failed)?;
    Ok(row.is_some_and(|in_a_row| in_a_row >= most_in_a_row(limit)))
}

/// Failures, and until when the scope is or was locked.
fn count_and_lock(connection: &mut AnyConnection, key: &str) -> Result<Option<(i64, Timestamp)>> {
    prepared!(connection, |c| attempts::table
        .find(key)
        .select((attempts::failures, attempts::locked_until))
        .get_result::<(i64, i64)>(c))
    .optional()
    .map(|row| row.map(|(failures, until)| (failures, Timestamp::from_millis(until))))
    .map_err(failed)
}

/// Begins a count; `false` where another request did so at the same time.
fn insert_row(
    connection: &mut AnyConnection,
    key: &str,
    failures: i64,
    now: Timestamp,
) -> Result<bool> {
    // ON CONFLICT keeps a PostgreSQL transaction alive where a unique violation would end it.
    prepared!(connection, |c| diesel::insert_into(attempts::table)
        .values((
            attempts::scope.eq(key),
            attempts::failures.eq(failures),
            attempts::locks.eq(0),
            attempts::locked_until.eq(0),
            attempts::updated_at.eq(now.millis()),
            attempts::in_a_row.eq(failures),
        ))
        .on_conflict_do_nothing()
        .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// The try that was counted failed: locks the scope where that was one too many.
pub fn lock_if_spent(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    limit: &AttemptLimit,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let key = scope.key();
    let locks = prepared!(connection, |c| attempts::table
        .find(&key)
        .filter(attempts::failures.ge(i64::from(limit.failures)))
        .select(attempts::locks)
        .get_result::<i64>(c))
    .optional()
    .map_err(failed)?;
    let Some(locks) = locks else { return Ok(None) };
    let until = now + limit.lock_after(u32::try_from(locks).unwrap_or(u32::MAX));
    let locked = prepared!(connection, |c| prepared_statements::update(
        attempts::table
            .find(&key)
            .filter(attempts::locks.eq(locks))
            .filter(attempts::failures.ge(i64::from(limit.failures))),
    )
    .set((
        attempts::failures.eq(0),
        attempts::locks.eq(locks + 1),
        attempts::locked_until.eq(until.millis()),
    ))
    .execute(c))
    .map_err(failed)?;
    Ok((locked == 1).then_some(until))
}

/// Ends a scope whose failures in a row are too many; `true` for the one request that does.
pub fn end_if_spent(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    limit: &AttemptLimit,
) -> Result<bool> {
    let Some(most) = limit.in_a_row else {
        return Ok(false);
    };
    prepared!(connection, |c| prepared_statements::update(
        attempts::table
            .find(scope.key())
            .filter(attempts::in_a_row.ge(i64::from(most)))
            .filter(attempts::locked_until.lt(FOR_GOOD.millis())),
    )
    .set((
        attempts::failures.eq(0),
        attempts::locks.eq(attempts::locks + 1),
        attempts::locked_until.eq(FOR_GOOD.millis()),
    ))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Holds the row of an address until the transaction ends, so that what is counted on it is counted
/// by one after another.
pub fn hold(connection: &mut AnyConnection, scope: &AttemptScope, now: Timestamp) -> Result<()> {
    let key = scope.key();
    for _ in 0..AT_MOST {
        let held = prepared!(connection, |c| prepared_statements::update(
            attempts::table.find(&key)
        )
        .set(attempts::updated_at.eq(attempts::updated_at))
        .execute(c))
        .map_err(failed)?;
        if held == 1 || insert_row(connection, &key, 0, now)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Notes how many failures an address has, for those who look; it must be held.
pub fn note_failures(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    failures: i64,
    now: Timestamp,
) -> Result<()> {
    prepared!(connection, |c| prepared_statements::update(
        attempts::table.find(scope.key())
    )
    .set((
        attempts::failures.eq(failures),
        attempts::updated_at.eq(now.millis()),
    ))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Locks an address whatever it counts, as its next lock, and says until when. An address changes
/// hands: locks that ended longer ago than the longest lasts make the next one no longer.
pub fn lock(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    limit: &AttemptLimit,
    now: Timestamp,
) -> Result<Timestamp> {
    hold(connection, scope, now)?;
    let key = scope.key();
    let (locks, before) = attempts::table
        .find(&key)
        .select((attempts::locks, attempts::locked_until))
        .first::<(i64, i64)>(connection)
        .map_err(failed)?;
    let is_long_ago = before < (now - limit.longest).millis();
    let locks = if is_long_ago { 0 } else { locks };
    let until = now + limit.lock_after(u32::try_from(locks).unwrap_or(u32::MAX));
    diesel::update(attempts::table.find(&key))
        .set((
            attempts::failures.eq(0),
            attempts::locks.eq(locks + 1),
            attempts::locked_until.eq(until.millis()),
            attempts::updated_at.eq(now.millis()),
        ))
        .execute(connection)
        .map_err(failed)?;
    Ok(until)
}

/// The event that tells of tries at a scope while it is locked, where there is one.
pub fn lock_event(connection: &mut AnyConnection, scope: &AttemptScope) -> Result<Option<EventId>> {
    let event = prepared!(connection, |c| attempts::table
        .find(scope.key())
        .select(attempts::lock_event)
        .get_result::<Option<String>>(c))
    .optional()
    .map_err(failed)?;
    Ok(event.flatten().as_deref().and_then(EventId::from_stored))
}

/// Makes an event the one that tells of tries at a locked scope; `false` where there is one already,
/// also in a race.
pub fn set_lock_event(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    event: EventId,
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        attempts::table
            .find(scope.key())
            .filter(attempts::lock_event.is_null()),
    )
    .set(attempts::lock_event.eq(Some(event.to_string())))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Until when a scope is locked, if it is.
pub fn lock_of(
    connection: &mut AnyConnection,
    scope: &AttemptScope,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let row = count_and_lock(connection, &scope.key())?;
    Ok(row.map(|(_, until)| until).filter(|until| *until > now))
}

/// Until when the longest lock of a user lasts, if there is any.
pub fn lock_of_user(
    connection: &mut AnyConnection,
    user: UserId,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let prefix = AttemptScope::user_prefix(user);
    prepared!(connection, |c| attempts::table
        .filter(attempts::scope.ge(prefix.clone()))
        .filter(attempts::scope.lt(format!("{prefix}\u{10FFFF}")))
        .select(diesel::dsl::max(attempts::locked_until))
        .get_result::<Option<i64>>(c))
    .map(|until| until.map(Timestamp::from_millis))
    .map(|until| until.filter(|until| *until > now))
    .map_err(failed)
}

/// The try that was counted was no guess (a right answer that came twice, say): takes it back.
pub fn take_back(connection: &mut AnyConnection, scope: &AttemptScope) -> Result<()> {
    diesel::sql_query(
        "UPDATE attempts SET in_a_row = in_a_row - 1, \
             failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END \
         WHERE scope = $1 AND in_a_row > 0",
    )
    .bind::<Text, _>(scope.key())
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Counts that are locked or have failures: what is locked first, then the most recent.
pub fn list(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<AttemptCount>> {
    let columns = (attempts::scope, attempts::failures, attempts::locked_until);
    // What the index of locks says of its rows: the planner must read it to use the index.
    let was_locked = diesel::dsl::sql::<Bool>("locked_until > 0");
    let mut rows = attempts::table
        .filter(was_locked)
        .filter(attempts::locked_until.gt(now.millis()))
        .order(attempts::locked_until.desc())
        .limit(limit)
        .select(columns)
        .load::<(String, i64, i64)>(connection)
        .map_err(failed)?;
    let open = attempts::table
        .filter(has_failed())
        .filter(attempts::locked_until.le(now.millis()))
        .order(attempts::updated_at.desc())
        .limit(limit - i64::try_from(rows.len()).unwrap_or(limit))
        .select(columns)
        .load::<(String, i64, i64)>(connection)
        .map_err(failed)?;
    rows.extend(open);
    Ok(rows.into_iter().map(|row| counted(row, now)).collect())
}

/// A page of what is counted, in the order of the keys after one.
pub fn page(
    connection: &mut AnyConnection,
    now: Timestamp,
    after: &str,
    limit: i64,
) -> Result<Vec<AttemptCount>> {
    attempts::table
        .filter(attempts::scope.gt(after))
        .filter(has_failed().or(attempts::locked_until.gt(now.millis())))
        .order(attempts::scope)
        .limit(limit)
        .select((attempts::scope, attempts::failures, attempts::locked_until))
        .load::<(String, i64, i64)>(connection)
        .map_err(failed)
        .map(|rows| rows.into_iter().map(|row| counted(row, now)).collect())
}

fn counted((scope, failures, locked_until): (String, i64, i64), now: Timestamp) -> AttemptCount {
    AttemptCount {
        scope,
        failures: u32::try_from(failures).unwrap_or_default(),
        locked_until: Some(Timestamp::from_millis(locked_until)).filter(|until| *until > now),
    }
}

/// Removes counts that no try has touched since `moment`: at most `limit` of them, counted.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "attempts",
        key: "scope",
        // A user's failures in a row end with a success alone.
        condition: "updated_at < $1 AND locked_until < $1 \
             AND (in_a_row = 0 OR scope NOT LIKE 'user:%')",
    };
    pieces::delete(connection, &over, moment, limit)
}

/// How many scopes are counted, and how many of them are locked now.
pub fn tally(connection: &mut AnyConnection, now: Timestamp) -> Result<(u64, u64)> {
    let open = attempts::table
        .filter(has_failed())
        .filter(attempts::locked_until.le(now.millis()))
        .count()
        .get_result::<i64>(connection)
        .map_err(failed)?;
    let locked = attempts::table
        .filter(diesel::dsl::sql::<Bool>("locked_until > 0"))
        .filter(attempts::locked_until.gt(now.millis()))
        .count()
        .get_result::<i64>(connection)
        .map_err(failed)?;
    let number = |count: i64| count.try_into().unwrap_or_default();
    Ok((number(open + locked), number(locked)))
}

/// Who got in leaves a row behind that counts nothing. In the words of the index, as above.
fn has_failed() -> SqlLiteral<Bool> {
    diesel::dsl::sql::<Bool>("failures > 0")
}
