//! SQLite's one writer: a thread that takes transactions from a queue and commits them in groups.
//!
//! While one group is being synced to disk the next one gathers, so a busy server pays one sync
//! for many requests, and no request waits for the busy handler of another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};

use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;

use super::connection::{AnyConnection, Opener, failed};
use crate::problem::{Problem, Result, codes};

/// The most transactions in one group: bounds how long the first of them waits.
const GROUP: usize = 256;

/// A transaction in the queue. It runs in a savepoint and gives back how to answer its caller,
/// which happens only after the whole group is on disk.
type Job = Box<dyn FnOnce(&mut AnyConnection) -> Answer + Send>;
/// Answers the caller: with the job's own result, or with the failure of the commit.
type Answer = Box<dyn FnOnce(Result<()>) + Send>;

/// The sending end of the queue. The thread ends when the last sender is dropped.
#[derive(Clone)]
pub(super) struct Writer {
    queue: Sender<Job>,
}

impl Writer {
    /// Opens the connection and starts the thread.
    pub(super) fn start(opener: &Opener) -> Result<Self> {
        let connection = opener.open().map_err(super::unreachable)?;
        let (queue, jobs) = channel();
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(connection, &jobs))
            .map_err(Problem::internal)?;
        Ok(Self { queue })
    }

    /// Queues a transaction and waits until it is on disk.
    pub(super) async fn run<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        self.queue(move |connection| in_savepoint(connection, change))
            .await
    }

    /// The same for a change that is one statement, which undoes itself where it fails.
    pub(super) async fn run_one<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        self.queue(move |connection| caught(connection, change))
            .await
    }

    async fn queue<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = work(connection);
            Box::new(move |commit: Result<()>| {
                // A caller that has gone away does not need its answer.
                let _ = reply.send(commit.and(result));
            })
        });
        let stopped = || Problem::new(codes::DATABASE_FAILED).detailed("the writer has stopped");
        self.queue.send(job).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

fn serve(mut connection: AnyConnection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let group = std::iter::once(first).chain(jobs.try_iter().take(GROUP - 1));
        commit_group(&mut connection, group);
    }
}

fn commit_group(connection: &mut AnyConnection, group: impl Iterator<Item = Job>) {
    // IMMEDIATE takes the write lock at once: a deferred transaction that has read already cannot
    // wait for another process's writer, it fails.
    let begun = connection.batch_execute("BEGIN IMMEDIATE").map_err(failed);
    let mut answers = Vec::new();
    for job in group {
        match &begun {
            Ok(()) => answers.push(job(connection)),
            // The job is dropped unrun, and its caller is told that there is no writer.
            Err(problem) => tracing::error!(error = ?problem, "no transaction could begin"),
        }
    }
    if begun.is_err() {
        return;
    }
    let committed = connection.batch_execute("COMMIT");
    if let Err(error) = &committed {
        tracing::error!(%error, "a group of transactions could not be committed");
        let _ = connection.batch_execute("ROLLBACK");
    }
    for answer in answers {
        answer(match &committed {
            Ok(()) => Ok(()),
            Err(error) => {
                Err(Problem::new(codes::DATABASE_FAILED)
                    .detailed(format!("commit failed: {error}")))
            }
        });
    }
}

fn in_savepoint<T>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T>,
) -> Result<T> {
    connection.batch_execute("SAVEPOINT job").map_err(failed)?;
    let result = caught(connection, change);
    let end = match result {
        Ok(_) => "RELEASE job",
        Err(_) => "ROLLBACK TO job; RELEASE job",
    };
    connection.batch_execute(end).map_err(failed)?;
    result
}

/// One transaction on a connection of its own, for PostgreSQL.
pub(super) fn transaction<T>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T>,
) -> Result<T> {
    connection.batch_execute("BEGIN").map_err(failed)?;
    let result = caught(connection, change);
    let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
    connection.batch_execute(end).map_err(failed)?;
    result
}

/// A defect in one transaction must not stop the thread that serves all of them.
fn caught<T>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> Result<T>,
) -> Result<T> {
    catch_unwind(AssertUnwindSafe(|| change(connection)))
        .unwrap_or_else(|_| Err(Problem::new(codes::INTERNAL).detailed("a transaction panicked")))
}
