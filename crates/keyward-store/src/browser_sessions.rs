//! What a browser's session cookie stands for. The row is found by the hash of the cookie's key, so
//! a copied database opens no user's session.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, is_taken, prepared};
use super::pieces::{self, Over};
use super::prepared_statements;
use super::schema::{browser_sessions, sessions};
use keyward_core::clock::Timestamp;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::TokenHash;

/// How many are removed at one sign-in, where the bound was lowered.
const MOST_AT_ONCE: i64 = 500;

/// The state under this key, expired or not, and when it expires.
pub fn get(connection: &mut AnyConnection, key_hash: &str) -> Result<Option<(String, Timestamp)>> {
    prepared!(connection, |c| browser_sessions::table
        .find(key_hash)
        .select((browser_sessions::state, browser_sessions::expires_at))
        .get_result::<(String, i64)>(c))
    .optional()
    .map(|row| row.map(|(state, expires_at)| (state, Timestamp::from_millis(expires_at))))
    .map_err(failed)
}

/// Adds a browser session of the user who is signed in by this identifier, if one is. Of one user's sessions the
/// latest `most` stay.
pub fn insert(
    connection: &mut AnyConnection,
    key_hash: &str,
    state: &str,
    expires_at: Timestamp,
    signed_in_by: Option<&TokenHash>,
    most: i64,
) -> Result<()> {
    let user = match signed_in_by {
        Some(identifier) => user_of(connection, identifier)?,
        None => None,
    };
    let inserted = prepared!(connection, |c| diesel::insert_into(browser_sessions::table)
        .values((
            browser_sessions::key_hash.eq(key_hash),
            browser_sessions::state.eq(state),
            browser_sessions::expires_at.eq(expires_at.millis()),
            browser_sessions::user_id.eq(user.as_deref()),
        ))
        .execute(c));
    if is_taken(&inserted) {
        return Err(Problem::new(codes::INTERNAL).detailed("a session key was drawn twice"));
    }
    inserted.map_err(failed)?;
    match user {
        Some(user) => end_oldest_of(connection, &user, most),
        None => Ok(()),
    }
}

fn user_of(connection: &mut AnyConnection, identifier: &TokenHash) -> Result<Option<String>> {
    prepared!(connection, |c| sessions::table
        .filter(sessions::identifier_hash.eq(identifier.as_str()))
        .select(sessions::user_id)
        .get_result::<String>(c))
    .optional()
    .map_err(failed)
}

/// Removes what a user's browsers left behind: the sessions that it stood for ended meanwhile.
fn end_oldest_of(connection: &mut AnyConnection, user: &str, most: i64) -> Result<()> {
    let left: Vec<String> = browser_sessions::table
        .filter(browser_sessions::user_id.eq(user))
        .order(browser_sessions::expires_at.desc())
        .select(browser_sessions::key_hash)
        .limit(MOST_AT_ONCE)
        .offset(most)
        .load(connection)
        .map_err(failed)?;
    if left.is_empty() {
        return Ok(());
    }
    diesel::delete(browser_sessions::table.filter(browser_sessions::key_hash.eq_any(left)))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Replaces a session's state; `false` where the session has ended.
pub fn update(
    connection: &mut AnyConnection,
    key_hash: &str,
    state: &str,
    expires_at: Timestamp,
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        browser_sessions::table.find(key_hash)
    )
    .set((
        browser_sessions::state.eq(state),
        browser_sessions::expires_at.eq(expires_at.millis()),
    ))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Moves a session's end.
pub fn extend(connection: &mut AnyConnection, key_hash: &str, expires_at: Timestamp) -> Result<()> {
    prepared!(connection, |c| prepared_statements::update(
        browser_sessions::table.find(key_hash)
    )
    .set(browser_sessions::expires_at.eq(expires_at.millis()))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Ends a session.
pub fn delete(connection: &mut AnyConnection, key_hash: &str) -> Result<()> {
    prepared!(connection, |c| diesel::delete(
        browser_sessions::table.find(key_hash)
    )
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Removes what has expired: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "browser_sessions",
        key: "key_hash",
        condition: "expires_at <= $1",
    };
    pieces::delete(connection, &over, now, limit)
}
