//! Sessions: what the identifier in a browser's cookie row stands for, checked on each request.

use std::net::IpAddr;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::connection::{AnyConnection, failed, listed, prepared, unreadable};
use super::pieces::{self, Over};
use super::prepared_statements;
use super::schema::{sessions, users};
use super::users::{self as user_table, UserRow};
use keyward_core::clock::Timestamp;
use keyward_core::domain::assurance_level::AssuranceLevel;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::session::{Assurance, Client, Methods, Session, SessionId, SessionPlace};
use keyward_core::domain::trusted_browser::TrustedBrowserId;
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::step_up::RaisedBy;
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::TokenHash;

#[derive(Queryable)]
pub(super) struct SessionRow {
    id: String,
    identifier_hash: String,
    user_id: String,
    assurance: String,
    methods: String,
    device_id: Option<String>,
    opened_at: i64,
    last_seen_at: i64,
    expires_at: i64,
    address: String,
    user_agent: String,
    proved_at: Option<i64>,
    trusted_browser_id: Option<String>,
    level: String,
}

impl TryFrom<SessionRow> for Session {
    type Error = Problem;

    fn try_from(row: SessionRow) -> Result<Self> {
        let bad = |what| unreadable("sessions", &row.id, what);
        let address = row.address.parse::<IpAddr>();
        let address = address.map_err(|_| bad("address"))?;
        Ok(Self {
            id: SessionId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
            identifier: TokenHash::from_stored(&row.identifier_hash),
            user_id: UserId::from_stored(&row.user_id).ok_or_else(|| bad("user_id"))?,
            assurance: Assurance::from_stored(&row.assurance).ok_or_else(|| bad("assurance"))?,
            methods: Methods::from_stored(&row.methods),
            level: AssuranceLevel::from_stored(&row.level).ok_or_else(|| bad("level"))?,
            device_id: match &row.device_id {
                Some(text) => Some(DeviceId::from_stored(text).ok_or_else(|| bad("device_id"))?),
                None => None,
            },
            opened_at: Timestamp::from_millis(row.opened_at),
            last_seen_at: Timestamp::from_millis(row.last_seen_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            client: Client::new(address, &row.user_agent),
            proved_at: row.proved_at.map(Timestamp::from_millis),
            trusted_browser_id: match &row.trusted_browser_id {
                Some(text) => Some(
                    TrustedBrowserId::from_stored(text).ok_or_else(|| bad("trusted_browser_id"))?,
                ),
                None => None,
            },
        })
    }
}

/// Adds a session.
pub fn insert(connection: &mut AnyConnection, session: &Session) -> Result<()> {
    prepared!(connection, |c| diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(session.id.to_string()),
            sessions::identifier_hash.eq(session.identifier.as_str()),
            sessions::user_id.eq(session.user_id.to_string()),
            sessions::assurance.eq(session.assurance.as_str()),
            sessions::methods.eq(session.methods.joined()),
            sessions::level.eq(session.level.as_str()),
            sessions::device_id.eq(session.device_id.map(|id| id.to_string())),
            sessions::opened_at.eq(session.opened_at.millis()),
            sessions::last_seen_at.eq(session.last_seen_at.millis()),
            sessions::expires_at.eq(session.expires_at.millis()),
            sessions::address.eq(session.client.address.to_string()),
            sessions::user_agent.eq(&session.client.user_agent),
            sessions::proved_at.eq(session.proved_at.map(Timestamp::millis)),
            sessions::trusted_browser_id.eq(session.trusted_browser_id.map(|id| id.to_string())),
        ))
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// The session that this identifier opens, expired or not.
pub fn by_identifier(
    connection: &mut AnyConnection,
    identifier: &TokenHash,
) -> Result<Option<Session>> {
    prepared!(connection, |c| sessions::table
        .filter(sessions::identifier_hash.eq(identifier.as_str()))
        .get_result::<SessionRow>(c))
    .optional()
    .map_err(failed)?
    .map(Session::try_from)
    .transpose()
}

/// The session that this identifier opens, with its user.
pub fn with_user(
    connection: &mut AnyConnection,
    identifier: &TokenHash,
) -> Result<Option<(Session, User)>> {
    prepared!(connection, |c| sessions::table
        .inner_join(users::table)
        .filter(sessions::identifier_hash.eq(identifier.as_str()))
        .select((sessions::all_columns, user_table::COLUMNS))
        .get_result::<(SessionRow, UserRow)>(c))
    .optional()
    .map_err(failed)?
    .map(|(session, user)| Ok((Session::try_from(session)?, User::try_from(user)?)))
    .transpose()
}

/// Remembers that a session was seen.
pub fn note_seen(connection: &mut AnyConnection, id: SessionId, now: Timestamp) -> Result<()> {
    prepared!(connection, |c| prepared_statements::update(
        sessions::table.find(id.to_string())
    )
    .set(sessions::last_seen_at.eq(now.millis()))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Puts a fresh proof, the level that it comes to, and the identifier that goes with it, on a session
/// that is open; `false` where it ended meanwhile.
pub fn raise(
    connection: &mut AnyConnection,
    id: SessionId,
    by: &RaisedBy,
    level: AssuranceLevel,
    identifier: &TokenHash,
    now: Timestamp,
) -> Result<bool> {
    let open = sessions::table
        .find(id.to_string())
        .filter(sessions::expires_at.gt(now.millis()));
    let proved = (
        sessions::identifier_hash.eq(identifier.as_str()),
        sessions::proved_at.eq(now.millis()),
        sessions::last_seen_at.eq(now.millis()),
    );
    match by {
        RaisedBy::Password => diesel::update(open).set(proved).execute(connection),
        RaisedBy::SecondFactor { device_id, methods } => diesel::update(open)
            .set((
                proved,
                sessions::assurance.eq(Assurance::Verified.as_str()),
                sessions::methods.eq(methods.joined()),
                sessions::level.eq(level.as_str()),
                sessions::device_id.eq(device_id.to_string()),
            ))
            .execute(connection),
    }
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Holds the row of a session until the caller's transaction ends; `false` where it is open no more,
/// or under another identifier.
pub fn hold(
    connection: &mut AnyConnection,
    id: SessionId,
    identifier: &TokenHash,
    open: Open,
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        sessions::table
            .find(id.to_string())
            .filter(sessions::identifier_hash.eq(identifier.as_str()))
            .filter(sessions::expires_at.gt(open.now.millis()))
            .filter(sessions::last_seen_at.gt(open.idle_since.millis())),
    )
    .set(sessions::identifier_hash.eq(identifier.as_str()))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Whether a session is open under this identifier, without holding its row.
pub fn is_open(
    connection: &mut AnyConnection,
    id: SessionId,
    identifier: &TokenHash,
    open: Open,
) -> Result<bool> {
    prepared!(connection, |c| diesel::select(diesel::dsl::exists(
        sessions::table
            .find(id.to_string())
            .filter(sessions::identifier_hash.eq(identifier.as_str()))
            .filter(sessions::expires_at.gt(open.now.millis()))
            .filter(sessions::last_seen_at.gt(open.idle_since.millis())),
    ))
    .get_result(c))
    .map_err(failed)
}

/// Puts a new identifier on a session: an attacker who copied the old one is out.
pub fn rekey(connection: &mut AnyConnection, id: SessionId, identifier: &TokenHash) -> Result<()> {
    prepared!(connection, |c| prepared_statements::update(
        sessions::table.find(id.to_string())
    )
    .set(sessions::identifier_hash.eq(identifier.as_str()))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Gives a session that a short password opened what a longer one opens; nothing happens to any
/// other.
pub fn lengthen(connection: &mut AnyConnection, id: SessionId, now: Timestamp) -> Result<()> {
    diesel::update(
        sessions::table
            .find(id.to_string())
            .filter(sessions::assurance.eq(Assurance::Short.as_str())),
    )
    .set((
        sessions::assurance.eq(Assurance::Password.as_str()),
        sessions::proved_at.eq(now.millis()),
    ))
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Ends one session; `false` where it had ended.
pub fn end(connection: &mut AnyConnection, id: SessionId) -> Result<bool> {
    prepared!(connection, |c| diesel::delete(
        sessions::table.find(id.to_string())
    )
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Ends one session of this user; `false` where it had ended, or is another user's.
pub fn end_of(connection: &mut AnyConnection, user: UserId, id: SessionId) -> Result<bool> {
    diesel::delete(
        sessions::table
            .find(id.to_string())
            .filter(sessions::user_id.eq(user.to_string())),
    )
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Ends all sessions of a user but this one, and counts them.
pub fn end_others_of(
    connection: &mut AnyConnection,
    user: UserId,
    besides: SessionId,
) -> Result<usize> {
    diesel::delete(
        sessions::table
            .filter(sessions::user_id.eq(user.to_string()))
            .filter(sessions::id.ne(besides.to_string())),
    )
    .execute(connection)
    .map_err(failed)
}

/// Ends all sessions of a user, and counts them.
pub fn end_all_of(connection: &mut AnyConnection, user: UserId) -> Result<usize> {
    prepared!(connection, |c| diesel::delete(
        sessions::table.filter(sessions::user_id.eq(user.to_string()))
    )
    .execute(c))
    .map_err(failed)
}

/// Ends the sessions that a trusted browser opened, and counts them.
pub fn end_opened_by(connection: &mut AnyConnection, browser: TrustedBrowserId) -> Result<usize> {
    diesel::delete(sessions::table.filter(sessions::trusted_browser_id.eq(browser.to_string())))
        .execute(connection)
        .map_err(failed)
}

/// Ends the sessions of a user that no second factor has proved, nor a browser that stands in for
/// one, and counts them.
pub fn end_unverified_of(connection: &mut AnyConnection, user: UserId) -> Result<usize> {
    prepared!(connection, |c| diesel::delete(
        sessions::table
            .filter(sessions::user_id.eq(user.to_string()))
            .filter(sessions::assurance.eq_any([
                Assurance::Password.as_str(),
                Assurance::Short.as_str(),
                Assurance::Enrolment.as_str(),
                Assurance::Pass.as_str(),
            ])),
    )
    .execute(c))
    .map_err(failed)
}

/// Ends the sessions that a temporary pass opened, and counts them.
pub fn end_by_pass(connection: &mut AnyConnection, user: UserId) -> Result<usize> {
    diesel::delete(
        sessions::table
            .filter(sessions::user_id.eq(user.to_string()))
            .filter(sessions::assurance.eq(Assurance::Pass.as_str())),
    )
    .execute(connection)
    .map_err(failed)
}

/// Ends the sessions that a device proved, except `besides`, and counts them.
pub fn end_proved_by(
    connection: &mut AnyConnection,
    device: DeviceId,
    besides: Option<SessionId>,
) -> Result<usize> {
    let besides = besides.map(|id| id.to_string()).unwrap_or_default();
    prepared!(connection, |c| diesel::delete(
        sessions::table
            .filter(sessions::device_id.eq(device.to_string()))
            .filter(sessions::id.ne(besides)),
    )
    .execute(c))
    .map_err(failed)
}

/// How many open sessions a device proved, except `besides`.
pub fn count_proved_by(
    connection: &mut AnyConnection,
    device: DeviceId,
    besides: Option<SessionId>,
    open: Open,
) -> Result<i64> {
    let besides = besides.map(|id| id.to_string()).unwrap_or_default();
    prepared!(connection, |c| sessions::table
        .filter(sessions::device_id.eq(device.to_string()))
        .filter(sessions::id.ne(besides))
        .filter(sessions::expires_at.gt(open.now.millis()))
        .filter(sessions::last_seen_at.gt(open.idle_since.millis()))
        .count()
        .get_result(c))
    .map_err(failed)
}

/// What makes a session an open one at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    /// It expires after this moment.
    pub now: Timestamp,
    /// It was seen after this moment.
    pub idle_since: Timestamp,
}

/// Open sessions with their users' names, the latest seen first, those after a place; of one user
/// where one is named. In that order the idle ones come last, and none of them is looked at.
pub fn page(
    connection: &mut AnyConnection,
    user: Option<UserId>,
    after: Option<SessionPlace>,
    open: Open,
    limit: i64,
) -> Result<Vec<(Session, String)>> {
    let mut query = sessions::table
        .inner_join(users::table)
        .filter(sessions::expires_at.gt(open.now.millis()))
        .filter(sessions::last_seen_at.gt(open.idle_since.millis()))
        .select((sessions::all_columns, users::name))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some(user) = user {
        query = query.filter(sessions::user_id.eq(user.to_string()));
    }
    if let Some(place) = after {
        query = query.filter(
            sql::<Bool>("(sessions.last_seen_at, sessions.id) < (")
                .bind::<BigInt, _>(place.last_seen_at.millis())
                .sql(", ")
                .bind::<Text, _>(place.id.to_string())
                .sql(")"),
        );
    }
    query
        .load::<(SessionRow, String)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(row, name)| Ok((Session::try_from(row)?, name)))
        .filter_map(listed)
        .collect()
}

/// How many open sessions a user has.
pub fn count_of(connection: &mut AnyConnection, user: UserId, open: Open) -> Result<i64> {
    prepared!(connection, |c| sessions::table
        .filter(sessions::user_id.eq(user.to_string()))
        .filter(sessions::expires_at.gt(open.now.millis()))
        .filter(sessions::last_seen_at.gt(open.idle_since.millis()))
        .count()
        .get_result(c))
    .map_err(failed)
}

/// The session of this id.
pub fn by_id(connection: &mut AnyConnection, id: SessionId) -> Result<Option<Session>> {
    prepared!(connection, |c| sessions::table
        .find(id.to_string())
        .get_result::<SessionRow>(c))
    .optional()
    .map_err(failed)?
    .map(Session::try_from)
    .transpose()
}

/// Removes what has expired: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "sessions",
        key: "id",
        condition: "expires_at <= $1",
    };
    pieces::delete(connection, &over, now, limit)
}

/// Removes what no user has used since `idle_since`, which opens nothing any more: at most `limit`
/// of it, counted.
pub fn sweep_idle(
    connection: &mut AnyConnection,
    idle_since: Timestamp,
    limit: i64,
) -> Result<usize> {
    let over = Over {
        table: "sessions",
        key: "id",
        condition: "last_seen_at <= $1",
    };
    pieces::delete(connection, &over, idle_since, limit)
}
