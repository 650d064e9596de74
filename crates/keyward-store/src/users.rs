//! Users.

use std::collections::HashSet;

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, is_taken, listed, prepared, unreadable};
use super::prepared_statements;
use super::profiles::{refuse_anothers_address, refuse_anothers_name};
use super::schema::users;
use super::search;
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::user::{EmailAddress, User, UserHandle, UserId, UserName, fold};
use keyward_core::problem::{Result, codes};

/// A user on the way into the table.
#[derive(Debug)]
pub struct NewUser {
    /// The row.
    pub id: UserId,
    /// The name.
    pub name: UserName,
    /// What they are called, where that is more.
    pub display_name: Option<DisplayName>,
    /// Where mail reaches them.
    pub email: Option<EmailAddress>,
    /// The PHC string of the password's hash; `None` where there is no password.
    pub password_hash: Option<String>,
    /// What authenticators know them by.
    pub handle: UserHandle,
    /// May open the console.
    pub is_superuser: bool,
    /// When.
    pub created_at: Timestamp,
}

#[derive(Queryable)]
pub(super) struct UserRow {
    id: String,
    name: String,
    display_name: Option<String>,
    email: Option<String>,
    handle: Vec<u8>,
    is_superuser: bool,
    is_enabled: bool,
    default_device: Option<String>,
    created_at: i64,
    last_sign_in_at: Option<i64>,
}

pub(super) const COLUMNS: (
    users::id,
    users::name,
    users::display_name,
    users::email,
    users::handle,
    users::is_superuser,
    users::is_enabled,
    users::default_device,
    users::created_at,
    users::last_sign_in_at,
) = (
    users::id,
    users::name,
    users::display_name,
    users::email,
    users::handle,
    users::is_superuser,
    users::is_enabled,
    users::default_device,
    users::created_at,
    users::last_sign_in_at,
);

impl TryFrom<UserRow> for User {
    type Error = keyward_core::problem::Problem;

    fn try_from(row: UserRow) -> Result<Self> {
        let bad = |what| unreadable("users", &row.id, what);
        Ok(Self {
            id: UserId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
            name: UserName::from_stored(&row.name),
            display_name: row.display_name.as_deref().map(DisplayName::from_stored),
            email: row.email.as_deref().map(EmailAddress::from_stored),
            handle: UserHandle::from_bytes(&row.handle).ok_or_else(|| bad("handle"))?,
            is_superuser: row.is_superuser,
            is_enabled: row.is_enabled,
            // A choice that cannot be read is none: another device is asked for first.
            default_device: row
                .default_device
                .as_deref()
                .and_then(DeviceId::from_stored),
            created_at: Timestamp::from_millis(row.created_at),
            last_sign_in_at: row.last_sign_in_at.map(Timestamp::from_millis),
        })
    }
}

/// Adds a user.
///
/// # Errors
/// `user.name_taken`, also where the name is a user's e-mail address; `user.email_is_name`
pub fn insert(connection: &mut AnyConnection, user: &NewUser) -> Result<()> {
    if user.is_superuser {
        super::instance::insert(connection, super::instance::SET_UP, b"1")?;
    }
    refuse_anothers_address(connection, &user.name.folded(), user.id)?;
    if let Some(email) = &user.email {
        refuse_anothers_name(connection, &fold(email.as_str()), user.id)?;
    }
    let inserted = prepared!(connection, |c| diesel::insert_into(users::table)
        .values((
            users::id.eq(user.id.to_string()),
            users::name.eq(user.name.as_str()),
            users::name_folded.eq(user.name.folded()),
            users::display_name.eq(user.display_name.as_ref().map(DisplayName::as_str)),
            users::email.eq(user.email.as_ref().map(EmailAddress::as_str)),
            users::email_folded.eq(user.email.as_ref().map(|email| fold(email.as_str()))),
            users::password_hash.eq(user.password_hash.as_deref()),
            users::handle.eq(user.handle.as_bytes()),
            users::is_superuser.eq(user.is_superuser),
            users::is_enabled.eq(true),
            users::is_searchable.eq(true),
            users::created_at.eq(user.created_at.millis()),
        ))
        .execute(c));
    if is_taken(&inserted) {
        return Err(codes::USER_NAME_TAKEN.into());
    }
    inserted.map_err(failed)?;
    search::keep(connection, user.id)
}

