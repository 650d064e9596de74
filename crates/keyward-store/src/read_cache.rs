//! The read cache: answers to the point reads that every request repeats, until the database changes.
//!
//! Commits of this process are counted before their callers are told of them. Those of other
//! processes, the command line's, are counted by SQLite, and asking it takes locks on the file: it
//! is asked once in [`NOTICED_WITHIN`], however many requests there are.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::prelude::*;

use super::connection::{AnyConnection, failed};
use super::prepared_statements::DataVersion;
use keyward_core::problem::{Problem, Result};

/// How long at most an answer is kept after another process has changed the database.
pub const NOTICED_WITHIN: Duration = Duration::from_millis(1);
/// The most answers that are kept: a bound for their memory, of a few megabytes.
const AT_MOST: usize = 4096;

/// Counts commits of this process.
#[derive(Clone, Debug, Default)]
pub(super) struct Commits(Arc<AtomicU64>);

impl Commits {
    /// Counts one, which readers can see already and whose caller was not told yet.
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    fn so_far(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// What a read is called.
type Name = (&'static str, String);

/// The read cache of an embedded database.
pub(super) struct ReadCache {
    commits: Commits,
    cached: Mutex<Cached>,
}

struct Cached {
    /// Asked for commits of others, and for nothing else.
    connection: AnyConnection,
    version: i64,
    asked_at: Option<Instant>,
    commits: u64,
    /// Counts how often everything was forgotten.
    generation: u64,
    answers: HashMap<Name, Arc<dyn Any + Send + Sync>>,
    hits: u64,
    misses: u64,
}

impl ReadCache {
    /// None yet, of the database that `connection` reads and in which this process counts
    /// `commits`.
    pub(super) fn new(connection: AnyConnection, commits: Commits) -> Self {
        Self {
            commits,
            cached: Mutex::new(Cached {
                connection,
                version: 0,
                asked_at: None,
                commits: 0,
                generation: 0,
                answers: HashMap::new(),
                hits: 0,
                misses: 0,
            }),
        }
    }

    /// The answer from before, where nothing was committed since; else the answer of `read`.
    pub(super) fn read<T: Clone + Send + Sync + 'static>(
        &self,
        what: &'static str,
        key: &str,
        read: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let name = (what, key.to_owned());
        // Taken before the read: an answer may be newer than its generation, and is never older.
        let (generation, answer) = {
            let mut cached = self.locked();
            cached.forget_if_changed(self.commits.so_far())?;
            let answer = cached.answers.get(&name).map(Arc::clone);
            match answer {
                Some(_) => cached.hits += 1,
                None => cached.misses += 1,
            }
            (cached.generation, answer)
        };
        if let Some(answer) = answer {
            return (answer.downcast_ref::<T>().cloned())
                .ok_or_else(|| Problem::internal(format!("{what} names answers of two types")));
        }
        let answer = read()?;
        let mut cached = self.locked();
        if cached.generation == generation {
            if cached.answers.len() >= AT_MOST {
                cached.answers.clear();
            }
            cached.answers.insert(name, Arc::new(answer.clone()));
        }
        Ok(answer)
    }

    /// How many reads were answered from before, and how many were not.
    pub(super) fn reads(&self) -> (u64, u64) {
        let cached = self.locked();
        (cached.hits, cached.misses)
    }

    /// Lets go of the database.
    pub(super) fn close(&self) {
        if let Ok(nothing) = AnyConnection::of_nothing() {
            self.locked().connection = nothing;
        }
    }

    /// Whatever panicked while it held the lock left whole answers behind.
    fn locked(&self) -> MutexGuard<'_, Cached> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cached {
    fn forget_if_changed(&mut self, commits: u64) -> Result<()> {
        let is_stale = |at: Instant| at.elapsed() >= NOTICED_WITHIN;
        let version = if self.asked_at.is_none_or(is_stale) {
            self.asked_at = Some(Instant::now());
            self.ask()?
        } else {
            self.version
        };
        if (version, commits) != (self.version, self.commits) {
            (self.version, self.commits) = (version, commits);
            self.generation += 1;
            self.answers.clear();
        }
        Ok(())
    }

    fn ask(&mut self) -> Result<i64> {
        match &mut self.connection {
            AnyConnection::Sqlite(sqlite) => DataVersion.get_result(sqlite).map_err(failed),
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres(_) => Err(Problem::internal("no answers are kept of a server")),
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;

    use super::super::connection::{Limits, Location, Opener, Purpose};
    use super::*;

    /// A database in a folder of its own, its read cache, and another process's connection.
    struct Fixture {
        _folder: tempfile::TempDir,
        commits: Commits,
        cache: ReadCache,
        elsewhere: AnyConnection,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let location = Location::Sqlite(folder.path().join("test.db"));
            let writing = Opener::new(&location, Purpose::Write, Limits::OF_TESTS);
            let mut elsewhere = writing.open().expect("a database");
            let table = "CREATE TABLE numbers (number INTEGER PRIMARY KEY)";
            elsewhere.batch_execute(table).expect("a table");
            let asking = Opener::new(&location, Purpose::Read, Limits::OF_TESTS);
            let asking = asking.open().expect("the database");
            let commits = Commits::default();
            Self {
                _folder: folder,
                cache: ReadCache::new(asking, commits.clone()),
                commits,
                elsewhere,
            }
        }

        /// As if it had been asked for the commits of others so long ago.
        fn was_asked(&self, ago: Duration) {
            self.cache.locked().asked_at = Instant::now().checked_sub(ago);
        }

        fn look(&self, found: u32) -> u32 {
            let answer = self.cache.read("what", "key", || Ok(found));
            answer.expect("an answer")
        }
    }

    #[test]
    fn an_answer_is_kept_until_something_is_committed_here() {
        let fixture = Fixture::new();
        assert_eq!(fixture.look(1), 1);
        assert_eq!(fixture.look(2), 1);
        fixture.commits.count();
        assert_eq!(fixture.look(3), 3);
        assert_eq!(fixture.look(4), 3);
    }

    #[test]
    fn an_answer_is_forgotten_when_another_process_commits() {
        let mut fixture = Fixture::new();
        assert_eq!(fixture.look(1), 1);
        assert_eq!(fixture.look(2), 1);
        let insert = "INSERT INTO numbers DEFAULT VALUES";
        fixture.elsewhere.batch_execute(insert).expect("a row");
        fixture.was_asked(NOTICED_WITHIN);
        assert_eq!(fixture.look(3), 3);
        assert_eq!(fixture.look(4), 3);
    }

    #[test]
    fn what_was_read_before_a_commit_is_not_kept_after_it() {
        let fixture = Fixture::new();
        let overtaken = fixture.cache.read("what", "key", || {
            fixture.commits.count();
            assert_eq!(fixture.look(2), 2);
            Ok(1)
        });
        assert_eq!(overtaken.ok(), Some(1));
        assert_eq!(fixture.look(3), 2);
    }

    #[test]
    fn no_more_answers_are_kept_than_there_is_room_for() {
        let fixture = Fixture::new();
        for number in 0..=AT_MOST {
            let answer = fixture
                .cache
                .read("what", &number.to_string(), || Ok(number));
            assert_eq!(answer.ok(), Some(number));
        }
        assert!(fixture.cache.locked().answers.len() <= AT_MOST);
    }
}
