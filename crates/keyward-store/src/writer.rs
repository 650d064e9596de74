//! SQLite's one writer: a connection on which transactions are committed in groups.
//!
//! While one group is being synced to disk the next one gathers, so a busy server pays one sync
//! for many requests, and no request waits for the busy handler of another. While there is no other
//! to share a sync with, a transaction runs where it stands: handing it to a thread and back would
//! cost more than the transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};
use tokio::sync::oneshot;

use super::connection::{AnyConnection, Location, Opener, failed, unopened};
use super::open_file::OpenFile;
use super::prepared_statements::{Begin, BeginJob, Commit, EndJob};
use super::read_cache::Commits;
use keyward_core::problem::{Code, Problem, Result, codes};

/// The most transactions in one group: bounds how long the first of them waits.
const GROUP: usize = 256;
/// The longest that commits may take on average where they hold up an async thread.
const QUICK: Duration = Duration::from_micros(500);

/// A transaction in the queue.
struct Job {
    work: Work,
    lasting: Durability,
    bracket: Atomicity,
}

/// What makes a job all or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Atomicity {
    /// Its savepoint in the transaction of a group.
    Savepoint,
    /// A transaction of its own. A savepoint keeps in memory what every page of a large change was
    /// before.
    Transaction,
}

/// How long a commit lasts when its caller is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// Longer than the power: it is on disk.
    OnDisk,
    /// Longer than the program. When the power goes before a later commit that is on disk, it is
    /// as if it had never been.
    InLog,
}

/// How long to wait for another process that is writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BusyWait {
    None,
    Usual,
}

/// Runs in its bracket and gives back how to answer the caller, which happens only after the whole
/// group was committed.
type Work = Box<dyn FnOnce(&mut AnyConnection) -> Worked + Send>;
/// Answers the caller: with the job's own result, or with the failure of the commit.
type Answer = Box<dyn FnOnce(Result<()>) + Send>;

/// What became of a job.
struct Worked {
    answer: Answer,
    is_done: bool,
}

/// The connection and the sending end of its queue. The thread ends when the last sender is
/// dropped.
#[derive(Clone)]
pub(super) struct Writer {
    queue: Sender<Job>,
    shared: Arc<Shared>,
}

struct Shared {
    committer: Mutex<Committer>,
    /// Jobs in the queue.
    waiting: AtomicUsize,
    is_closing: AtomicBool,
    /// Why the last group could not begin.
    refusal: Mutex<Option<(Code, String)>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Opens the connection and starts the thread, which counts its commits.
    pub(super) fn start(opener: &Opener, commits: Commits) -> Result<Self> {
        let connection = opener.open().map_err(unopened)?;
        let file = match &opener.location {
            Location::Sqlite(path) => OpenFile::of(path),
            #[cfg(feature = "postgres")]
            Location::Postgres { .. } => None,
        };
        let shared = Arc::new(Shared {
            committer: Mutex::new(Committer {
                connection,
                file,
                is_closed: false,
                commits,
                lasting: Durability::OnDisk,
                patience: BusyWait::Usual,
                last_group: 1,
                usual_commit: Duration::ZERO,
            }),
            waiting: AtomicUsize::new(0),
            is_closing: AtomicBool::new(false),
            refusal: Mutex::default(),
            thread: Mutex::default(),
        });
        let (queue, jobs) = channel();
        let writer = Self {
            queue,
            shared: Arc::clone(&shared),
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&shared, &jobs))
            .map_err(Problem::internal)?;
        *writer.shared.thread() = Some(thread);
        Ok(writer)
    }

    /// Finishes what is in the queue, brings the log into the file, closes that and ends the
    /// thread. What comes later is refused.
    pub(super) fn close(&self) {
        let Some(thread) = self.shared.thread().take() else {
            return;
        };
        // Comes after everything that was queued before it.
        let last = Job {
            work: Box::new(|_| Worked {
                answer: Box::new(|_| {}),
                is_done: true,
            }),
            lasting: Durability::OnDisk,
            bracket: Atomicity::Savepoint,
        };
        self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        self.shared.is_closing.store(true, Ordering::Release);
        let _ = self.queue.send(last);
        if thread.join().is_err() {
            tracing::error!("the writer panicked");
        }
        self.shared.committer().close();
    }

    /// Runs a short transaction and waits until it was committed.
    pub(super) async fn run<T, F>(&self, lasting: Durability, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        match self.at_once(lasting, change) {
            Ok(result) => result,
            Err(change) => self.run_in_queue(lasting, change).await,
        }
    }

    /// The same for one that others may share a sync with.
    async fn run_in_queue<T, F>(&self, lasting: Durability, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        let in_savepoint = move |connection: &mut AnyConnection| in_savepoint(connection, change);
        self.queue(lasting, Atomicity::Savepoint, in_savepoint)
            .await
    }

    /// The same for a transaction of many rows: never where it stands, and by itself.
    pub(super) async fn run_batch<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        let change = move |connection: &mut AnyConnection| caught(connection, change);
        self.queue(Durability::OnDisk, Atomicity::Transaction, change)
            .await
    }

    /// The same for a change that is one statement, which undoes itself where it fails.
    pub(super) async fn run_one<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        match self.at_once(Durability::OnDisk, change) {
            Ok(result) => result,
            Err(change) => {
                let change = move |connection: &mut AnyConnection| caught(connection, change);
                self.queue(Durability::OnDisk, Atomicity::Savepoint, change)
                    .await
            }
        }
    }

    /// Runs the transaction here and now where no other request has one and commits are quick; else
    /// gives it back.
    fn at_once<T, F>(&self, lasting: Durability, change: F) -> std::result::Result<Result<T>, F>
    where
        F: FnOnce(&mut AnyConnection) -> Result<T>,
    {
        if self.shared.waiting.load(Ordering::Acquire) > 0 {
            return Err(change);
        }
        let mut committer = match self.shared.committer.try_lock() {
            Ok(committer) => committer,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(change),
        };
        if committer.last_group > 1 || committer.usual_commit > QUICK {
            return Err(change);
        }
        committer.alone(lasting, change)
    }

    /// Runs a short read on the writer's connection where it is free and no other job shares its sync;
    /// else gives it back. A commit makes every other connection read again what it had in memory,
    /// and not the one that it was made on.
    pub(super) fn look<T, F>(&self, read: F) -> std::result::Result<Result<T>, F>
    where
        F: FnOnce(&mut AnyConnection) -> Result<T>,
    {
        match self.shared.committer.try_lock() {
            Ok(mut committer) if committer.last_group <= 1 => Ok(read(&mut committer.connection)),
            _ => Err(read),
        }
    }

    async fn queue<T, F>(&self, lasting: Durability, bracket: Atomicity, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let result = work(connection);
            Worked {
                is_done: result.is_ok(),
                answer: Box::new(move |commit: Result<()>| {
                    // A caller that has gone away does not need its answer.
                    let _ = reply.send(commit.and(result));
                }),
            }
        });
        let stopped = || self.shared.refusal();
        self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        let job = Job {
            work,
            lasting,
            bracket,
        };
        self.queue.send(job).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

