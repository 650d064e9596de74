//! One connection to either database, and how it is opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::result::DatabaseErrorKind;
use diesel::{Connection as _, ConnectionError, QueryResult, SqliteConnection};

#[cfg(feature = "postgres")]
use super::postgres::{self, ServerPath};
use super::writer::Durability;

use keyward_core::problem::{Code, Problem, codes};

/// A connection to the database that the settings name.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// The embedded database.
    Sqlite(SqliteConnection),
    /// A PostgreSQL server, 15 or later.
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
}

impl AnyConnection {
    /// A database of nothing in memory, in place of one that is closed.
    pub(super) fn of_nothing() -> Result<Self, ConnectionError> {
        SqliteConnection::establish(":memory:").map(Self::Sqlite)
    }
}

/// Runs one typed statement on the connection inside. Through the enum Diesel builds the text anew
/// at each use; inside it, the statement's type alone finds what was prepared before.
macro_rules! prepared {
    ($connection:expr, |$inner:ident| $statement:expr) => {
        match $connection {
            $crate::AnyConnection::Sqlite($inner) => $statement,
            #[cfg(feature = "postgres")]
            $crate::AnyConnection::Postgres($inner) => $statement,
        }
    };
}
pub(super) use prepared;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Location {
    Sqlite(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres {
        url: String,
        reach: ServerPath,
    },
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
            return Ok(Self::Postgres {
                url: url.to_owned(),
                reach: ServerPath::Directly,
            });
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

impl Location {
    /// The same, after what stands in between was found out.
    pub(super) fn reached(self, limits: &Limits) -> Result<Self, ConnectionError> {
        match self {
            Self::Sqlite(path) => {
                let _ = limits;
                Ok(Self::Sqlite(path))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres { url, .. } => Ok(Self::Postgres {
                reach: postgres::reach(&url, limits)?,
                url,
            }),
        }
    }

    /// Whether a connection keeps what it was told from one transaction to the next.
    pub(super) fn keeps_sessions(&self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            #[cfg(feature = "postgres")]
            Self::Postgres { reach, .. } => *reach == ServerPath::Directly,
        }
    }

    /// How it is reached, for people.
    pub(super) fn says_how(&self) -> &'static str {
        match self.keeps_sessions() {
            true => "it can be reached",
            false => "it can be reached, through a pooler of connections",
        }
    }

    /// How a transaction on a server begins.
    pub(super) fn begin(&self, limits: &Limits, lasting: Durability) -> String {
        match self {
            Self::Sqlite(_) => {
                let _ = (limits, lasting);
                "BEGIN IMMEDIATE".to_owned()
            }
            #[cfg(feature = "postgres")]
            Self::Postgres { reach, .. } => postgres::begin(*reach, limits, lasting),
        }
    }
}

/// What a connection will be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
}

/// How long a server may take before it counts as gone, or as busy.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To connect, with each of its hosts.
    pub connect: Duration,
    /// For one statement.
    pub statement: Duration,
    /// To get a lock.
    pub lock: Duration,
    /// Until a connection counts as dead on which nothing is heard.
    pub silence: Duration,
}

impl Limits {
    /// Any that do for tests.
    #[cfg(test)]
    pub(super) const OF_TESTS: Self = Self {
        connect: Duration::from_secs(5),
        statement: Duration::from_secs(10),
        lock: Duration::from_secs(5),
        silence: Duration::from_secs(10),
    };

    /// When a statement's answer is not expected any more: the server would have given it up.
    pub(super) fn overdue(&self) -> Duration {
        self.statement + Duration::from_secs(2)
    }
}

/// Opens connections for a pool.
#[derive(Clone, Debug)]
pub(super) struct Opener {
    pub(super) location: Location,
    pub(super) purpose: Purpose,
    pub(super) limits: Limits,
}

impl Opener {
    pub(super) fn new(location: &Location, purpose: Purpose, limits: Limits) -> Self {
        Self {
            location: location.clone(),
            purpose,
            limits,
        }
    }

    pub(super) fn open(&self) -> Result<AnyConnection, ConnectionError> {
        match &self.location {
            Location::Sqlite(path) => open_sqlite(path, self.purpose).map(AnyConnection::Sqlite),
            #[cfg(feature = "postgres")]
            Location::Postgres { url, reach } => {
                postgres::open(url, *reach, &self.limits).map(AnyConnection::Postgres)
            }
        }
    }

    /// Whether what is at the other end can stop to answer.
    pub(super) fn may_go_silent(&self) -> bool {
        self.limits().is_some()
    }

    /// How long a server may take; `None` for a file.
    pub(super) fn limits(&self) -> Option<Limits> {
        match &self.location {
            Location::Sqlite(_) => None,
            #[cfg(feature = "postgres")]
            Location::Postgres { .. } => Some(self.limits),
        }
    }

