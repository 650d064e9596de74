//! Passwords in their users' rows: what a check compares with, put in place, and taken away.
//!
//! Each password has a version, one more than the one before. What was found right is right for as
//! long as the version is the same: a check takes its time, and the action that acts on it asks
//! again.

use diesel::prelude::*;

use super::attempts;
use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::prepared_statements;
use super::profiles::signs_in_as;
use super::schema::users;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::user::{UserId, fold};
use keyward_core::factors::password::{PasswordVerified, StoredPassword};
use keyward_core::problem::Result;

/// Whom a text names at the sign-in.
#[derive(Debug)]
pub struct Named {
    /// Their password, and whether they may sign in at all; `None` where it names no user.
    pub user: Option<(StoredPassword, bool)>,
    /// Whether that is because it is the e-mail address of several.
    pub is_of_several: bool,
}

/// The user whom a text names at the sign-in, by their name or by an address that is theirs alone.
pub fn by_sign_in(connection: &mut AnyConnection, typed: &str) -> Result<Named> {
    let name = signs_in_as(connection, &fold(typed))?;
    Ok(Named {
        user: by_name(connection, &name.folded)?,
        is_of_several: name.is_of_several,
    })
}

/// The password of the user of this name, and whether they may sign in at all.
pub fn by_name(
    connection: &mut AnyConnection,
    name: &str,
) -> Result<Option<(StoredPassword, bool)>> {
    let row = prepared!(connection, |c| users::table
        .filter(users::name_folded.eq(fold(name)))
        .select((
            users::id,
            users::password_hash,
            users::password_version,
            users::is_enabled,
        ))
        .get_result::<(String, Option<String>, i64, bool)>(c))
    .optional()
    .map_err(failed)?;
    row.map(|(id, hash, version, is_enabled)| {
        let user_id = UserId::from_stored(&id).ok_or_else(|| unreadable("users", &id, "id"))?;
        let stored = StoredPassword {
            user_id,
            hash,
            version,
        };
        Ok((stored, is_enabled))
    })
    .transpose()
}

/// The password of a user; `None` where there is no such user.
pub fn of(connection: &mut AnyConnection, user: UserId) -> Result<Option<StoredPassword>> {
    let row = prepared!(connection, |c| users::table
        .find(user.to_string())
        .select((users::password_hash, users::password_version))
        .get_result::<(Option<String>, i64)>(c))
    .optional()
    .map_err(failed)?;
    Ok(row.map(|(hash, version)| StoredPassword {
        user_id: user,
        hash,
        version,
    }))
}

/// Whether a user has a password.
pub fn has_one(connection: &mut AnyConnection, user: UserId) -> Result<bool> {
    Ok(of(connection, user)?.is_some_and(|stored| stored.hash.is_some()))
}

/// Holds the row of a user until the caller's transaction ends; `false` where their password is
/// another one than that of this version.
pub fn hold(connection: &mut AnyConnection, user: UserId, version: i64) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        users::table
            .find(user.to_string())
            .filter(users::password_version.eq(version)),
    )
    .set(users::password_version.eq(version))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Holds the row of the user who proved a password, as [`hold`] does; `false` where it was
/// replaced, or taken away, since it was found right.
pub fn hold_proved(connection: &mut AnyConnection, proof: &PasswordVerified) -> Result<bool> {
    hold(connection, proof.user_id(), proof.version())
}

/// Puts a new password in place of any before it.
pub fn set(connection: &mut AnyConnection, user: UserId, hash: &str) -> Result<()> {
    // No try at the new one has failed yet.
    attempts::clear(connection, &AttemptScope::Password(user))?;
    prepared!(connection, |c| prepared_statements::update(
        users::table.find(user.to_string())
    )
    .set((
        users::password_hash.eq(hash),
        users::password_version.eq(users::password_version + 1),
    ))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Puts a stronger hash of the same password in place of the one that was checked; nothing happens
/// where the password was replaced since. It is the same password: its version stays.
pub fn renew(
    connection: &mut AnyConnection,
    checked: &StoredPassword,
    renewed: &str,
) -> Result<()> {
    diesel::update(
        users::table
            .find(checked.user_id.to_string())
            .filter(users::password_version.eq(checked.version)),
    )
    .set(users::password_hash.eq(renewed))
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Takes a user's password away: only another way in, or a new one, lets them in.
pub fn clear(connection: &mut AnyConnection, user: UserId) -> Result<()> {
    diesel::update(users::table.find(user.to_string()))
        .set((
            users::password_hash.eq(None::<String>),
            users::password_version.eq(users::password_version + 1),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}
