//! Users.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, is_taken, unreadable};
use super::schema::{devices, users};
use crate::clock::Timestamp;
use crate::domain::device::DeviceId;
use crate::domain::user::{EmailAddress, User, UserHandle, UserId, UserName, fold};
use crate::problem::{Result, codes};

/// A user on the way into the table.
#[derive(Debug)]
pub struct NewUser {
    /// The row.
    pub id: UserId,
    /// The name.
    pub name: UserName,
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

/// What the password check needs to know of a user.
#[derive(Debug)]
pub struct PasswordRow {
    /// Whose.
    pub user_id: UserId,
    /// The PHC string; `None` where there is no password.
    pub hash: Option<String>,
    /// May sign in at all.
    pub is_enabled: bool,
}

/// A user in the console's list.
#[derive(Debug)]
pub struct UserSummary {
    /// The user.
    pub user: User,
    /// How many devices they have.
    pub devices: i64,
}

#[derive(Queryable)]
struct UserRow {
    id: String,
    name: String,
    email: Option<String>,
    handle: Vec<u8>,
    is_superuser: bool,
    is_enabled: bool,
    default_device: Option<String>,
    created_at: i64,
    last_sign_in_at: Option<i64>,
}

const COLUMNS: (
    users::id,
    users::name,
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
    users::email,
    users::handle,
    users::is_superuser,
    users::is_enabled,
    users::default_device,
    users::created_at,
    users::last_sign_in_at,
);

impl TryFrom<UserRow> for User {
    type Error = crate::problem::Problem;