    /// How long opening a connection takes at most, names that are looked up included.
    pub(super) fn opening_takes(&self) -> Duration {
        match &self.location {
            Location::Sqlite(_) => self.limits.connect,
            #[cfg(feature = "postgres")]
            Location::Postgres { url, .. } => {
                self.limits.connect * postgres::hosts(url) + Duration::from_secs(5)
            }
        }
    }
}

fn open_sqlite(path: &Path, purpose: Purpose) -> Result<SqliteConnection, ConnectionError> {
    let mut connection = SqliteConnection::establish(&path.to_string_lossy())?;
    // WAL lets readers go on while the writer commits; FULL syncs the log at each commit, so that
    // nothing that was answered is forgotten when the power goes. A log that grew while a reader read
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

/// Turns a failed statement into a problem of ours: an outage that passes, where it is one. A row that
/// refers to one that others removed meanwhile is no caller's fault.
pub(super) fn failed(error: diesel::result::Error) -> Problem {
    let overtaken = diesel::result::DatabaseErrorKind::ForeignKeyViolation;
    let code = match &error {
        diesel::result::Error::DatabaseError(kind, _) if *kind == overtaken => {
            codes::REQUEST_OVERTAKEN
        }
        error => outage(error).unwrap_or(codes::DATABASE_FAILED),
    };
    Problem::new(code).caused_by(error)
}

/// What kept the database from running any such statement, as far as it says so. Its words are
/// SQLite's own, or those of a PostgreSQL that speaks English.
fn outage(error: &diesel::result::Error) -> Option<Code> {
    let diesel::result::Error::DatabaseError(kind, information) = error else {
        return None;
    };
    let message = information.message();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    match kind {
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
            Some(codes::DATABASE_UNREACHABLE)
        }
        DatabaseErrorKind::ReadOnlyTransaction => Some(codes::DATABASE_READ_ONLY),
        DatabaseErrorKind::SerializationFailure => Some(codes::DATABASE_BUSY),
        DatabaseErrorKind::Unknown if says(FULL) || names_a_file(message) => {
            Some(codes::DATABASE_FULL)
        }
        DatabaseErrorKind::Unknown if says(READ_ONLY) => Some(codes::DATABASE_READ_ONLY),
        DatabaseErrorKind::Unknown if says(BUSY) || says(CROWDED) => Some(codes::DATABASE_BUSY),
        DatabaseErrorKind::Unknown if says(DAMAGED) => Some(codes::DATABASE_DAMAGED),
        DatabaseErrorKind::Unknown if says(GONE) => Some(codes::DATABASE_UNREACHABLE),
        _ => None,
    }
}

/// Whether a PostgreSQL names one of its files: it could not read or write that. The name is the same
/// in every language, what happened to it is not.
fn names_a_file(message: &str) -> bool {
    let of_table = message
        .split("base/")
        .skip(1)
        .any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    of_table || message.contains("pg_wal/")
}

const FULL: &[&str] = &[
    "database or disk is full",
    "disk I/O error",
    "No space left on device",
    "disk full",
    "Disk quota exceeded",
];
const READ_ONLY: &[&str] = &[
    "readonly database",
    "read-only transaction",
    "during recovery",
];
const BUSY: &[&str] = &[
    "database is locked",
    "database table is locked",
    "lock timeout",
    "statement timeout",
    "deadlock detected",
    "query_wait_timeout",
];
const DAMAGED: &[&str] = &["disk image is malformed", "file is not a database"];
const GONE: &[&str] = &[
    "terminating connection",
    "server closed the connection",
    "the database system is",
    "could not connect",
    "could not receive data",
    "connection to server",
    "SSL SYSCALL",
    "SSL connection has been closed",
    "unable to open database file",
];

/// Turns a connection that could not be opened into a problem of ours.
pub(super) fn unopened(error: ConnectionError) -> Problem {
    let code = match &error {
        ConnectionError::CouldntSetupConfiguration(error) => outage(error),
        _ if is_crowded(&error) => Some(codes::DATABASE_BUSY),
        _ => None,
    };
    Problem::new(code.unwrap_or(codes::DATABASE_UNREACHABLE)).caused_by(error)
}

/// Whether a server has as many connections as it allows.
pub(super) fn is_crowded(error: &ConnectionError) -> bool {
    let ConnectionError::BadConnection(message) = error else {
        return false;
    };
    CROWDED.iter().any(|word| message.contains(word))
}

const CROWDED: &[&str] = &[
    "too many clients",
    "too many connections",
    "remaining connection slots",
    "no more connections allowed",
];

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_known_in_other_languages() {
        for message in [
            "konnte Datei »base/16384/16870_fsm« nicht erweitern: Auf dem Gerät ist kein Speicherplatz mehr verfügbar",
            "n'a pas pu écrire dans le fichier « pg_wal/xlogtemp.12 » : Aucun espace disponible",
        ] {
            assert!(names_a_file(message), "{message}");
        }
        for message in ["relation \"users\" does not exist", "base/x"] {
            assert!(!names_a_file(message), "{message}");
        }
    }
}
