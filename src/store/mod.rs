//! The database: rows in, domain types out. Nothing else knows Diesel.
//!
//! An action calls [`Store::look`] or [`Store::read`] and [`Store::write`] with a closure; the
//! closure calls the functions of this folder, one table (or close family) a file. On SQLite all
//! writes of all requests pass through one thread that commits them in groups; on PostgreSQL the
//! same call is a transaction on a pooled connection. Every check-and-use is one conditional
//! statement whose row count decides.

pub mod attempts;
pub mod backup_codes;
pub mod browser_sessions;
pub mod counts;
pub mod credentials;
pub mod delivered_codes;
pub mod devices;
pub mod duties;
pub mod events;
pub mod facts;
pub mod failed_names;
pub mod groups;
pub mod invitations;
pub mod journeys;
pub mod judgements;
pub mod judging;
pub mod key_file;
pub mod metadata;
pub mod objections;
pub mod oddities;
pub mod otp_key_imports;
pub mod otp_keys;
pub mod outbox;
pub mod passes;
pub mod passwords;
pub mod policies;
pub mod receivers;
pub mod recoveries;
pub mod search;
pub mod setup_links;
pub mod sign_ins;
pub mod spent_challenges;
pub mod spent_otps;
pub mod suspicions;
pub mod totp_secrets;
pub mod trusted_browsers;
pub mod user_list;
pub mod users;
pub mod validation_clients;
pub mod validation_services;
pub mod yubikeys;

mod answers;
mod connection;
mod kept;
mod migrations;
mod pieces;
mod schema;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diesel::r2d2::{ManageConnection, Pool, PooledConnection};

pub use self::answers::NOTICED_WITHIN;
use self::answers::{Answers, Commits};
pub use self::connection::AnyConnection;
use self::connection::{Location, Opener, Purpose};
use self::writer::{Lasting, Writer};
use crate::problem::{Problem, Result, codes};

/// The database. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    location: Location,
    readers: Pool<Opener>,
    /// Connections for point reads, kept apart so that long lists never hold them all.
    lookers: Pool<Opener>,
    /// What belongs to an embedded database; `None` on PostgreSQL, where readers write too.
    embedded: Option<Embedded>,
}

struct Embedded {
    /// SQLite's only writer.
    writer: Writer,
    /// What its readers found before.
    answers: Answers,
}

impl Embedded {
    fn open(location: &Location) -> Result<Self> {
        let commits = Commits::default();
        let writing = Opener {
            location: location.clone(),
            purpose: Purpose::Write,
        };
        // The writer first: it makes the file.
        let writer = Writer::start(&writing, commits.clone())?;
        let asking = Opener::reading(location).open().map_err(unreachable)?;
        Ok(Self {
            writer,
            answers: Answers::new(asking, commits),
        })
    }
}

