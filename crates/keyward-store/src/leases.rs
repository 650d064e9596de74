//! What one process does at a time, over all that use a database.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::{AnyConnection, failed};
use super::schema::leases;
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;

/// Takes a lease until a moment, or keeps it until then; `false` where another process has it now.
/// One that was not given back ends by itself.
///
/// # Errors
/// `database.failed`
pub fn take(
    connection: &mut AnyConnection,
    name: &str,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    diesel::sql_query(
        "INSERT INTO leases (name, holder, expires_at) VALUES ($1, $2, $3) \
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, \
         expires_at = excluded.expires_at \
         WHERE leases.holder = excluded.holder OR leases.expires_at <= $4",
    )
    .bind::<Text, _>(name)
    .bind::<Text, _>(holder)
    .bind::<BigInt, _>(until.millis())
    .bind::<BigInt, _>(now.millis())
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Gives a lease back.
///
/// # Errors
/// `database.failed`
pub fn give_back(connection: &mut AnyConnection, name: &str, holder: &str) -> Result<()> {
    diesel::delete(leases::table.find(name).filter(leases::holder.eq(holder)))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}
