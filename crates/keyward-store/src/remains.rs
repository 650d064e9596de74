//! What is left of removed rows in the files of an embedded database.
//!
//! Removed rows are overwritten where they stood (`secure_delete`), but copies remain: in the log
//! until it is taken into the file, and in the room between the rows of a page that was once split.

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;

use super::connection::{AnyConnection, failed};
use keyward_core::problem::Result;

/// The largest file that is rewritten while a server answers, in bytes: writing waits for it, a
/// second or so.
const LARGEST: i64 = 256 << 20;

#[derive(diesel::QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

/// Makes an embedded database forget what was removed: writes it anew without the room between rows,
/// where it is small enough for that, and empties the log. A server cleans up by its own rules.
pub(super) fn forget(connection: &mut AnyConnection) -> Result<()> {
    #[allow(
        irrefutable_let_patterns,
        reason = "without PostgreSQL there is nothing else"
    )]
    let AnyConnection::Sqlite(connection) = connection else {
        return Ok(());
    };
    let size = diesel::sql_query(
        "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()",
    )
    .get_result::<Size>(connection)
    .map_err(failed)?;
    // The copy that is written meanwhile would not fit into memory beside everything else.
    let rewriting = if size.bytes <= LARGEST {
        "PRAGMA temp_store = FILE; VACUUM;"
    } else {
        ""
    };
    connection
        .batch_execute(&format!("{rewriting} PRAGMA wal_checkpoint(TRUNCATE);"))
        .map_err(failed)
}
