//! Sessions that end because there are too many of them, or because everybody's end, in pieces.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed};
use super::schema::sessions;
use super::sessions::Open;
use super::users;
use keyward_core::domain::session::SessionId;
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

/// Ends some of everybody's sessions that are no newer than `last`, but not `besides`, and counts them.
pub fn end_some(
    connection: &mut AnyConnection,
    last: SessionId,
    besides: Option<SessionId>,
    limit: i64,
) -> Result<usize> {
    let besides = besides.map(|id| id.to_string()).unwrap_or_default();
    let some: Vec<(String, String)> = sessions::table
        .filter(sessions::id.le(last.to_string()))
        .filter(sessions::id.ne(besides))
        .select((sessions::id, sessions::user_id))
        .order(sessions::id)
        .limit(limit)
        .load(connection)
        .map_err(failed)?;
    let owners = some
        .iter()
        .filter_map(|(_, user)| UserId::from_stored(user));
    users::hold_all(connection, owners.collect())?;
    let some: Vec<String> = some.into_iter().map(|(id, _)| id).collect();
    diesel::delete(sessions::table.filter(sessions::id.eq_any(some)))
        .execute(connection)
        .map_err(failed)
}

/// Ends those open sessions of a user that were not seen for longest, until at most `most` are left,
/// and counts them.
pub fn end_oldest_of(
    connection: &mut AnyConnection,
    user: UserId,
    open: Open,
    most: i64,
) -> Result<usize> {
    let too_many: Vec<String> = sessions::table
        .filter(sessions::user_id.eq(user.to_string()))
        .filter(sessions::expires_at.gt(open.now.millis()))
        .filter(sessions::last_seen_at.gt(open.idle_since.millis()))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .select(sessions::id)
        .limit(MOST_TOO_MANY)
        .offset(most)
        .load(connection)
        .map_err(failed)?;
    if too_many.is_empty() {
        return Ok(0);
    }
    diesel::delete(sessions::table.filter(sessions::id.eq_any(too_many)))
        .execute(connection)
        .map_err(failed)
}

/// How many sessions beyond what a user may have end at one sign-in: where the setting was lowered,
/// the next sign-ins end the rest.
const MOST_TOO_MANY: i64 = 500;