/// The user of this id.
pub fn by_id(connection: &mut AnyConnection, id: UserId) -> Result<Option<User>> {
    prepared!(connection, |c| users::table
        .find(id.to_string())
        .select(COLUMNS)
        .get_result::<UserRow>(c))
    .optional()
    .map_err(failed)?
    .map(User::try_from)
    .transpose()
}

/// The user of this id, who must be there.
///
/// # Errors
/// `user.unknown`
pub fn expect(connection: &mut AnyConnection, id: UserId) -> Result<User> {
    by_id(connection, id)?.ok_or_else(|| codes::USER_UNKNOWN.into())
}

/// The user of this name, compared without regard to case.
pub fn by_name(connection: &mut AnyConnection, name: &str) -> Result<Option<User>> {
    prepared!(connection, |c| users::table
        .filter(users::name_folded.eq(fold(name)))
        .select(COLUMNS)
        .get_result::<UserRow>(c))
    .optional()
    .map_err(failed)?
    .map(User::try_from)
    .transpose()
}

/// The superusers who may sign in.
pub fn superusers(connection: &mut AnyConnection) -> Result<Vec<User>> {
    users::table
        // Bare, as the partial index has it.
        .filter(users::is_superuser)
        .filter(users::is_enabled)
        .select(COLUMNS)
        .order(users::id)
        .load::<UserRow>(connection)
        .map_err(failed)?
        .into_iter()
        .map(User::try_from)
        .filter_map(listed)
        .collect()
}

/// Whether there is a superuser who may sign in, other than `besides`.
pub fn has_superuser(connection: &mut AnyConnection, besides: Option<UserId>) -> Result<bool> {
    let besides = besides.map(|id| id.to_string()).unwrap_or_default();
    prepared!(connection, |c| diesel::select(diesel::dsl::exists(
        users::table
            // Bare, as the partial index has it: with a parameter it would not be seen to fit.
            .filter(users::is_superuser)
            .filter(users::is_enabled)
            .filter(users::id.ne(besides)),
    ))
    .get_result(c))
    .map_err(failed)
}

/// Makes transactions about one user wait for each other, where what they decide depends on rows
/// that each of them may change. SQLite's single writer does so anyway.
///
/// It comes before every other row of the user, and before the counts of the address that a client
/// comes from. Two that took them in other orders would wait for each other for ever.
pub fn hold(connection: &mut AnyConnection, id: UserId) -> Result<()> {
    match connection {
        AnyConnection::Sqlite(_) => {
            let _ = id;
            Ok(())
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(inner) => {
            prepared_statements::update(users::table.find(id.to_string()))
                .set(users::created_at.eq(users::created_at))
                .execute(inner)
                .map(drop)
                .map_err(failed)
        }
    }
}

/// The same for several, in one order.
pub fn hold_all(connection: &mut AnyConnection, mut ids: Vec<UserId>) -> Result<()> {
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().try_for_each(|id| hold(connection, id))
}

/// Holds the row of a user who may sign in until the caller's transaction ends; `false` where they
/// may not any more.
pub fn hold_enabled(connection: &mut AnyConnection, id: UserId) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        users::table
            .find(id.to_string())
            .filter(users::is_enabled.eq(true)),
    )
    .set(users::is_enabled.eq(true))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Whether a user may open the console, without holding their row.
pub fn is_superuser(connection: &mut AnyConnection, id: UserId) -> Result<bool> {
    prepared!(connection, |c| diesel::select(diesel::dsl::exists(
        users::table
            .find(id.to_string())
            .filter(users::is_enabled.eq(true))
            .filter(users::is_superuser.eq(true)),
    ))
    .get_result(c))
    .map_err(failed)
}

