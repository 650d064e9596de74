//! Connections that are lent out one at a time, and given up where nothing comes back.
//!
//! A database can go silent: a network swallows what is sent, or the server was stopped in the
//! middle. The thread that waits for its answer cannot be woken, but no other request has to wait
//! with it: after a while its caller is told, its connection counts as lost and another one may
//! take its place.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::{Connection as _, InstrumentationEvent, SimpleConnection as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::{AnyConnection, Limits, Opener, failed, is_crowded, unopened};
use super::writer::caught;
use keyward_core::problem::{Problem, Result, codes};

/// How often it is looked whether a statement is overdue.
const EVERY: Duration = Duration::from_millis(100);
/// How long to wait where a server takes no more connections: until one of ours comes back, or it
/// has room again.
const CROWD: Duration = Duration::from_millis(50);
/// How long a connection of a server counts as sound after its last use.
const FRESH: Duration = Duration::from_secs(1);
/// How long a connection is kept that is not used.
const IDLE: Duration = Duration::from_mins(10);
/// The most threads that may wait for answers which no request expects any more.
const MOST_GIVEN_UP: usize = 64;

/// Counts the connections that turned out to be lost, of all pools of one database: then none is
/// taken for sound before it was asked.
pub(super) type LostConnections = Arc<AtomicU64>;

/// Cheap to clone; clones lend the same connections.
#[derive(Clone)]
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    opener: Opener,
    size: usize,
    /// How long a request waits for a connection.
    patience: Duration,
    seats: Arc<Semaphore>,
    shelf: Mutex<IdleConnections>,
    losses: LostConnections,
    given_up: AtomicUsize,
}

#[derive(Default)]
struct IdleConnections {
    idle: Vec<Idle>,
    lent: usize,
    is_closed: bool,
}

struct Idle {
    connection: AnyConnection,
    since: Instant,
    losses: u64,
}

impl Pool {
    /// A pool of at most `size` connections, none of which is open yet.
    pub(super) fn new(
        opener: Opener,
        size: u32,
        patience: Duration,
        losses: &LostConnections,
    ) -> Self {
        let size = usize::try_from(size.max(1)).unwrap_or(1);
        Self {
            shared: Arc::new(Shared {
                opener,
                size,
                patience,
                seats: Arc::new(Semaphore::new(size)),
                shelf: Mutex::default(),
                losses: Arc::clone(losses),
                given_up: AtomicUsize::new(0),
            }),
        }
    }

    /// Opens the first connection.
    ///
    /// # Errors
    /// `database.unreachable`
    pub(super) fn open_one(&self) -> Result<()> {
        let lent = self.shared.lend(&Arc::default())?;
        lent.give_back();
        Ok(())
    }

    /// Runs a short read on this thread. One more connection is opened where all are lent: there
    /// are never more of them than threads that answer requests. For a database in a file alone,
    /// where nothing is waited for.
    pub(super) fn here<T>(&self, read: impl FnOnce(&mut AnyConnection) -> Result<T>) -> Result<T> {
        let mut lent = self.shared.lend(&Arc::default())?;
        let result = read(lent.connection()?);
        lent.give_back();
        result
    }

    /// Runs work off the async threads.
    ///
    /// # Errors
    /// The work's; `database.busy` where no connection becomes free, `database.unreachable` where
    /// none can be opened or a statement is not answered.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        if shared.given_up.load(Ordering::Acquire) >= MOST_GIVEN_UP {
            return Err(silent());
        }
        let seat = Arc::clone(&shared.seats).acquire_owned();
        let seat = tokio::time::timeout(shared.patience, seat)
            .await
            .map_err(|_| Problem::new(codes::DATABASE_BUSY).detailed("all connections are in use"))?
            .map_err(|_| closed())?;
        let watch = Arc::new(Watch::default());
        let working = {
            let (shared, watch) = (Arc::clone(&shared), Arc::clone(&watch));
            tokio::task::spawn_blocking(move || shared.serve(seat, &watch, work))
        };
        if !shared.opener.may_go_silent() {
            return working.await.map_err(Problem::internal)?;
        }
        // A task of its own: a caller that goes away must not leave the thread unwatched.
        tokio::spawn(async move { shared.attend(&watch, working).await })
            .await
            .map_err(Problem::internal)?
    }

    /// How long anything may take here; `None` for a file.
    pub(super) fn limits(&self) -> Option<Limits> {
        self.shared.opener.limits()
    }

    /// Lends nothing any more, and closes what is not lent.
    pub(super) fn close(&self) {
        self.shared.seats.close();
        let mut shelf = self.shared.shelf();
        shelf.is_closed = true;
        shelf.idle.clear();
    }

    /// The most connections that there can be.
    pub(super) fn size(&self) -> usize {
        self.shared.size
    }

    /// How many connections are lent now, but for those that were given up.
    pub(super) fn lent(&self) -> usize {
        let given_up = self.shared.given_up.load(Ordering::Acquire);
        self.shared.shelf().lent.saturating_sub(given_up)
    }
}

