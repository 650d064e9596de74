//! What was registered for the owners of keys, and waits for them.

use diesel::prelude::*;

use super::schema::{key_enrolments, keys};
use super::{Columns, KeyRow};
use crate::connection::{AnyConnection, failed, is_taken, listed, unreadable};
use crate::schema::users;
use keyward_core::clock::Timestamp;
use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::DeviceName;
use keyward_core::domain::key::{
    Enrolment, EnrolmentFilter, EnrolmentId, EnrolmentSummary, Key, KeyId,
};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Problem, Result, codes};

/// How often a code may be given and no use of the key follow, before it is void.
pub const MOST_TRIES: i64 = 20;

#[derive(Queryable)]
struct EnrolmentRow {
    id: String,
    user_id: String,
    key_id: String,
    name: String,
    registered: String,
    created_at: i64,
    code_expires_at: Option<i64>,
}

type EnrolmentColumns = (
    key_enrolments::id,
    key_enrolments::user_id,
    key_enrolments::key_id,
    key_enrolments::name,
    key_enrolments::registered,
    key_enrolments::created_at,
    key_enrolments::code_expires_at,
);

impl TryFrom<EnrolmentRow> for Enrolment {
    type Error = Problem;

    fn try_from(row: EnrolmentRow) -> Result<Self> {
        let bad = |what| unreadable("key_enrolments", &row.id, what);
        Ok(Self {
            id: EnrolmentId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
            user_id: UserId::from_stored(&row.user_id).ok_or_else(|| bad("user_id"))?,
            key: KeyId::from_stored(&row.key_id).ok_or_else(|| bad("key_id"))?,
            name: DeviceName::from_stored(&row.name),
            created_at: Timestamp::from_millis(row.created_at),
            code_expires_at: row.code_expires_at.map(Timestamp::from_millis),
            registered: serde_json::from_str(&row.registered).map_err(|_| bad("registered"))?,
        })
    }
}

