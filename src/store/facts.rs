//! Facts about this database: so far, that the master key opens it.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, is_taken, prepared};
use super::schema::facts;
use crate::problem::Result;

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
    if get(connection, name)?.is_some() {
        return Ok(false);
    }
    let inserted = prepared!(connection, |c| diesel::insert_into(facts::table)
        .values((facts::name.eq(name), facts::value.eq(value)))
        .execute(c));
    if is_taken(&inserted) {
        return Ok(false);
    }
    inserted.map(|_| true).map_err(failed)
}