impl Store {
    /// Opens the database at `url` (`sqlite://PATH` or `postgres://…`) with at most `pool`
    /// connections for reading. A missing SQLite file is created, its folder is not.
    ///
    /// # Errors
    /// `settings.invalid` for an address that names no database, `database.unreachable` when it
    /// cannot be opened.
    pub fn open(url: &str, pool: u32) -> Result<Self> {
        let location = Location::parse(url)?;
        let embedded = match &location {
            Location::Sqlite(_) => Some(Embedded::open(&location)?),
            #[cfg(feature = "postgres")]
            Location::Postgres(_) => None,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                readers: pooled(&location, pool.max(1), Opener::reading(&location))?,
                lookers: pooled(&location, pool.max(1), Opener::reading(&location))?,
                embedded,
                location,
            }),
        })
    }

    /// The file of an embedded database; `None` for a server.
    pub fn file(&self) -> Option<&Path> {
        match &self.shared.location {
            Location::Sqlite(path) => Some(path),
            #[cfg(feature = "postgres")]
            Location::Postgres(_) => None,
        }
    }

    /// Runs a point read: a few rows by index. On SQLite it runs where it stands, which takes
    /// microseconds; on PostgreSQL it leaves the async thread.
    ///
    /// # Errors
    /// The closure's, or `database.unreachable`.
    pub async fn look<T, F>(&self, read: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        match &self.shared.embedded {
            Some(embedded) => self.shared.look(embedded, read),
            None => {
                let shared = Arc::clone(&self.shared);
                off_thread(move || read(&mut *checked_out(&shared.lookers)?)).await
            }
        }
    }

    /// Runs a point read that every request repeats, such as who is signed in. On SQLite the
    /// answer is kept until anything in the database changes: it is what [`Store::look`] would
    /// have found, now or, where another process changed something, within [`NOTICED_WITHIN`].
    /// `what` and `key` name the read: equal names must mean equal answers.
    ///
    /// # Errors
    /// The closure's, or `database.unreachable`.
    pub async fn look_again<T, F>(&self, what: &'static str, key: &str, read: F) -> Result<T>
    where
        T: Clone + Send + Sync + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        match &self.shared.embedded {
            Some(embedded) => {
                let read = || self.shared.look(embedded, read);
                embedded.answers.kept(what, key, read)
            }
            None => self.look(read).await,
        }
    }

    /// Runs a read of any length, off the async threads.
    ///
    /// # Errors
    /// The closure's, or `database.unreachable`.
    pub async fn read<T, F>(&self, read: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        off_thread(move || read(&mut *checked_out(&shared.readers)?)).await
    }

    /// Runs a transaction: committed when the closure returns `Ok`, undone when it returns `Err`.
    /// When this returns `Ok`, the change is on disk.
    ///
    /// # Errors
    /// The closure's, `database.unreachable`, or `database.failed` when the commit fails.
    pub async fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        self.transaction(Lasting::OnDisk, change).await
    }

    /// Runs a transaction as [`Store::write`] does, of which nobody is told before a later one is
    /// on disk, or which costs no more than a step taken anew when the power goes: it is not synced
    /// by itself. The program may crash; only the machine may not, until the next commit of any
    /// [`Store::write`] has brought this one to disk too.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_unsynced<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        self.transaction(Lasting::InLog, change).await
    }

    async fn transaction<T, F>(&self, lasting: Lasting, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        match &self.shared.embedded {
            Some(embedded) => embedded.writer.run(lasting, change).await,
            None => {
                let shared = Arc::clone(&self.shared);
                off_thread(move || {
                    let mut connection = checked_out(&shared.readers)?;
                    writer::transaction(&mut connection, lasting, change)
                })
                .await
            }
        }
    }

    /// Runs a transaction of many rows as [`Store::write`] does, and never on the caller's thread.
    /// On SQLite everybody who writes waits for it: many rows are a few hundred.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_batch<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        match &self.shared.embedded {
            Some(embedded) => embedded.writer.run_batch(change).await,
            None => self.transaction(Lasting::OnDisk, change).await,
        }
    }

    /// Runs a change that is one statement, after which nothing but reads may follow: it needs no
    /// bracket of its own to be all or nothing. On PostgreSQL that saves two of three round trips,
    /// on SQLite the savepoint in the group. When this returns `Ok`, the change is on disk.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_one<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        match &self.shared.embedded {
            Some(embedded) => embedded.writer.run_one(change).await,
            None => {
                let shared = Arc::clone(&self.shared);
                off_thread(move || change(&mut *checked_out(&shared.readers)?)).await
            }
        }
    }

    /// Whether no migration was ever applied.
    ///
    /// # Errors
    /// `database.unreachable` or `database.migrations`.
    pub async fn is_new(&self) -> Result<bool> {
        self.on_writer_connection(migrations::is_new).await
    }

    /// Names of the migrations that are not applied yet.
    ///
    /// # Errors
    /// `database.unreachable` or `database.migrations`.
    pub async fn pending_migrations(&self) -> Result<Vec<String>> {
        self.on_writer_connection(migrations::pending).await
    }

    /// Whether the schema is exactly the one that this program needs.
    ///
    /// # Errors
    /// `database.unreachable`, or `database.failed` where nothing was ever migrated.
    pub async fn is_migrated(&self) -> Result<bool> {
        self.look(migrations::is_current).await
    }

    /// Applies the migrations that are missing, and names them.
    ///
    /// # Errors
    /// `database.migrations`, also when the database is of a newer version than this program.
    pub async fn migrate(&self) -> Result<Vec<String>> {
        self.on_writer_connection(migrations::apply).await
    }

    /// Migrations carry their own transactions, so they get a connection of their own.
    async fn on_writer_connection<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        let opener = Opener {
            location: self.shared.location.clone(),
            purpose: Purpose::Write,
        };
        off_thread(move || work(&mut opener.open().map_err(unreachable)?)).await
    }
}

impl Shared {
    fn look<T, F>(&self, embedded: &Embedded, read: F) -> Result<T>
    where
        F: FnOnce(&mut AnyConnection) -> Result<T>,
    {
        match embedded.writer.look(read) {
            Ok(result) => result,
            Err(read) => read(&mut *checked_out(&self.lookers)?),
        }
    }
}

fn pooled<M>(location: &Location, size: u32, opener: M) -> Result<Pool<M>>
where
    M: ManageConnection,
{
    let embedded = matches!(location, Location::Sqlite(_));
    Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        // A file does not go away; a server does, and a stale connection must not cost a sign-in.
        .test_on_check_out(!embedded)
        .connection_timeout(Duration::from_secs(10))
        .build(opener)
        .map_err(unreachable)
}

fn checked_out<M: ManageConnection>(pool: &Pool<M>) -> Result<PooledConnection<M>> {
    pool.get().map_err(unreachable)
}

fn unreachable(error: impl std::error::Error + Send + Sync + 'static) -> Problem {
    Problem::new(codes::DATABASE_UNREACHABLE).caused_by(error)
}

async fn off_thread<T, F>(work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T> + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(Problem::internal(error)))
}
