//! The database: rows in, domain types out. Nothing else knows Diesel.
//!
//! An action calls [`Store::look`], [`Store::read`] or [`Store::write`] with a closure, which calls the
//! functions of this folder, a table a file. On SQLite one thread commits all writes in groups; on PostgreSQL
//! each is a transaction. Every check-and-use is one conditional statement whose row count decides.

pub mod address_tries;
pub mod answered_requests;
pub mod api_tokens;
pub mod application_sessions;
pub mod applications;
pub mod attempts;
pub mod backup_codes;
pub mod browser_sessions;
pub mod counts;
pub mod credentials;
pub mod delivered_codes;
pub mod delivery_addresses;
pub mod devices;
pub mod duties;
pub mod erasure;
pub mod event_exports;
pub mod event_repeats;
pub mod events;
pub mod export_queue;
pub mod failed_names;
pub mod groups;
pub mod instance;
pub mod invitations;
pub mod journeys;
pub mod judgements;
pub mod judging;
pub mod key_file;
pub mod keys;
pub mod leases;
pub mod metadata;
pub mod nodes;
pub mod objections;
pub mod openid_assertions;
pub mod openid_client_secrets;
pub mod openid_clients;
pub mod openid_codes;
pub mod openid_consents;
pub mod openid_device_codes;
pub mod openid_grants;
pub mod openid_keys;
pub mod openid_pushed_requests;
pub mod openid_session_ends;
pub mod openid_tokens;
pub mod otp_key_imports;
pub mod otp_keys;
pub mod outbox;
pub mod passes;
pub mod passwords;
pub mod policies;
pub mod probes;
pub mod profiles;
pub mod raw_rows;
pub mod recoveries;
pub mod reports;
pub mod roles;
pub mod rule_names;
pub mod search;
pub mod session_limits;
pub mod sessions;
pub mod setup_links;
pub mod spent_challenges;
pub mod spent_otps;
pub mod spent_upstream_answers;
pub mod suspicions;
pub mod totp_secrets;
pub mod trusted_browsers;
pub mod upstream_links;
pub mod upstream_sessions;
pub mod user_list;
pub mod users;
pub mod validation_clients;
pub mod validation_rates;
pub mod validation_services;
pub mod webhook_deliveries;
pub mod webhooks;
pub mod yubikeys;

mod attempt_turn;
mod connection;
mod figures;
mod grant_schema;
mod lanes;
mod migrations;
mod open_database;
mod open_file;
mod openid_client_parts;
mod openid_schema;
mod pieces;
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
mod prepared_statements;
mod read_cache;
mod remains;
mod role_schema;
mod schema;
mod spent_digests;
mod tables;
#[cfg(test)]
mod tests;
mod upkeep;
mod upstream_schema;
mod writer;

pub use self::connection::{AnyConnection, Limits};
use self::connection::{Location, unopened};
pub use self::figures::Figures;
pub use self::lanes::Bounds;
use self::lanes::Pools;
use self::open_database::{Embedded, Shared};
use self::pool::{LostConnections, Pool};
pub use self::read_cache::NOTICED_WITHIN;
use self::writer::Durability;
use std::time::{Duration, Instant};
use std::{any::Any, path::Path, sync::Arc};

use keyward_core::problem::{Problem, Result};

/// Whose connections are used: what must not wait has its own, so that people behind a locked table
/// hold up nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    People,
    Validation,
    Readiness,
}

/// The database. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    lane: Lane,
}

impl Store {
    /// Opens the database at `url` (`sqlite://PATH` or `postgres://…`). A missing SQLite file is
    /// created, its folder is not.
    ///
    /// # Errors
    /// `settings.invalid` for an address that names no database, `database.unreachable` when it
    /// cannot be opened.
    pub fn open(url: &str, bounds: Bounds) -> Result<Self> {
        let location = Location::parse(url)?
            .reached(&bounds.limits)
            .map_err(unopened)?;
        let embedded = match &location {
            Location::Sqlite(_) => Some(Embedded::open(&location, bounds.limits)?),
            #[cfg(feature = "postgres")]
            Location::Postgres { .. } => None,
        };
        let losses = LostConnections::default();
        let people = Pools::of_people(&location, &bounds, &losses);
        people.looks.open_one()?;
        Ok(Self {
            lane: Lane::People,
            shared: Arc::new(Shared {
                people,
                validation: Pools::of_validation(&location, &bounds, &losses),
                readiness: Pools::of_readiness(&location, &bounds, &losses),
                limits: bounds.limits,
                embedded,
                location,
            }),
        })
    }

    /// The same database over the connections that are kept for clients of the validation server.
    pub fn for_validation(&self) -> Self {
        Self {
            lane: Lane::Validation,
            ..self.clone()
        }
    }

    /// The same database over the connection that is kept to find out whether it works.
    pub fn for_readiness(&self) -> Self {
        Self {
            lane: Lane::Readiness,
            ..self.clone()
        }
    }

    /// Whether the disk of an embedded database has room for a little more.
    ///
    /// # Errors
    /// `database.full`
    pub async fn has_room(&self) -> Result<()> {
        match &self.shared.location {
            Location::Sqlite(path) => {
                let path = path.clone();
                off_thread(move || open_file::has_room(&path)).await
            }
            #[cfg(feature = "postgres")]
            Location::Postgres { .. } => Ok(()),
        }
    }

