//! One connection to either database, and how it is opened.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::r2d2::ManageConnection;
use diesel::result::DatabaseErrorKind;
use diesel::{Connection as _, ConnectionError, QueryResult, RunQueryDsl, SqliteConnection};

use crate::problem::{Problem, codes};

/// A connection to the database that the settings name.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// The embedded database.
    Sqlite(SqliteConnection),
    /// A PostgreSQL server, 15 or later.
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
}

/// Runs one typed statement on the connection inside. Through the enum Diesel builds the text anew
/// at each use; inside it, the statement's type alone finds what was prepared before.
macro_rules! prepared {
    ($connection:expr, |$inner:ident| $statement:expr) => {
        match $connection {
            $crate::store::AnyConnection::Sqlite($inner) => $statement,
            #[cfg(feature = "postgres")]
            $crate::store::AnyConnection::Postgres($inner) => $statement,
        }
    };
}
pub(super) use prepared;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Location {
    Sqlite(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(String),
}

impl Location {
    /// Reads `sqlite://PATH` or `postgres://…`. The variant is picked here: Diesel would try each
    /// in turn, and SQLite takes any text for a path.
    pub(super) fn parse(url: &str) -> Result<Self, Problem> {
        let invalid = |why: &str| Problem::new(codes::SETTINGS_INVALID).detailed(why);
        if let Some(path) = url.strip_prefix("sqlite://") {
            if path.is_empty() {
                return Err(invalid("database.url names no file"));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            #[cfg(feature = "postgres")]
            return Ok(Self::Postgres(url.to_owned()));
            #[cfg(not(feature = "postgres"))]
            return Err(invalid(
                "database.url names PostgreSQL, and this program was built without the feature `postgres`",
            ));
        }
        Err(invalid(
            "database.url must begin with sqlite:// or postgres://",
        ))
    }
}

/// What a connection will be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
}

/// Opens connections for a pool.
#[derive(Clone, Debug)]
pub(super) struct Opener {
    pub(super) location: Location,
    pub(super) purpose: Purpose,
}

impl Opener {
    /// For connections that only read.
    pub(super) fn reading(location: &Location) -> Self {
        Self {
            location: location.clone(),
            purpose: Purpose::Read,
        }
    }

    pub(super) fn open(&self) -> Result<AnyConnection, ConnectionError> {
        match &self.location {
            Location::Sqlite(path) => open_sqlite(path, self.purpose).map(AnyConnection::Sqlite),
            #[cfg(feature = "postgres")]
            Location::Postgres(url) => {
                diesel::PgConnection::establish(url).map(AnyConnection::Postgres)
            }
        }
    }
}

fn open_sqlite(path: &Path, purpose: Purpose) -> Result<SqliteConnection, ConnectionError> {
    let mut connection = SqliteConnection::establish(&path.to_string_lossy())?;
    // WAL lets readers go on while the writer commits; FULL syncs the log at each commit, so that
    // nothing that was answered is forgotten when the power goes. A log that grew while somebody read
    // for long is cut to 16 MiB once it is begun anew.
    let pragmas = match purpose {
        Purpose::Write => {
            "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;
             PRAGMA journal_size_limit = 16777216;"
        }
        Purpose::Read => {
            "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;"
        }
    };
    connection
        .batch_execute(pragmas)
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

impl ManageConnection for Opener {
    type Connection = AnyConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<AnyConnection, Self::Error> {
        self.open().map_err(diesel::r2d2::Error::ConnectionError)
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), Self::Error> {
        diesel::sql_query("SELECT 1")
            .execute(connection)
            .map(drop)
            .map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, _: &mut AnyConnection) -> bool {
        std::thread::panicking()
    }
}

/// Turns a failed statement into a problem of ours.
pub(super) fn failed(error: diesel::result::Error) -> Problem {
    Problem::new(codes::DATABASE_FAILED).caused_by(error)
}

/// Whether a statement ran into a unique index.
pub(super) fn is_taken<T>(result: &QueryResult<T>) -> bool {
    matches!(
        result,
        Err(diesel::result::Error::DatabaseError(
            DatabaseErrorKind::UniqueViolation,
            _
        ))
    )
}

/// What a list has of a row: nothing where it cannot be read. One such row must not hide all
/// others; `keyward check` names it.
pub(super) fn listed<T>(row: Result<T, Problem>) -> Option<Result<T, Problem>> {
    match row {
        Err(problem) if problem.code() == codes::DATABASE_ROW => {
            tracing::error!("left out of a list: {problem}");
            None
        }
        row => Some(row),
    }
}

/// A row that cannot become what it should be.
pub(super) fn unreadable(table: &str, id: &str, what: &str) -> Problem {
    Problem::new(codes::DATABASE_ROW).detailed(format!("{table} {id}: {what}"))
}
