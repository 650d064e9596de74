//! What is remembered once for the whole instance, by name: that the master key opens its database, and
//! whether it was ever set up.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared};
use super::schema::instance;
use keyward_core::problem::Result;

/// A superuser was made once.
pub const SET_UP: &str = "set_up";
/// When a request came through a proxy that the settings do not know, as text in milliseconds.
pub const UNREAD_PROXY: &str = "unread_proxy";
/// The set-up link that works now, sealed, for the other servers of this database.
pub const SETUP_LINK: &str = "setup_link";
/// The latest moment that a server saw, in milliseconds, as eight bytes with the highest first.
pub const LATEST_MOMENT: &str = "latest_moment";
/// Held while a set-up link is made or used.
pub const SETUP_TURN: &str = "setup_turn";

/// The value of this name.
pub fn get(connection: &mut AnyConnection, name: &str) -> Result<Option<Vec<u8>>> {
    prepared!(connection, |c| instance::table
        .find(name)
        .select(instance::value)
        .get_result(c))
    .optional()
    .map_err(failed)
}

/// Adds a value; `false` where there is one of this name.
pub fn insert(connection: &mut AnyConnection, name: &str, value: &[u8]) -> Result<bool> {
    prepared!(connection, |c| diesel::insert_into(instance::table)
        .values((instance::name.eq(name), instance::value.eq(value)))
        .on_conflict_do_nothing()
        .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Replaces a value, or adds it.
pub fn put(connection: &mut AnyConnection, name: &str, value: &[u8]) -> Result<()> {
    prepared!(connection, |c| diesel::insert_into(instance::table)
        .values((instance::name.eq(name), instance::value.eq(value)))
        .on_conflict(instance::name)
        .do_update()
        .set(instance::value.eq(value))
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Makes transactions about one thing wait for each other, of all servers.
pub fn hold(connection: &mut AnyConnection, name: &str) -> Result<()> {
    put(connection, name, &[])
}

/// Forgets a value.
pub fn remove(connection: &mut AnyConnection, name: &str) -> Result<()> {
    prepared!(connection, |c| diesel::delete(instance::table.find(name))
        .execute(c))
    .map(drop)
    .map_err(failed)
}
