//! Passwords in their users' rows: put in place of a weaker hash, and taken away.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed};
use super::schema::users;
use crate::domain::user::UserId;
use crate::problem::Result;

/// Puts a stronger hash of the same password in place of the one that was checked; nothing happens
/// where the password has changed since.
pub fn renew(
    connection: &mut AnyConnection,
    user: UserId,
    checked: &str,
    renewed: &str,
) -> Result<()> {
    diesel::update(
        users::table
            .find(user.to_string())
            .filter(users::password_hash.eq(checked)),
    )
    .set(users::password_hash.eq(renewed))
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Takes a user's password away: only another way in, or a new one, lets them in.
pub fn clear(connection: &mut AnyConnection, user: UserId) -> Result<()> {
    diesel::update(users::table.find(user.to_string()))
        .set(users::password_hash.eq(None::<String>))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}
