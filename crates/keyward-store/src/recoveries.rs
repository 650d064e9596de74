//! Links by which a forgotten password is replaced.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, unreadable};
use super::outbox;
use super::pieces::{self, Over};
use super::schema::{recoveries, users};
use keyward_core::clock::Timestamp;
use keyward_core::domain::message::About;
use keyward_core::domain::user::{EmailAddress, UserId, fold};
use keyward_core::problem::Result;
use keyward_core::secret::TokenHash;

/// Adds a link in place of any before it: of two mails, the later one works. One without an address
/// is handed over.
pub fn replace(
    connection: &mut AnyConnection,
    link: &TokenHash,
    user: UserId,
    email: Option<&EmailAddress>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    forget_all_of(connection, user, now)?;
    diesel::insert_into(recoveries::table)
        .values((
            recoveries::token_hash.eq(link.as_str()),
            recoveries::user_id.eq(user.to_string()),
            recoveries::email_folded
                .eq(email.map_or_else(String::new, |email| fold(email.as_str()))),
            recoveries::is_handed_over.eq(email.is_none()),
            recoveries::expires_at.eq(expires_at.millis()),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Whose password a link would replace, while it works: it has not expired, its user may sign in,
/// and still has the address that it was sent to, where it was sent.
pub fn user_of(
    connection: &mut AnyConnection,
    link: &TokenHash,
    now: Timestamp,
) -> Result<Option<UserId>> {
    let id = recoveries::table
        .inner_join(users::table)
        .filter(recoveries::token_hash.eq(link.as_str()))
        .filter(recoveries::expires_at.gt(now.millis()))
        .filter(users::is_enabled)
        .filter(
            recoveries::is_handed_over
                .nullable()
                .or(users::email_folded.eq(recoveries::email_folded.nullable())),
        )
        .select(recoveries::user_id)
        .first::<String>(connection)
        .optional()
        .map_err(failed)?;
    id.map(|id| UserId::from_stored(&id).ok_or_else(|| unreadable("recoveries", &id, "user_id")))
        .transpose()
}

/// Uses a link up; `false` where it was used before, also in a race.
pub fn take(connection: &mut AnyConnection, link: &TokenHash, now: Timestamp) -> Result<bool> {
    diesel::delete(
        recoveries::table
            .find(link.as_str())
            .filter(recoveries::expires_at.gt(now.millis())),
    )
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Makes all links of a user void, and withdraws the mails with them that still wait.
pub fn forget_all_of(connection: &mut AnyConnection, user: UserId, now: Timestamp) -> Result<()> {
    outbox::withdraw(connection, &About::Recovery(user), now)?;
    diesel::delete(recoveries::table.filter(recoveries::user_id.eq(user.to_string())))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Makes some of everybody's links void, and counts them.
pub fn forget_some(connection: &mut AnyConnection, limit: i64) -> Result<usize> {
    let some: Vec<String> = recoveries::table
        .select(recoveries::token_hash)
        .limit(limit)
        .load(connection)
        .map_err(failed)?;
    diesel::delete(recoveries::table.filter(recoveries::token_hash.eq_any(some)))
        .execute(connection)
        .map_err(failed)
}

/// Removes what expired before `moment`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "recoveries",
        key: "token_hash",
        condition: "expires_at < $1",
    };
    pieces::delete(connection, &over, moment, limit)
}