impl Shared {
    fn shelf(&self) -> MutexGuard<'_, IdleConnections> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn attend<T>(
        &self,
        watch: &Watch,
        mut working: tokio::task::JoinHandle<Result<T>>,
    ) -> Result<T> {
        loop {
            match tokio::time::timeout(EVERY, &mut working).await {
                Ok(ended) => return ended.map_err(Problem::internal)?,
                Err(_) if watch.give_up_if_overdue() => {
                    let lost = self.given_up.fetch_add(1, Ordering::AcqRel) + 1;
                    self.losses.fetch_add(1, Ordering::AcqRel);
                    // Those that lie idle go the same way.
                    let idle = std::mem::take(&mut self.shelf().idle);
                    tokio::task::spawn_blocking(move || drop(idle));
                    tracing::error!(
                        lost,
                        "the database does not answer; a connection is given up"
                    );
                    self.seats.add_permits(1);
                    return Err(silent());
                }
                Err(_) => {}
            }
        }
    }

    fn serve<T>(
        self: &Arc<Self>,
        seat: OwnedSemaphorePermit,
        watch: &Arc<Watch>,
        work: impl FnOnce(&mut AnyConnection) -> Result<T>,
    ) -> Result<T> {
        let result = self.lend(watch).and_then(|mut lent| {
            let result = caught(lent.connection()?, work);
            let result = result.map_err(|problem| watch.judged(problem));
            match &result {
                Err(problem) if problem.code() == codes::DATABASE_UNREACHABLE => {
                    self.losses.fetch_add(1, Ordering::AcqRel);
                }
                // Its state is unknown.
                Err(problem) if problem.code() == codes::DATABASE_FAILED => {}
                _ if watch.is_given_up() => {}
                _ => lent.give_back(),
            }
            result
        });
        if !watch.finish() {
            // Another one sits here since this was given up.
            seat.forget();
            self.given_up.fetch_sub(1, Ordering::AcqRel);
        }
        result
    }

    fn lend(self: &Arc<Self>, watch: &Arc<Watch>) -> Result<Lent> {
        let start = Instant::now();
        loop {
            let idle = {
                let mut shelf = self.shelf();
                if shelf.is_closed {
                    return Err(closed());
                }
                shelf.lent += 1;
                shelf.idle.pop()
            };
            let mut lent = Lent {
                shared: Arc::clone(self),
                connection: None,
            };
            let Some(mut idle) = idle else {
                watch.begin(self.opener.opening_takes());
                let opened = self.opener.open();
                watch.end(false);
                let crowded = opened.as_ref().err().is_some_and(is_crowded);
                if crowded && start.elapsed() < self.patience {
                    drop(lent);
                    std::thread::sleep(CROWD);
                    continue;
                }
                let connection = lent.connection.insert(opened.map_err(unopened)?);
                self.observe(connection, watch);
                return Ok(lent);
            };
            if idle.losses != self.losses.load(Ordering::Acquire) {
                continue;
            }
            self.observe(&mut idle.connection, watch);
            let is_fresh = idle.since.elapsed() < FRESH;
            if !self.opener.may_go_silent()
                || is_fresh
                || idle.connection.batch_execute("SELECT 1").is_ok()
            {
                lent.connection = Some(idle.connection);
                return Ok(lent);
            }
        }
    }

    /// Tells the watch of each statement, where the other end can go silent.
    fn observe(&self, connection: &mut AnyConnection, watch: &Arc<Watch>) {
        let Some(limits) = self.opener.limits() else {
            return;
        };
        let (watch, overdue) = (Arc::clone(watch), limits.overdue());
        let impatient = limits.statement.min(limits.lock) * 9 / 10;
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| match event {
            InstrumentationEvent::StartQuery { .. } => watch.begin(overdue),
            InstrumentationEvent::FinishQuery { error, .. } => {
                watch.end(error.is_some() && watch.has_taken() >= impatient);
            }
            _ => {}
        });
    }
}