    /// Whether several servers can use this database at once.
    pub fn can_be_shared(&self) -> bool {
        self.shared.embedded.is_none()
    }

    /// How the database is reached, for people.
    pub fn reached(&self) -> &'static str {
        self.shared.location.says_how()
    }

    /// Closes the database: what was begun is finished, nothing new is. An embedded one is whole in
    /// its file then, where that works `within` this time.
    pub async fn close(&self, within: Duration) {
        let start = Instant::now();
        let shared = Arc::clone(&self.shared);
        shared.shut();
        while shared.lent() > 0 && start.elapsed() < within {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let closing = off_thread(move || {
            shared.end();
            Ok(())
        });
        let left = within.saturating_sub(start.elapsed());
        if tokio::time::timeout(left, closing).await.is_err() {
            tracing::warn!("the database could not be closed in time");
        }
    }

    fn pools(&self) -> &Pools {
        match self.lane {
            Lane::People => &self.shared.people,
            Lane::Validation => &self.shared.validation,
            Lane::Readiness => &self.shared.readiness,
        }
    }

    /// The file of an embedded database; `None` for a server.
    pub fn file(&self) -> Option<&Path> {
        match &self.shared.location {
            Location::Sqlite(path) => Some(path),
            #[cfg(feature = "postgres")]
            Location::Postgres { .. } => None,
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
        found(self.look_erased(erased(read)).await?)
    }

    async fn look_erased(&self, read: Work) -> Result<Found> {
        match &self.shared.embedded {
            Some(embedded) => self.shared.look(embedded, read),
            None => self.on(&self.pools().looks, read).await,
        }
    }

    /// Runs a point read that every request repeats, such as who is signed in. On SQLite the
    /// answer is kept until anything in the database changes: it is what [`Store::look`] would
    /// have found, now or, where another process changed something, within [`NOTICED_WITHIN`].
    /// `what` and `key` name the read: equal names must mean equal answers.
    ///
    /// # Errors
    /// The closure's, or `database.unreachable`.
    pub async fn cached_read<T, F>(&self, what: &'static str, key: &str, read: F) -> Result<T>
    where
        T: Clone + Send + Sync + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        match &self.shared.embedded {
            Some(embedded) => {
                let read = || found(self.shared.look(embedded, erased(read))?);
                embedded.cache.read(what, key, read)
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
        found(self.on(&self.pools().reads, erased(read)).await?)
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
        found(self.transaction(Durability::OnDisk, erased(change)).await?)
    }

    /// Runs a transaction as [`Store::write`] does, of which no caller is told before a later one
    /// is on disk, or which costs no more than a step taken anew when the power goes: it is not
    /// synced by itself. The program may crash; only the machine may not, until the next commit of
    /// any [`Store::write`] has brought this one to disk too.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_unsynced<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        found(self.transaction(Durability::InLog, erased(change)).await?)
    }

    async fn transaction(&self, lasting: Durability, change: Work) -> Result<Found> {
        match &self.shared.embedded {
            Some(embedded) => embedded.writer.run(lasting, change).await,
            None => {
                self.transaction_on(&self.pools().writes, lasting, change)
                    .await
            }
        }
    }

    async fn transaction_on(
        &self,
        pool: &Pool,
        lasting: Durability,
        change: Work,
    ) -> Result<Found> {
        let limits = pool.limits().unwrap_or(self.shared.limits);
        let begin = self.shared.location.begin(&limits, lasting);
        pool.run(move |connection| pool::transaction(connection, &begin, change))
            .await
    }

    /// Runs work that needs no bracket. Behind a pooler it has one all the same: two statements
    /// would not meet the same session.
    async fn on(&self, pool: &Pool, work: Work) -> Result<Found> {
        match self.shared.location.keeps_sessions() {
            true => pool.run(work).await,
            false => self.transaction_on(pool, Durability::OnDisk, work).await,
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
        let change = erased(change);
        found(match &self.shared.embedded {
            Some(embedded) => embedded.writer.run_batch(change).await?,
            None => {
                let pool = &self.pools().reads;
                self.transaction_on(pool, Durability::OnDisk, change)
                    .await?
            }
        })
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
        let change = erased(change);
        found(match &self.shared.embedded {
            Some(embedded) => embedded.writer.run_one(change).await?,
            None => self.on(&self.pools().writes, change).await?,
        })
    }
}

/// What work found, whatever its type.
type Found = Box<dyn Any + Send>;
/// Work of no type of its own: each closure would have a copy of the queue, the pool and the
/// runtime's task in the program, which made a third of it.
type Work = Box<dyn FnOnce(&mut AnyConnection) -> Result<Found> + Send>;

fn erased<T, F>(work: F) -> Work
where
    T: Send + 'static,
    F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
{
    Box::new(move |connection| Ok(Box::new(work(connection)?)))
}

fn found<T: 'static>(found: Found) -> Result<T> {
    let found = found.downcast::<T>();
    found
        .map(|found| *found)
        .map_err(|_| Problem::internal("work found something of another type"))
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