/// Makes transactions about superusers wait for each other: two of them must not remove each other
/// at the same time.
pub fn hold_superusers(connection: &mut AnyConnection) -> Result<()> {
    match connection {
        AnyConnection::Sqlite(_) => Ok(()),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(inner) => users::table
            .filter(users::is_superuser)
            .order(users::id)
            .select(users::id)
            .for_no_key_update()
            .load::<String>(inner)
            .map(drop)
            .map_err(failed),
    }
}

/// The users of an address, compared without regard to case, who may sign in; at most `limit`.
pub fn enabled_by_email(
    connection: &mut AnyConnection,
    folded: &str,
    limit: i64,
) -> Result<Vec<User>> {
    users::table
        .filter(users::email_folded.eq(folded))
        .filter(users::is_enabled)
        .select(COLUMNS)
        .order(users::id)
        .limit(limit)
        .load::<UserRow>(connection)
        .map_err(failed)?
        .into_iter()
        .map(User::try_from)
        .filter_map(listed)
        .collect()
}

/// What a user is called, whatever else of them cannot be read.
pub fn name_of(connection: &mut AnyConnection, id: UserId) -> Result<Option<UserName>> {
    let name = users::table
        .find(id.to_string())
        .select(users::name)
        .first::<String>(connection)
        .optional()
        .map_err(failed)?;
    Ok(name.as_deref().map(UserName::from_stored))
}

/// Those of these who may sign in and have an address.
pub fn reachable_among(connection: &mut AnyConnection, ids: &[UserId]) -> Result<HashSet<UserId>> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let found = users::table
        .filter(users::id.eq_any(ids))
        .filter(users::is_enabled.eq(true))
        .filter(users::email.is_not_null())
        .select(users::id)
        .load::<String>(connection)
        .map_err(failed)?;
    Ok(found
        .iter()
        .filter_map(|id| UserId::from_stored(id))
        .collect())
}

/// Whether any account has this address, compared without regard to case.
pub fn has_email(connection: &mut AnyConnection, folded: &str) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        users::table.filter(users::email_folded.eq(folded)),
    ))
    .get_result(connection)
    .map_err(failed)
}

/// Whether a superuser has this address, compared without regard to case.
pub fn has_superuser_with_email(connection: &mut AnyConnection, folded: &str) -> Result<bool> {
    let theirs = users::table
        .filter(users::email_folded.eq(folded))
        .filter(users::is_superuser);
    diesel::select(diesel::dsl::exists(theirs))
        .get_result(connection)
        .map_err(failed)
}

/// Lets a user sign in, or not.
pub fn set_enabled(connection: &mut AnyConnection, id: UserId, enabled: bool) -> Result<()> {
    prepared!(connection, |c| prepared_statements::update(
        users::table.find(id.to_string())
    )
    .set(users::is_enabled.eq(enabled))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Makes a user a superuser, or not.
pub fn set_superuser(connection: &mut AnyConnection, id: UserId, superuser: bool) -> Result<()> {
    if superuser {
        super::instance::insert(connection, super::instance::SET_UP, b"1")?;
    }
    prepared!(connection, |c| prepared_statements::update(
        users::table.find(id.to_string())
    )
    .set(users::is_superuser.eq(superuser))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Says which device is asked for first.
pub fn set_default_device(
    connection: &mut AnyConnection,
    id: UserId,
    device: Option<DeviceId>,
) -> Result<()> {
    prepared!(connection, |c| prepared_statements::update(
        users::table.find(id.to_string())
    )
    .set(users::default_device.eq(device.map(|device| device.to_string())))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Remembers that a user signed in; `false` where they may not any more.
pub fn note_sign_in(connection: &mut AnyConnection, id: UserId, now: Timestamp) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        users::table
            .find(id.to_string())
            .filter(users::is_enabled.eq(true)),
    )
    .set(users::last_sign_in_at.eq(now.millis()))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}