    fn try_from(row: UserRow) -> Result<Self> {
        let bad = |what| unreadable("users", &row.id, what);
        Ok(Self {
            id: UserId::parse(&row.id).ok_or_else(|| bad("id"))?,
            name: UserName::parse(&row.name).map_err(|_| bad("name"))?,
            email: match &row.email {
                Some(text) => Some(EmailAddress::parse(text).map_err(|_| bad("email"))?),
                None => None,
            },
            handle: UserHandle::from_bytes(&row.handle).ok_or_else(|| bad("handle"))?,
            is_superuser: row.is_superuser,
            is_enabled: row.is_enabled,
            default_device: match &row.default_device {
                Some(text) => Some(DeviceId::parse(text).ok_or_else(|| bad("default_device"))?),
                None => None,
            },
            created_at: Timestamp::from_millis(row.created_at),
            last_sign_in_at: row.last_sign_in_at.map(Timestamp::from_millis),
        })
    }
}

/// Adds a user.
///
/// # Errors
/// `user.name_taken`
pub fn insert(connection: &mut AnyConnection, user: &NewUser) -> Result<()> {
    let inserted = diesel::insert_into(users::table)
        .values((
            users::id.eq(user.id.to_string()),
            users::name.eq(user.name.as_str()),
            users::name_folded.eq(user.name.folded()),
            users::email.eq(user.email.as_ref().map(EmailAddress::as_str)),
            users::email_folded.eq(user.email.as_ref().map(|email| fold(email.as_str()))),
            users::password_hash.eq(user.password_hash.as_deref()),
            users::handle.eq(user.handle.as_bytes()),
            users::is_superuser.eq(user.is_superuser),
            users::is_enabled.eq(true),
            users::created_at.eq(user.created_at.millis()),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        return Err(codes::USER_NAME_TAKEN.into());
    }
    inserted.map(drop).map_err(failed)
}

/// The user of this id.
pub fn by_id(connection: &mut AnyConnection, id: UserId) -> Result<Option<User>> {
    users::table
        .find(id.to_string())
        .select(COLUMNS)
        .first::<UserRow>(connection)
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
    users::table
        .filter(users::name_folded.eq(fold(name)))
        .select(COLUMNS)
        .first::<UserRow>(connection)
        .optional()
        .map_err(failed)?
        .map(User::try_from)
        .transpose()
}

/// What the password check needs of the user of this name.
pub fn password_by_name(connection: &mut AnyConnection, name: &str) -> Result<Option<PasswordRow>> {
    let row = users::table
        .filter(users::name_folded.eq(fold(name)))
        .select((users::id, users::password_hash, users::is_enabled))
        .first::<(String, Option<String>, bool)>(connection)
        .optional()
        .map_err(failed)?;
    row.map(|(id, hash, is_enabled)| {
        Ok(PasswordRow {
            user_id: UserId::parse(&id).ok_or_else(|| unreadable("users", &id, "id"))?,
            hash,
            is_enabled,
        })
    })
    .transpose()
}

/// Whether there is a superuser who may sign in, other than `besides`.
pub fn has_superuser(connection: &mut AnyConnection, besides: Option<UserId>) -> Result<bool> {
    let besides = besides.map(|id| id.to_string()).unwrap_or_default();
    diesel::select(diesel::dsl::exists(
        users::table
            .filter(users::is_superuser.eq(true))
            .filter(users::is_enabled.eq(true))
            .filter(users::id.ne(besides)),
    ))
    .get_result(connection)
    .map_err(failed)
}

/// Makes transactions about one user wait for each other, where what they decide depends on rows
/// that each of them may change. SQLite's single writer does so anyway.
pub fn hold(connection: &mut AnyConnection, id: UserId) -> Result<()> {
    diesel::update(users::table.find(id.to_string()))
        .set(users::id.eq(users::id))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Makes transactions about superusers wait for each other: two of them must not remove each other
/// at the same time.
pub fn hold_superusers(connection: &mut AnyConnection) -> Result<()> {
    diesel::update(users::table.filter(users::is_superuser.eq(true)))
        .set(users::is_superuser.eq(true))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Replaces the password's hash.
pub fn set_password(connection: &mut AnyConnection, id: UserId, hash: &str) -> Result<()> {
    diesel::update(users::table.find(id.to_string()))
        .set(users::password_hash.eq(hash))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Lets a user sign in, or not.
pub fn set_enabled(connection: &mut AnyConnection, id: UserId, enabled: bool) -> Result<()> {
    diesel::update(users::table.find(id.to_string()))
        .set(users::is_enabled.eq(enabled))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Makes a user a superuser, or not.
pub fn set_superuser(connection: &mut AnyConnection, id: UserId, superuser: bool) -> Result<()> {
    diesel::update(users::table.find(id.to_string()))
        .set(users::is_superuser.eq(superuser))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Says which device is asked for first.
pub fn set_default_device(
    connection: &mut AnyConnection,
    id: UserId,
    device: Option<DeviceId>,
) -> Result<()> {
    diesel::update(users::table.find(id.to_string()))
        .set(users::default_device.eq(device.map(|device| device.to_string())))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Remembers that a user signed in; `false` where they may not any more.
pub fn note_sign_in(connection: &mut AnyConnection, id: UserId, now: Timestamp) -> Result<bool> {
    diesel::update(
        users::table
            .find(id.to_string())
            .filter(users::is_enabled.eq(true)),
    )
    .set(users::last_sign_in_at.eq(now.millis()))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// A page of users in the order of their folded names, after the name `after`. `search` is the
/// beginning of a name, or of an e-mail address where it holds an `@`; addresses are not paged.
pub fn page(
    connection: &mut AnyConnection,
    search: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<UserSummary>> {
    let search = fold(search);
    let mut query = users::table.select(COLUMNS).limit(limit).into_boxed();
    if search.contains('@') {
        query = query
            .filter(users::email_folded.ge(search.clone()))
            .filter(users::email_folded.lt(beyond(&search)))
            .order(users::email_folded);
    } else {
        query = query.order(users::name_folded);
        if !search.is_empty() {
            query = query
                .filter(users::name_folded.ge(search.clone()))
                .filter(users::name_folded.lt(beyond(&search)));
        }
        if let Some(after) = after {
            query = query.filter(users::name_folded.gt(fold(after)));
        }
    }
    let rows = query.load::<UserRow>(connection).map_err(failed)?;
    rows.into_iter()
        .map(|row| {
            let user = User::try_from(row)?;
            let devices = devices::table
                .filter(devices::user_id.eq(user.id.to_string()))
                .count()
                .get_result(connection)
                .map_err(failed)?;
            Ok(UserSummary { user, devices })
        })
        .collect()
}

/// What sorts after every text that begins with `prefix`: a range uses the index on both
/// databases, `LIKE` on neither.
fn beyond(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}
