//! Sign-ins: what a browser session's identifier stands for, checked on each request.

use std::net::IpAddr;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::connection::{AnyConnection, failed, listed, prepared, unreadable};
use super::pieces::{self, Over};
use super::prepared_statements;
use super::schema::{sign_ins, users};
use super::users::{self as user_table, UserRow};
use keyward_core::clock::Timestamp;
use keyward_core::domain::assurance_level::AssuranceLevel;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::session::{Assurance, Client, Methods, SignIn, SignInId, SignInPlace};
use keyward_core::domain::trusted_browser::TrustedBrowserId;
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::step_up::RaisedBy;
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::TokenHash;

#[derive(Queryable)]
pub(super) struct SignInRow {
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

impl TryFrom<SignInRow> for SignIn {
    type Error = Problem;

    fn try_from(row: SignInRow) -> Result<Self> {
        let bad = |what| unreadable("sign_ins", &row.id, what);
        let address = row.address.parse::<IpAddr>();
        let address = address.map_err(|_| bad("address"))?;
        Ok(Self {
            id: SignInId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
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

/// Adds a sign-in.
pub fn insert(connection: &mut AnyConnection, sign_in: &SignIn) -> Result<()> {
    prepared!(connection, |c| diesel::insert_into(sign_ins::table)
        .values((
            sign_ins::id.eq(sign_in.id.to_string()),
            sign_ins::identifier_hash.eq(sign_in.identifier.as_str()),
            sign_ins::user_id.eq(sign_in.user_id.to_string()),
            sign_ins::assurance.eq(sign_in.assurance.as_str()),
            sign_ins::methods.eq(sign_in.methods.joined()),
            sign_ins::level.eq(sign_in.level.as_str()),
            sign_ins::device_id.eq(sign_in.device_id.map(|id| id.to_string())),
            sign_ins::opened_at.eq(sign_in.opened_at.millis()),
            sign_ins::last_seen_at.eq(sign_in.last_seen_at.millis()),
            sign_ins::expires_at.eq(sign_in.expires_at.millis()),
            sign_ins::address.eq(sign_in.client.address.to_string()),
            sign_ins::user_agent.eq(&sign_in.client.user_agent),
            sign_ins::proved_at.eq(sign_in.proved_at.map(Timestamp::millis)),
            sign_ins::trusted_browser_id.eq(sign_in.trusted_browser_id.map(|id| id.to_string())),
        ))
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// The sign-in that this identifier opens, expired or not.
pub fn by_identifier(
    connection: &mut AnyConnection,
    identifier: &TokenHash,
) -> Result<Option<SignIn>> {
    prepared!(connection, |c| sign_ins::table
        .filter(sign_ins::identifier_hash.eq(identifier.as_str()))
        .get_result::<SignInRow>(c))
    .optional()
    .map_err(failed)?
    .map(SignIn::try_from)
    .transpose()
}

/// The sign-in that this identifier opens, with its user.
pub fn with_user(
    connection: &mut AnyConnection,
    identifier: &TokenHash,
) -> Result<Option<(SignIn, User)>> {
    prepared!(connection, |c| sign_ins::table
        .inner_join(users::table)
        .filter(sign_ins::identifier_hash.eq(identifier.as_str()))
        .select((sign_ins::all_columns, user_table::COLUMNS))
        .get_result::<(SignInRow, UserRow)>(c))
    .optional()
    .map_err(failed)?
    .map(|(sign_in, user)| Ok((SignIn::try_from(sign_in)?, User::try_from(user)?)))
    .transpose()
}

/// Remembers that a session was seen.
pub fn note_seen(connection: &mut AnyConnection, id: SignInId, now: Timestamp) -> Result<()> {
    prepared!(connection, |c| prepared_statements::update(
        sign_ins::table.find(id.to_string())
    )
    .set(sign_ins::last_seen_at.eq(now.millis()))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Puts a fresh proof, the level that it comes to, and the identifier that goes with it, on a sign-in
/// that is open; `false` where it ended meanwhile.
pub fn raise(
    connection: &mut AnyConnection,
    id: SignInId,
    by: &RaisedBy,
    level: AssuranceLevel,
    identifier: &TokenHash,
    now: Timestamp,
) -> Result<bool> {
    let open = sign_ins::table
        .find(id.to_string())
        .filter(sign_ins::expires_at.gt(now.millis()));
    let proved = (
        sign_ins::identifier_hash.eq(identifier.as_str()),
        sign_ins::proved_at.eq(now.millis()),
        sign_ins::last_seen_at.eq(now.millis()),
    );
    match by {
        RaisedBy::Password => diesel::update(open).set(proved).execute(connection),
        RaisedBy::SecondFactor { device_id, methods } => diesel::update(open)
            .set((
                proved,
                sign_ins::assurance.eq(Assurance::Verified.as_str()),
                sign_ins::methods.eq(methods.joined()),
                sign_ins::level.eq(level.as_str()),
                sign_ins::device_id.eq(device_id.to_string()),
            ))
            .execute(connection),
    }
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Holds the row of a sign-in until the caller's transaction ends; `false` where it is open no more,
/// or under another identifier.
pub fn hold(
    connection: &mut AnyConnection,
    id: SignInId,
    identifier: &TokenHash,
    open: Open,
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        sign_ins::table
            .find(id.to_string())
            .filter(sign_ins::identifier_hash.eq(identifier.as_str()))
            .filter(sign_ins::expires_at.gt(open.now.millis()))
            .filter(sign_ins::last_seen_at.gt(open.idle_since.millis())),
    )
    .set(sign_ins::identifier_hash.eq(identifier.as_str()))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Whether a sign-in is open under this identifier, without holding its row.
pub fn is_open(
    connection: &mut AnyConnection,
    id: SignInId,
    identifier: &TokenHash,
    open: Open,
) -> Result<bool> {
    prepared!(connection, |c| diesel::select(diesel::dsl::exists(
        sign_ins::table
            .find(id.to_string())
            .filter(sign_ins::identifier_hash.eq(identifier.as_str()))
            .filter(sign_ins::expires_at.gt(open.now.millis()))
            .filter(sign_ins::last_seen_at.gt(open.idle_since.millis())),
    ))
    .get_result(c))
    .map_err(failed)
}

/// Puts a new identifier on a sign-in: an attacker who copied the old one is out.
pub fn rekey(connection: &mut AnyConnection, id: SignInId, identifier: &TokenHash) -> Result<()> {
    prepared!(connection, |c| prepared_statements::update(
        sign_ins::table.find(id.to_string())
    )
    .set(sign_ins::identifier_hash.eq(identifier.as_str()))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Gives a sign-in that a short password opened what a longer one opens; nothing happens to any
/// other.
pub fn lengthen(connection: &mut AnyConnection, id: SignInId, now: Timestamp) -> Result<()> {
    diesel::update(
        sign_ins::table
            .find(id.to_string())
            .filter(sign_ins::assurance.eq(Assurance::Short.as_str())),
    )
    .set((
        sign_ins::assurance.eq(Assurance::Password.as_str()),
        sign_ins::proved_at.eq(now.millis()),
    ))
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Ends one sign-in; `false` where it had ended.
pub fn end(connection: &mut AnyConnection, id: SignInId) -> Result<bool> {
    prepared!(connection, |c| diesel::delete(
        sign_ins::table.find(id.to_string())
    )
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Ends one sign-in of this user; `false` where it had ended, or is another user's.
pub fn end_of(connection: &mut AnyConnection, user: UserId, id: SignInId) -> Result<bool> {
    diesel::delete(
        sign_ins::table
            .find(id.to_string())
            .filter(sign_ins::user_id.eq(user.to_string())),
    )
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Ends all sign-ins of a user but this one, and counts them.
pub fn end_others_of(
    connection: &mut AnyConnection,
    user: UserId,
    besides: SignInId,
) -> Result<usize> {
    diesel::delete(
        sign_ins::table
            .filter(sign_ins::user_id.eq(user.to_string()))
            .filter(sign_ins::id.ne(besides.to_string())),
    )
    .execute(connection)
    .map_err(failed)
}

/// Ends all sign-ins of a user, and counts them.
pub fn end_all_of(connection: &mut AnyConnection, user: UserId) -> Result<usize> {
    prepared!(connection, |c| diesel::delete(
        sign_ins::table.filter(sign_ins::user_id.eq(user.to_string()))
    )
    .execute(c))
    .map_err(failed)
}

/// Ends the sign-ins that a trusted browser opened, and counts them.
pub fn end_opened_by(connection: &mut AnyConnection, browser: TrustedBrowserId) -> Result<usize> {
    diesel::delete(sign_ins::table.filter(sign_ins::trusted_browser_id.eq(browser.to_string())))
        .execute(connection)
        .map_err(failed)
}

/// Ends the sign-ins of a user that no second factor has proved, nor a browser that stands in for
/// one, and counts them.
pub fn end_unverified_of(connection: &mut AnyConnection, user: UserId) -> Result<usize> {
    prepared!(connection, |c| diesel::delete(
        sign_ins::table
            .filter(sign_ins::user_id.eq(user.to_string()))
            .filter(sign_ins::assurance.eq_any([
                Assurance::Password.as_str(),
                Assurance::Short.as_str(),
                Assurance::Enrolment.as_str(),
                Assurance::Pass.as_str(),
            ])),
    )
    .execute(c))
    .map_err(failed)
}

/// Ends the sign-ins that a temporary pass opened, and counts them.
pub fn end_by_pass(connection: &mut AnyConnection, user: UserId) -> Result<usize> {
    diesel::delete(
        sign_ins::table
            .filter(sign_ins::user_id.eq(user.to_string()))
            .filter(sign_ins::assurance.eq(Assurance::Pass.as_str())),
    )
    .execute(connection)
    .map_err(failed)
}

/// Ends the sign-ins that a device proved, except `besides`, and counts them.
pub fn end_proved_by(
    connection: &mut AnyConnection,
    device: DeviceId,
    besides: Option<SignInId>,
) -> Result<usize> {
    let besides = besides.map(|id| id.to_string()).unwrap_or_default();
    prepared!(connection, |c| diesel::delete(
        sign_ins::table
            .filter(sign_ins::device_id.eq(device.to_string()))
            .filter(sign_ins::id.ne(besides)),
    )
    .execute(c))
    .map_err(failed)
}

/// How many open sign-ins a device proved, except `besides`.
pub fn count_proved_by(
    connection: &mut AnyConnection,
    device: DeviceId,
    besides: Option<SignInId>,
    open: Open,
) -> Result<i64> {
    let besides = besides.map(|id| id.to_string()).unwrap_or_default();
    prepared!(connection, |c| sign_ins::table
        .filter(sign_ins::device_id.eq(device.to_string()))
        .filter(sign_ins::id.ne(besides))
        .filter(sign_ins::expires_at.gt(open.now.millis()))
        .filter(sign_ins::last_seen_at.gt(open.idle_since.millis()))
        .count()
        .get_result(c))
    .map_err(failed)
}

/// What makes a sign-in an open one at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    /// It expires after this moment.
    pub now: Timestamp,
    /// It was seen after this moment.
    pub idle_since: Timestamp,
}

/// Open sign-ins with their users' names, the latest seen first, those after a place; of one user
/// where one is named. In that order the idle ones come last, and none of them is looked at.
pub fn page(
    connection: &mut AnyConnection,
    user: Option<UserId>,
    after: Option<SignInPlace>,
    open: Open,
    limit: i64,
) -> Result<Vec<(SignIn, String)>> {
    let mut query = sign_ins::table
        .inner_join(users::table)
        .filter(sign_ins::expires_at.gt(open.now.millis()))
        .filter(sign_ins::last_seen_at.gt(open.idle_since.millis()))
        .select((sign_ins::all_columns, users::name))
        .order((sign_ins::last_seen_at.desc(), sign_ins::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some(user) = user {
        query = query.filter(sign_ins::user_id.eq(user.to_string()));
    }
    if let Some(place) = after {
        query = query.filter(
            sql::<Bool>("(sign_ins.last_seen_at, sign_ins.id) < (")
                .bind::<BigInt, _>(place.last_seen_at.millis())
                .sql(", ")
                .bind::<Text, _>(place.id.to_string())
                .sql(")"),
        );
    }
    query
        .load::<(SignInRow, String)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(row, name)| Ok((SignIn::try_from(row)?, name)))
        .filter_map(listed)
        .collect()
}

/// How many open sign-ins a user has.
pub fn count_of(connection: &mut AnyConnection, user: UserId, open: Open) -> Result<i64> {
    prepared!(connection, |c| sign_ins::table
        .filter(sign_ins::user_id.eq(user.to_string()))
        .filter(sign_ins::expires_at.gt(open.now.millis()))
        .filter(sign_ins::last_seen_at.gt(open.idle_since.millis()))
        .count()
        .get_result(c))
    .map_err(failed)
}

/// The sign-in of this id.
pub fn by_id(connection: &mut AnyConnection, id: SignInId) -> Result<Option<SignIn>> {
    prepared!(connection, |c| sign_ins::table
        .find(id.to_string())
        .get_result::<SignInRow>(c))
    .optional()
    .map_err(failed)?
    .map(SignIn::try_from)
    .transpose()
}

/// Removes what has expired: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "sign_ins",
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
        table: "sign_ins",
        key: "id",
        condition: "last_seen_at <= $1",
    };
    pieces::delete(connection, &over, idle_since, limit)
}