impl Shared {
    /// A job that panics is caught, so a poisoned lock tells nothing about the connection.
    fn committer(&self) -> MutexGuard<'_, Committer> {
        (self.committer.lock()).unwrap_or_else(PoisonError::into_inner)
    }

    fn thread(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why a job was not run.
    fn refusal(&self) -> Problem {
        let refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        match &*refusal {
            Some((code, why)) => Problem::new(*code).detailed(why.clone()),
            None => Problem::new(codes::DATABASE_UNREACHABLE).detailed("the writer has stopped"),
        }
    }

    fn refuse(&self, problem: &Problem) {
        let mut refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        *refusal = Some((problem.code(), problem.to_string()));
    }
}

fn serve(shared: &Shared, jobs: &Receiver<Job>) {
    let mut group = Vec::with_capacity(GROUP);
    let mut next = None;
    while let Some(first) = next.take().or_else(|| jobs.recv().ok()) {
        let mut committer = shared.committer();
        let is_alone = first.bracket == Atomicity::Transaction;
        group.push(first);
        while !is_alone && group.len() < GROUP {
            match jobs.try_recv() {
                Ok(job) if job.bracket == Atomicity::Savepoint => group.push(job),
                other => {
                    next = other.ok();
                    break;
                }
            }
        }
        shared.waiting.fetch_sub(group.len(), Ordering::AcqRel);
        if let Err(problem) = committer.together(group.drain(..), is_alone) {
            // The jobs were dropped unrun, and their callers ask why.
            tracing::error!(error = ?problem, "no transaction could begin");
            shared.refuse(&problem);
        }
        let is_last = shared.waiting.load(Ordering::Acquire) == 0;
        if is_last && shared.is_closing.load(Ordering::Acquire) {
            return;
        }
    }
}

/// The connection, and how it is set now.
struct Committer {
    connection: AnyConnection,
    file: Option<OpenFile>,
    is_closed: bool,
    commits: Commits,
    lasting: Durability,
    patience: BusyWait,
    /// How many transactions the last commit had.
    last_group: usize,
    /// How long commits took lately, the newest counting for an eighth.
    usual_commit: Duration,
}

impl Committer {
    /// One transaction by itself. It is given back where another process is writing.
    fn alone<T, F>(&mut self, lasting: Durability, change: F) -> std::result::Result<Result<T>, F>
    where
        F: FnOnce(&mut AnyConnection) -> Result<T>,
    {
        if self.begin(lasting, BusyWait::None).is_err() {
            return Err(change);
        }
        let result = caught(&mut self.connection, change);
        if result.is_err() {
            // Where this fails, what failed before has ended the transaction already.
            let _ = self.connection.batch_execute("ROLLBACK");
            return Ok(result);
        }
        Ok(self.commit(1).map_err(uncommitted).and(result))
    }