/// A connection that is lent. Dropped, it is closed.
struct Lent {
    shared: Arc<Shared>,
    connection: Option<AnyConnection>,
}

impl Lent {
    fn connection(&mut self) -> Result<&mut AnyConnection> {
        (self.connection.as_mut()).ok_or_else(|| Problem::internal("no connection was lent"))
    }

    fn give_back(mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        if self.shared.opener.may_go_silent() {
            connection.set_instrumentation(|_: InstrumentationEvent<'_>| {});
        }
        let losses = self.shared.losses.load(Ordering::Acquire);
        let mut shelf = self.shared.shelf();
        if !shelf.is_closed && shelf.idle.len() < self.shared.size {
            shelf.idle.retain(|idle| idle.since.elapsed() < IDLE);
            shelf.idle.push(Idle {
                connection,
                since: Instant::now(),
                losses,
            });
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Closed before it is no longer counted: closing the database waits for that.
        drop(self.connection.take());
        let mut shelf = self.shared.shelf();
        shelf.lent = shelf.lent.saturating_sub(1);
    }
}

/// What is known from outside of a thread that works with a connection.
#[derive(Default)]
struct Watch(Mutex<Watched>);

#[derive(Default)]
struct Watched {
    /// Since when an answer is waited for, and for how long at most.
    waiting: Option<(Instant, Duration)>,
    /// Whether the last failure came from waiting too long.
    is_late: bool,
    state: WorkState,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum WorkState {
    #[default]
    Running,
    Finished,
    GivenUp,
}

impl Watch {
    fn locked(&self) -> MutexGuard<'_, Watched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, at_most: Duration) {
        self.locked().waiting = Some((Instant::now(), at_most));
    }

    fn has_taken(&self) -> Duration {
        let waiting = self.locked().waiting;
        waiting.map_or(Duration::ZERO, |(since, _)| since.elapsed())
    }

    fn end(&self, is_late: bool) {
        let mut watched = self.locked();
        watched.waiting = None;
        watched.is_late |= is_late;
    }

    /// A failure after a long wait, whatever the server calls it in whatever language: it did not
    /// get a lock, or the statement took too long.
    fn judged(&self, problem: Problem) -> Problem {
        match problem.code() {
            codes::DATABASE_FAILED if self.locked().is_late => Problem::new(codes::DATABASE_BUSY)
                .detailed("a lock or a statement took too long")
                .caused_by(problem),
            _ => problem,
        }
    }

    fn give_up_if_overdue(&self) -> bool {
        let mut watched = self.locked();
        let overdue = |(since, at_most): (Instant, Duration)| since.elapsed() > at_most;
        let is_hopeless =
            watched.state == WorkState::Running && watched.waiting.is_some_and(overdue);
        if is_hopeless {
            watched.state = WorkState::GivenUp;
        }
        is_hopeless
    }

    fn is_given_up(&self) -> bool {
        self.locked().state == WorkState::GivenUp
    }

    /// Whether a request still waited for the end.
    fn finish(&self) -> bool {
        let mut watched = self.locked();
        let is_wanted = watched.state == WorkState::Running;
        if is_wanted {
            watched.state = WorkState::Finished;
        }
        is_wanted
    }
}

/// One transaction on a connection of a server, which `begin` begins.
///
/// # Errors
/// The closure's, or the server's.
pub(super) fn transaction<T>(
    connection: &mut AnyConnection,
    begin: &str,
    change: impl FnOnce(&mut AnyConnection) -> Result<T>,
) -> Result<T> {
    connection.batch_execute(begin).map_err(failed)?;
    let result = caught(connection, change);
    let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
    connection.batch_execute(end).map_err(failed)?;
    result
}

fn silent() -> Problem {
    Problem::new(codes::DATABASE_UNREACHABLE).detailed("it does not answer")
}

fn closed() -> Problem {
    Problem::new(codes::DATABASE_UNREACHABLE).detailed("it was closed: the server stops")
}
