//! Counts that are forgotten.

use diesel::prelude::*;

use crate::connection::{AnyConnection, failed, prepared};
use crate::schema::attempts;
use crate::{address_tries, attempt_turn};
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

/// The try that was counted succeeded: forgets the scope.
pub fn clear(connection: &mut AnyConnection, scope: &AttemptScope) -> Result<()> {
    prepared!(connection, |c| diesel::delete(
        attempts::table.find(scope.key())
    )
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Forgets everything that is counted on a user, and counts the scopes.
pub fn clear_user(connection: &mut AnyConnection, user: UserId) -> Result<usize> {
    let prefix = AttemptScope::user_prefix(user);
    prepared!(connection, |c| diesel::delete(
        attempts::table
            .filter(attempts::scope.ge(prefix.clone()))
            .filter(attempts::scope.lt(format!("{prefix}\u{10FFFF}"))),
    )
    .execute(c))
    .map_err(failed)
}

/// Which counts to forget.
#[derive(Clone, Debug)]
pub enum Clearing {
    /// Everything.
    All,
    /// What is not locked any more.
    Expired(Timestamp),
    /// One scope.
    Scope(AttemptScope),
    /// One scope, by its key.
    Key(String),
    /// Everything that is counted on a user.
    User(UserId),
}

/// Forgets counts, and says how many.
pub fn clear_many(connection: &mut AnyConnection, which: &Clearing) -> Result<usize> {
    let count = clear_counts(connection, which)?;
    // After the rows of the addresses, as everybody does who counts.
    match which {
        Clearing::All => address_tries::start_all_over(connection)?,
        Clearing::Scope(scope) => address_tries::start_over(connection, &scope.key())?,
        Clearing::Key(key) => address_tries::start_over(connection, key)?,
        Clearing::Expired(_) | Clearing::User(_) => {}
    }
    Ok(count)
}

fn clear_counts(connection: &mut AnyConnection, which: &Clearing) -> Result<usize> {
    attempt_turn::take(connection, which)?;
    match which {
        Clearing::All => diesel::delete(attempts::table).execute(connection),
        Clearing::User(user) => return clear_user(connection, *user),
        Clearing::Scope(scope) => {
            prepared!(connection, |c| diesel::delete(
                attempts::table.find(scope.key())
            )
            .execute(c))
        }
        Clearing::Key(key) => diesel::delete(attempts::table.find(key)).execute(connection),
        Clearing::Expired(now) => {
            prepared!(connection, |c| diesel::delete(
                attempts::table.filter(attempts::locked_until.le(now.millis()))
            )
            .execute(c))
        }
    }
    .map_err(failed)
}
