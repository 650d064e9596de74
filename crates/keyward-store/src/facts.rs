//! Facts about this database: that the master key opens it, and whether it was ever set up.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared};
use super::schema::facts;
use keyward_core::problem::Result;

/// Somebody was made a superuser once.
pub const SET_UP: &str = "set_up";
/// When a request came through a proxy that the settings do not know, as text in milliseconds.
pub const UNREAD_PROXY: &str = "unread_proxy";
/// The set-up link that works now, sealed, for the other servers of this database.
pub const SETUP_LINK: &str = "setup_link";
/// Held by whoever makes a set-up link, or uses one.
pub const SETUP_TURN: &str = "setup_turn";

/// The fact of this name.
pub fn get(connection: &mut AnyConnection, name: &str) -> Result<Option<Vec<u8>>> {
    prepared!(connection, |c| facts::table
        .find(name)
        .select(facts::value)
        .get_result(c))
    .optional()
    .map_err(failed)
}

/// Adds a fact; `false` where there is one of this name.
pub fn insert(connection: &mut AnyConnection, name: &str, value: &[u8]) -> Result<bool> {
    prepared!(connection, |c| diesel::insert_into(facts::table)
        .values((facts::name.eq(name), facts::value.eq(value)))
        .on_conflict_do_nothing()
        .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Replaces a fact, or adds it.
pub fn put(connection: &mut AnyConnection, name: &str, value: &[u8]) -> Result<()> {
    prepared!(connection, |c| diesel::insert_into(facts::table)
        .values((facts::name.eq(name), facts::value.eq(value)))
        .on_conflict(facts::name)
        .do_update()
        .set(facts::value.eq(value))
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Makes transactions about one thing wait for each other, of all servers.
pub fn hold(connection: &mut AnyConnection, name: &str) -> Result<()> {
    put(connection, name, &[])
}

/// Forgets a fact.
pub fn remove(connection: &mut AnyConnection, name: &str) -> Result<()> {
    prepared!(connection, |c| diesel::delete(facts::table.find(name))
        .execute(c))
    .map(drop)
    .map_err(failed)
}
