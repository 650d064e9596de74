//! How often each client of the validation server may ask, counted for all servers of one database.
//!
//! An embedded database has one server, which counts in memory.

use std::num::NonZeroU32;

#[cfg(feature = "postgres")]
use diesel::prelude::*;
#[cfg(feature = "postgres")]
use diesel::sql_types::BigInt;

use super::connection::AnyConnection;
#[cfg(feature = "postgres")]
use super::connection::failed;
use keyward_core::clock::Timestamp;
use keyward_core::domain::validation_client::ValidationClientId;
use keyward_core::problem::Result;

/// Takes one of `share` a minute, in one statement: the generic cell rate algorithm (ITU-T I.371),
/// which keeps the moment at which a client will have used up its share. A clock that was turned
/// back shuts no client out for longer than two minutes.
#[cfg(feature = "postgres")]
const TAKE: &str = "INSERT INTO validation_rates AS r (client_id, used_up) VALUES ($1, $2 + $3)
    ON CONFLICT (client_id) DO UPDATE
    SET used_up = LEAST(GREATEST(r.used_up, $2) + $3, $2 + 60000)
    WHERE GREATEST(r.used_up, $2) + $3 <= $2 + 60000 OR r.used_up > $2 + 120000";

/// Takes one of `share` a minute, all of which may be taken at once; `false` where none is left.
///
/// # Errors
/// `database.failed`
pub fn take(
    connection: &mut AnyConnection,
    client: ValidationClientId,
    share: NonZeroU32,
    now: Timestamp,
) -> Result<bool> {
    match connection {
        AnyConnection::Sqlite(_) => {
            let _ = (client, share, now);
            Ok(true)
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(inner) => diesel::sql_query(TAKE)
            .bind::<BigInt, _>(client.number())
            .bind::<BigInt, _>(now.millis())
            .bind::<BigInt, _>(60_000 / i64::from(share.get()))
            .execute(inner)
            .map(|rows| rows == 1)
            .map_err(failed),
    }
}
