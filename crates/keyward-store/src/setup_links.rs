//! The one-time link that makes the first superuser.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared};
use super::pieces::{self, Over};
use super::schema::setup_links;
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;
use keyward_core::secret::TokenHash;

/// Replaces whatever links there were by this one.
pub fn replace(
    connection: &mut AnyConnection,
    link: &TokenHash,
    expires_at: Timestamp,
) -> Result<()> {
    prepared!(connection, |c| diesel::delete(setup_links::table)
        .execute(c))
    .map_err(failed)?;
    prepared!(connection, |c| diesel::insert_into(setup_links::table)
        .values((
            setup_links::token_hash.eq(link.as_str()),
            setup_links::expires_at.eq(expires_at.millis()),
        ))
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Whether this link would still work.
pub fn is_open(connection: &mut AnyConnection, link: &TokenHash, now: Timestamp) -> Result<bool> {
    prepared!(connection, |c| diesel::select(diesel::dsl::exists(
        setup_links::table
            .find(link.as_str())
            .filter(setup_links::expires_at.gt(now.millis()))
    ))
    .get_result(c))
    .map_err(failed)
}

/// Uses the link up; `false` where it was used before, also in a race, or is too old.
pub fn take(connection: &mut AnyConnection, link: &TokenHash, now: Timestamp) -> Result<bool> {
    prepared!(connection, |c| diesel::delete(
        setup_links::table
            .find(link.as_str())
            .filter(setup_links::expires_at.gt(now.millis()))
    )
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Removes what expired before `moment`: at most `limit` of it, counted.
pub fn end_over(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "setup_links",
        key: "token_hash",
        condition: "expires_at < $1",
    };
    pieces::delete(connection, &over, moment, limit)
}