/// Keeps what was registered at the desk.
///
/// # Errors
/// `ceremony.already_registered` where its credential waits already.
pub fn insert_enrolment(connection: &mut AnyConnection, new: &Enrolment) -> Result<()> {
    let registered = serde_json::to_string(&new.registered).map_err(Problem::internal)?;
    let inserted = diesel::insert_into(key_enrolments::table)
        .values((
            key_enrolments::id.eq(new.id.to_string()),
            key_enrolments::user_id.eq(new.user_id.to_string()),
            key_enrolments::key_id.eq(new.key.to_string()),
            key_enrolments::name.eq(new.name.as_str()),
            key_enrolments::credential_id.eq(&new.registered.credential.credential_id),
            key_enrolments::registered.eq(registered),
            key_enrolments::created_at.eq(new.created_at.millis()),
            key_enrolments::tries.eq(0_i64),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        return Err(codes::CEREMONY_ALREADY_REGISTERED.into());
    }
    inserted.map(drop).map_err(failed)
}

/// The enrolment of this row.
pub fn enrolment(connection: &mut AnyConnection, id: EnrolmentId) -> Result<Option<Enrolment>> {
    let row = key_enrolments::table
        .find(id.to_string())
        .select(EnrolmentColumns::default())
        .get_result::<EnrolmentRow>(connection)
        .optional()
        .map_err(failed)?;
    row.map(Enrolment::try_from).transpose()
}

/// What waits for a user, the oldest first.
pub fn enrolments_of(connection: &mut AnyConnection, user: UserId) -> Result<Vec<Enrolment>> {
    let rows = key_enrolments::table
        .filter(key_enrolments::user_id.eq(user.to_string()))
        .order(key_enrolments::id)
        .select(EnrolmentColumns::default())
        .load::<EnrolmentRow>(connection)
        .map_err(failed)?;
    let rows = rows.into_iter().map(Enrolment::try_from);
    rows.filter_map(listed).collect()
}

/// The credentials that wait for a user: an authenticator that holds one must not make another.
pub fn waiting_credentials(
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<Vec<Credential>> {
    let waiting = enrolments_of(connection, user)?.into_iter();
    Ok(waiting.map(|one| one.registered.credential).collect())
}

/// Gives an enrolment a code, in place of any before it; `false` where there is no such enrolment.
pub fn give_code(
    connection: &mut AnyConnection,
    id: EnrolmentId,
    hash: &str,
    expires_at: Timestamp,
) -> Result<bool> {
    diesel::update(key_enrolments::table.find(id.to_string()))
        .set((
            key_enrolments::code_hash.eq(Some(hash)),
            key_enrolments::code_expires_at.eq(Some(expires_at.millis())),
            key_enrolments::tries.eq(0_i64),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Counts that a code was given, and tells what it activates; `None` where it is no code, its time is over, or it was
/// given too often.
pub fn try_code(
    connection: &mut AnyConnection,
    hash: &str,
    now: Timestamp,
) -> Result<Option<Enrolment>> {
    let good = key_enrolments::table
        .filter(key_enrolments::code_hash.eq(hash))
        .filter(key_enrolments::code_expires_at.gt(now.millis()))
        .filter(key_enrolments::tries.lt(MOST_TRIES));
    let counted = diesel::update(good)
        .set(key_enrolments::tries.eq(key_enrolments::tries + 1_i64))
        .execute(connection)
        .map_err(failed)?;
    if counted != 1 {
        return Ok(None);
    }
    let row = key_enrolments::table
        .filter(key_enrolments::code_hash.eq(hash))
        .select(EnrolmentColumns::default())
        .get_result::<EnrolmentRow>(connection)
        .map_err(failed)?;
    Enrolment::try_from(row).map(Some)
}

/// Takes an enrolment by its code, once; `false` where the code is over, was replaced, or somebody was a moment faster.
pub fn take_enrolment(
    connection: &mut AnyConnection,
    id: EnrolmentId,
    hash: &str,
    now: Timestamp,
) -> Result<bool> {
    let good = key_enrolments::table
        .find(id.to_string())
        .filter(key_enrolments::code_hash.eq(hash))
        .filter(key_enrolments::code_expires_at.gt(now.millis()));
    diesel::delete(good)
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Takes at most `limit` of the codes away that were over before `moment`, and counts them: a clock that is set back
/// does not bring them back.
pub fn void_codes(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over: Vec<String> = key_enrolments::table
        .filter(key_enrolments::code_expires_at.lt(moment.millis()))
        .select(key_enrolments::id)
        .limit(limit)
        .load(connection)
        .map_err(failed)?;
    diesel::update(key_enrolments::table.filter(key_enrolments::id.eq_any(over)))
        .set((
            key_enrolments::code_hash.eq(None::<String>),
            key_enrolments::code_expires_at.eq(None::<i64>),
        ))
        .execute(connection)
        .map_err(failed)
}

/// Withdraws an enrolment; `false` where there is none.
pub fn withdraw_enrolment(connection: &mut AnyConnection, id: EnrolmentId) -> Result<bool> {
    diesel::delete(key_enrolments::table.find(id.to_string()))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Withdraws everything that waits for a user, and counts it.
pub fn withdraw_enrolments_of(connection: &mut AnyConnection, user: UserId) -> Result<usize> {
    diesel::delete(key_enrolments::table.filter(key_enrolments::user_id.eq(user.to_string())))
        .execute(connection)
        .map_err(failed)
}

/// Withdraws everything that waits on a key, and counts it.
pub fn withdraw_enrolments_on(connection: &mut AnyConnection, key: KeyId) -> Result<usize> {
    diesel::delete(key_enrolments::table.filter(key_enrolments::key_id.eq(key.to_string())))
        .execute(connection)
        .map_err(failed)
}

/// Takes the codes away of what waits for a user, or on a key: it can be given another.
pub fn void_codes_of(
    connection: &mut AnyConnection,
    user: Option<UserId>,
    key: Option<KeyId>,
) -> Result<()> {
    let user = user.map(|id| id.to_string()).unwrap_or_default();
    let key = key.map(|id| id.to_string()).unwrap_or_default();
    let theirs = key_enrolments::user_id.eq(user);
    let on_it = key_enrolments::key_id.eq(key);
    diesel::update(key_enrolments::table.filter(theirs.or(on_it)))
        .set((
            key_enrolments::code_hash.eq(None::<String>),
            key_enrolments::code_expires_at.eq(None::<i64>),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Enrolments after one, the oldest first, at most so many.
pub fn list_enrolments(
    connection: &mut AnyConnection,
    filter: EnrolmentFilter,
    after: Option<EnrolmentId>,
    limit: i64,
) -> Result<Vec<EnrolmentSummary>> {
    let mut query = key_enrolments::table
        .inner_join(keys::table.on(keys::id.eq(key_enrolments::key_id)))
        .inner_join(users::table.on(users::id.eq(key_enrolments::user_id)))
        .order(key_enrolments::id)
        .limit(limit)
        .select((EnrolmentColumns::default(), users::name, Columns::default()))
        .into_boxed();
    if let Some(user) = filter.user {
        query = query.filter(key_enrolments::user_id.eq(user.to_string()));
    }
    if let Some(key) = filter.key {
        query = query.filter(key_enrolments::key_id.eq(key.to_string()));
    }
    if let Some(after) = after {
        query = query.filter(key_enrolments::id.gt(after.to_string()));
    }
    let rows = query
        .load::<(EnrolmentRow, String, KeyRow)>(connection)
        .map_err(failed)?;
    let summaries = rows.into_iter().map(|(row, owner, key)| {
        Ok(EnrolmentSummary {
            enrolment: Enrolment::try_from(row)?,
            owner,
            label: Key::try_from(key)?.label(),
        })
    });
    summaries.filter_map(listed).collect()
}
