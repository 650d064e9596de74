//! Users.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::connection::{AnyConnection, failed, is_taken, listed, prepared, unreadable};
use super::kept;
use super::schema::users;
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
    pub devices: u64,
}

#[derive(Queryable)]
pub(super) struct UserRow {
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

pub(super) const COLUMNS: (
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
            id: UserId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
            name: UserName::from_stored(&row.name),
            email: row.email.as_deref().map(EmailAddress::from_stored),
            handle: UserHandle::from_bytes(&row.handle).ok_or_else(|| bad("handle"))?,
            is_superuser: row.is_superuser,
            is_enabled: row.is_enabled,
            default_device: match &row.default_device {
                Some(text) => {
                    Some(DeviceId::from_stored(text).ok_or_else(|| bad("default_device"))?)
                }
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
    let inserted = prepared!(connection, |c| diesel::insert_into(users::table)
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
        .execute(c));
    if is_taken(&inserted) {
        return Err(codes::USER_NAME_TAKEN.into());
    }
    inserted.map(drop).map_err(failed)
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

/// What the password check needs of the user of this name.
pub fn password_by_name(connection: &mut AnyConnection, name: &str) -> Result<Option<PasswordRow>> {
    let row = prepared!(connection, |c| users::table
        .filter(users::name_folded.eq(fold(name)))
        .select((users::id, users::password_hash, users::is_enabled))
        .get_result::<(String, Option<String>, bool)>(c))
    .optional()
    .map_err(failed)?;
    row.map(|(id, hash, is_enabled)| {
        Ok(PasswordRow {
            user_id: UserId::from_stored(&id).ok_or_else(|| unreadable("users", &id, "id"))?,
            hash,
            is_enabled,
        })
    })
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
pub fn hold(connection: &mut AnyConnection, id: UserId) -> Result<()> {
    prepared!(connection, |c| kept::update(
        users::table.find(id.to_string())
    )
    .set(users::id.eq(users::id))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Makes transactions about superusers wait for each other: two of them must not remove each other
/// at the same time.
pub fn hold_superusers(connection: &mut AnyConnection) -> Result<()> {
    prepared!(connection, |c| kept::update(
        users::table.filter(users::is_superuser)
    )
    .set(users::is_superuser.eq(true))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// The PHC string of a user's password; `None` where there is no password.
pub fn password_of(connection: &mut AnyConnection, id: UserId) -> Result<Option<String>> {
    users::table
        .find(id.to_string())
        .select(users::password_hash)
        .first::<Option<String>>(connection)
        .optional()
        .map(Option::flatten)
        .map_err(failed)
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
        .collect()
}

/// Whether any account has this address, compared without regard to case.
pub fn has_email(connection: &mut AnyConnection, folded: &str) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        users::table.filter(users::email_folded.eq(folded)),
    ))
    .get_result(connection)
    .map_err(failed)
}

/// Replaces the password's hash.
pub fn set_password(connection: &mut AnyConnection, id: UserId, hash: &str) -> Result<()> {
    prepared!(connection, |c| kept::update(
        users::table.find(id.to_string())
    )
    .set(users::password_hash.eq(hash))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Lets a user sign in, or not.
pub fn set_enabled(connection: &mut AnyConnection, id: UserId, enabled: bool) -> Result<()> {
    prepared!(connection, |c| kept::update(
        users::table.find(id.to_string())
    )
    .set(users::is_enabled.eq(enabled))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Makes a user a superuser, or not.
pub fn set_superuser(connection: &mut AnyConnection, id: UserId, superuser: bool) -> Result<()> {
    prepared!(connection, |c| kept::update(
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
    prepared!(connection, |c| kept::update(
        users::table.find(id.to_string())
    )
    .set(users::default_device.eq(device.map(|device| device.to_string())))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Remembers that a user signed in; `false` where they may not any more.
pub fn note_sign_in(connection: &mut AnyConnection, id: UserId, now: Timestamp) -> Result<bool> {
    prepared!(connection, |c| kept::update(
        users::table
            .find(id.to_string())
            .filter(users::is_enabled.eq(true)),
    )
    .set(users::last_sign_in_at.eq(now.millis()))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// A place in the list of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserPlace {
    /// After this folded name.
    Name(String),
    /// After this user among those whose e-mail address was searched for.
    Email {
        /// The folded address.
        address: String,
        /// The user.
        id: UserId,
    },
}

/// A part of the list of users.
#[derive(Debug)]
pub struct UserPage {
    /// The users.
    pub users: Vec<UserSummary>,
    /// Where the next page begins; `None` where this is the last one.
    pub next: Option<UserPlace>,
}

/// The most names that a search may find for e-mail addresses to be searched too: who has been
/// found by name is left out of those, one row at a time.
const FEW: i64 = 50;

/// A page of users whose name begins like `search`, in the order of their folded names; and after
/// them, where the names are few, those whose e-mail address does.
pub fn page(
    connection: &mut AnyConnection,
    search: &str,
    after: Option<&UserPlace>,
    limit: usize,
) -> Result<UserPage> {
    let search = fold(search);
    // One more than asked for tells whether there is another page.
    let mut users = match after {
        Some(UserPlace::Email { .. }) => Vec::new(),
        Some(UserPlace::Name(name)) => by_names(connection, &search, Some(name), limit + 1)?,
        None => by_names(connection, &search, None, limit + 1)?,
    };
    let by_name = users.len();
    if by_name <= limit && !search.is_empty() && are_few(connection, &search)? {
        let room = limit + 1 - by_name;
        users.extend(by_emails(connection, &search, after, room)?);
    }
    let is_more = users.len() > limit;
    users.truncate(limit);
    let last = users.last().filter(|_| is_more);
    let next = last.map(|last| match &last.user.email {
        Some(address) if users.len() > by_name => UserPlace::Email {
            address: fold(address.as_str()),
            id: last.user.id,
        },
        _ => UserPlace::Name(last.user.name.folded()),
    });
    Ok(UserPage { users, next })
}

fn by_names(
    connection: &mut AnyConnection,
    search: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<UserSummary>> {
    let mut query = users::table
        .select((COLUMNS, users::device_count))
        .order(users::name_folded)
        .limit(rows(limit))
        .into_boxed();
    if !search.is_empty() {
        query = query.filter(users::name_folded.lt(beyond(search)));
    }
    query = match after {
        // The place says more than the beginning does, unless somebody made it up.
        Some(after) if after >= search => query.filter(users::name_folded.gt(after.to_owned())),
        _ => query.filter(users::name_folded.ge(search.to_owned())),
    };
    summaries(query.load(connection).map_err(failed)?)
}

/// Whether few names begin like this.
fn are_few(connection: &mut AnyConnection, search: &str) -> Result<bool> {
    prepared!(connection, |c| users::table
        .filter(users::name_folded.ge(search))
        .filter(users::name_folded.lt(beyond(search)))
        .select(users::id)
        .limit(FEW + 1)
        .load::<String>(c))
    .map(|found| rows(found.len()) <= FEW)
    .map_err(failed)
}

/// Those whose address begins like this and whose name does not.
fn by_emails(
    connection: &mut AnyConnection,
    search: &str,
    after: Option<&UserPlace>,
    limit: usize,
) -> Result<Vec<UserSummary>> {
    let mut query = users::table
        .select((COLUMNS, users::device_count))
        .filter(users::email_folded.lt(beyond(search)))
        .filter(
            users::name_folded
                .lt(search)
                .or(users::name_folded.ge(beyond(search))),
        )
        .order((users::email_folded, users::id))
        .limit(rows(limit))
        .into_boxed();
    query = match after {
        Some(UserPlace::Email { address, id }) if address.as_str() >= search => query.filter(
            sql::<Bool>("(email_folded, id) > (")
                .bind::<Text, _>(address.clone())
                .sql(", ")
                .bind::<Text, _>(id.to_string())
                .sql(")"),
        ),
        _ => query.filter(users::email_folded.ge(search.to_owned())),
    };
    summaries(query.load(connection).map_err(failed)?)
}

fn summaries(rows: Vec<(UserRow, i64)>) -> Result<Vec<UserSummary>> {
    rows.into_iter()
        .map(|(row, devices)| {
            Ok(UserSummary {
                user: User::try_from(row)?,
                devices: devices.try_into().unwrap_or_default(),
            })
        })
        .filter_map(listed)
        .collect()
}

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// What sorts after every text that begins with `prefix`: a range uses the index on both
/// databases, `LIKE` on neither.
fn beyond(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}
