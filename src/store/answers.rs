//! A connection for point reads, which remembers what every request asks for until the database
//! changes.
//!
//! SQLite counts the commits of all other connections, those of other processes included, and a
//! reader may ask for the count at the price of a small part of a query. Looking connections never
//! write, so the count tells exactly whether an answer from before is still the answer.

use std::any::Any;
use std::collections::HashMap;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::r2d2::ManageConnection;
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;

use super::connection::{AnyConnection, Opener, failed};
use crate::problem::{Problem, Result};

/// The most answers that one connection keeps: a bound for its memory, of about a megabyte.
const AT_MOST: usize = 1024;

/// A connection with what it remembers.
pub(super) struct Looker {
    pub(super) connection: AnyConnection,
    version: i64,
    answers: HashMap<(&'static str, String), Box<dyn Any + Send>>,
}

impl Looker {
    /// The answer from before, where nothing was committed since; else the answer of `read`.
    pub(super) fn remembered<T: Clone + Send + 'static>(
        &mut self,
        what: &'static str,
        key: &str,
        read: impl FnOnce(&mut AnyConnection) -> Result<T>,
    ) -> Result<T> {
        // Asked before the read: an answer may be newer than its version, and is never older.
        let version = match &mut self.connection {
            AnyConnection::Sqlite(sqlite) => DataVersion.get_result::<i64>(sqlite),
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres(_) => return read(&mut self.connection),
        }
        .map_err(failed)?;
        if version != self.version || self.answers.len() >= AT_MOST {
            self.answers.clear();
            self.version = version;
        }
        let name = (what, key.to_owned());
        if let Some(answer) = self.answers.get(&name) {
            let answer = answer
                .downcast_ref::<T>()
                .ok_or_else(|| Problem::internal(format!("{what} names answers of two types")))?;
            return Ok(answer.clone());
        }
        let answer = read(&mut self.connection)?;
        self.answers.insert(name, Box::new(answer.clone()));
        Ok(answer)
    }
}

/// `PRAGMA data_version` as a statement that Diesel keeps prepared.
struct DataVersion;

impl QueryId for DataVersion {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for DataVersion {
    type SqlType = BigInt;
}

impl RunQueryDsl<SqliteConnection> for DataVersion {}

impl QueryFragment<Sqlite> for DataVersion {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("PRAGMA data_version");
        Ok(())
    }
}

/// Opens looking connections for a pool.
#[derive(Clone, Debug)]
pub(super) struct LookerOpener(pub(super) Opener);

impl ManageConnection for LookerOpener {
    type Connection = Looker;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> std::result::Result<Looker, Self::Error> {
        Ok(Looker {
            connection: self.0.connect()?,
            version: 0,
            answers: HashMap::new(),
        })
    }

    fn is_valid(&self, looker: &mut Looker) -> std::result::Result<(), Self::Error> {
        self.0.is_valid(&mut looker.connection)
    }

    fn has_broken(&self, looker: &mut Looker) -> bool {
        self.0.has_broken(&mut looker.connection)
    }
}
