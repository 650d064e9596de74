//! The order in which many counts are forgotten.

#[cfg(feature = "postgres")]
use diesel::prelude::*;

use super::attempts::Clearing;
use super::connection::AnyConnection;
#[cfg(feature = "postgres")]
use super::connection::failed;
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;

/// Holds the rows that will be forgotten in the order in which counting takes them: what a try is
/// counted on, then the address that it comes from.
pub(super) fn hold_many(connection: &mut AnyConnection, which: &Clearing) -> Result<()> {
    let moment = match which {
        Clearing::All => Timestamp::from_millis(i64::MAX),
        Clearing::Expired(now) => *now,
        Clearing::Scope(_) | Clearing::Key(_) | Clearing::User(_) => return Ok(()),
    };
    match connection {
        AnyConnection::Sqlite(_) => {
            let _ = moment;
            Ok(())
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(inner) => diesel::sql_query(
            "SELECT scope FROM attempts WHERE locked_until <= $1 \
             ORDER BY scope LIKE 'address:%', scope FOR UPDATE",
        )
        .bind::<diesel::sql_types::BigInt, _>(moment.millis())
        .execute(inner)
        .map(drop)
        .map_err(failed),
    }
}