    /// A group of transactions, each in its savepoint, or one by itself.
    fn together(&mut self, group: std::vec::Drain<'_, Job>, is_alone: bool) -> Result<()> {
        let jobs = group.as_slice();
        let in_log = jobs.iter().all(|job| job.lasting == Durability::InLog);
        let lasting = if in_log {
            Durability::InLog
        } else {
            Durability::OnDisk
        };
        self.begin(lasting, BusyWait::Usual)?;
        let mut answers = Vec::with_capacity(group.len());
        for job in group {
            let worked = (job.work)(&mut self.connection);
            if is_alone && !worked.is_done {
                // Where this fails, what failed before has ended the transaction already.
                let _ = self.connection.batch_execute("ROLLBACK");
                (worked.answer)(Ok(()));
                return Ok(());
            }
            answers.push(worked.answer);
        }
        let committed = self.commit(answers.len());
        for answer in answers {
            answer(committed.clone().map_err(uncommitted));
        }
        Ok(())
    }

    /// # Errors
    /// `database.replaced` where what is written would go where no later start finds it, `database.busy`
    /// where another process is writing.
    fn begin(&mut self, lasting: Durability, patience: BusyWait) -> Result<()> {
        if self.is_closed {
            return Err(Problem::new(codes::DATABASE_UNREACHABLE).detailed("it was closed"));
        }
        if let Some(path) = self.file.as_mut().and_then(OpenFile::lost) {
            let why = format!("{} is not the file that is open", path.display());
            return Err(Problem::new(codes::DATABASE_REPLACED).detailed(why));
        }
        if self.patience != patience {
            let timeout = match patience {
                BusyWait::None => "PRAGMA busy_timeout = 0",
                BusyWait::Usual => "PRAGMA busy_timeout = 10000",
            };
            self.connection.batch_execute(timeout).map_err(failed)?;
            self.patience = patience;
        }
        if self.lasting != lasting {
            // Not inside of a transaction: SQLite would ignore it there.
            let synchronous = match lasting {
                Durability::OnDisk => "PRAGMA synchronous = FULL",
                Durability::InLog => "PRAGMA synchronous = NORMAL",
            };
            self.connection.batch_execute(synchronous).map_err(failed)?;
            self.lasting = lasting;
        }
        run(&mut self.connection, Begin).map_err(failed)
    }

    /// Brings everything into the file, and closes it.
    fn close(&mut self) {
        if self.is_closed {
            return;
        }
        self.is_closed = true;
        let whole = "PRAGMA busy_timeout = 2000; PRAGMA wal_checkpoint(TRUNCATE)";
        if let Err(error) = self.connection.batch_execute(whole) {
            tracing::warn!(%error, "the log could not be brought into the database");
        }
        if let Ok(nothing) = AnyConnection::of_nothing() {
            self.connection = nothing;
        }
    }

    fn commit(&mut self, group: usize) -> std::result::Result<(), Refusal> {
        let started = Instant::now();
        let committed = run(&mut self.connection, Commit);
        // Also where it failed: it is unknown what was written then.
        self.commits.count();
        self.usual_commit = self.usual_commit * 7 / 8 + started.elapsed() / 8;
        self.last_group = group;
        committed.map_err(|error| {
            tracing::error!(%error, "a group of transactions could not be committed");
            let _ = self.connection.batch_execute("ROLLBACK");
            let why = error.to_string();
            (failed(error).code(), why)
        })
    }
}

/// Why a group was not committed, for each of its callers.
type Refusal = (Code, String);

fn uncommitted((code, why): Refusal) -> Problem {
    Problem::new(code).detailed(format!("commit failed: {why}"))
}

fn in_savepoint<T>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T>,
) -> Result<T> {
    run(connection, BeginJob).map_err(failed)?;
    let result = caught(connection, change);
    if result.is_err() {
        // A full disk ends the whole transaction at once; then there is nothing to go back to, and
        // what failed first is what is told.
        if connection.batch_execute("ROLLBACK TO job").is_err() {
            return result;
        }
    }
    run(connection, EndJob).map_err(failed)?;
    result
}

/// Runs a statement of SQLite's.
fn run<Q>(connection: &mut AnyConnection, statement: Q) -> QueryResult<()>
where
    Q: RunQueryDsl<SqliteConnection> + QueryFragment<Sqlite> + QueryId,
{
    match connection {
        AnyConnection::Sqlite(sqlite) => statement.execute(sqlite).map(drop),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => Err(diesel::result::Error::QueryBuilderError(
            "a server's transactions need no writer".into(),
        )),
    }
}

/// A defect in one transaction must not stop the thread that serves all of them.
pub(super) fn caught<T>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T>,
) -> Result<T> {
    catch_unwind(AssertUnwindSafe(|| change(connection)))
        .unwrap_or_else(|_| Err(Problem::new(codes::INTERNAL).detailed("a transaction panicked")))
}

#[cfg(test)]
mod tests;
