//! Whose turn it is where counts of many scopes are forgotten at once.

#[cfg(feature = "postgres")]
use diesel::connection::SimpleConnection as _;

use super::attempts::Clearing;
use super::connection::AnyConnection;
#[cfg(feature = "postgres")]
use super::connection::failed;
use keyward_core::problem::Result;

/// Waits until nobody is counting, and lets nobody count before the transaction ends, where rows of
/// many scopes will be forgotten. To hold the rows in the order in which counting takes them is not
/// enough: one that was begun since is taken out of turn, and its owner may be waiting for a row
/// that is held already.
pub(super) fn take(connection: &mut AnyConnection, which: &Clearing) -> Result<()> {
    match which {
        Clearing::Scope(_) | Clearing::Key(_) | Clearing::User(_) => return Ok(()),
        Clearing::All | Clearing::Expired(_) => {}
    }
    match connection {
        // The one who writes has the turn.
        AnyConnection::Sqlite(_) => Ok(()),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(inner) => inner
            .batch_execute("LOCK TABLE attempts IN EXCLUSIVE MODE")
            .map_err(failed),
    }
}
