//! What administrators decide and every request asks for, kept whole between requests.
//!
//! Nothing of it is older than [`LASTS`]. A change that this process makes is seen at once: it forgets
//! what was read before, also what is just being read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use keyward_core::problem::Result;

/// How old what is kept may be: what another process changed is seen within this.
pub(super) const LASTS: Duration = Duration::from_secs(2);
/// After this one request reads again, while others go on with what is there.
pub(super) const READ_AGAIN: Duration = Duration::from_secs(1);

struct Kept<T> {
    all: Arc<T>,
    changes: i64,
    /// Before it was looked at.
    since: Instant,
}

/// Everything of a sort.
pub(crate) struct Registry<T> {
    kept: Mutex<Option<Kept<T>>>,
    /// How often what is kept was forgotten.
    forgotten: AtomicU64,
    /// Held by the one who reads.
    turn: tokio::sync::Mutex<()>,
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            forgotten: AtomicU64::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }
}

impl<T> Registry<T> {
    /// The next request reads anew.
    pub(crate) fn forget(&self) {
        let mut kept = self.kept();
        self.forgotten.fetch_add(1, Ordering::Relaxed);
        *kept = None;
    }

    /// What is kept, where it need not be read again.
    pub(crate) fn known(&self, now: Instant) -> Option<Arc<T>> {
        self.kept_within(READ_AGAIN, now)
    }

    fn kept_within(&self, age: Duration, now: Instant) -> Option<Arc<T>> {
        let kept = self.kept();
        let kept = kept.as_ref()?;
        (now.duration_since(kept.since) < age).then(|| Arc::clone(&kept.all))
    }

    /// All of it. `changes` says how often it was changed, `read` reads it.
    ///
    /// # Errors
    /// Those of both.
    pub(crate) async fn read<C, R>(
        &self,
        changes: impl FnOnce() -> C,
        read: impl FnOnce() -> R,
    ) -> Result<Arc<T>>
    where
        C: Future<Output = Result<i64>>,
        R: Future<Output = Result<T>>,
    {
        let fresh = |within: Duration| self.kept_within(within, Instant::now());
        let _turn = match (self.turn.try_lock(), fresh(LASTS)) {
            (Ok(turn), _) => turn,
            // Another request reads it already.
            (Err(_), Some(all)) => return Ok(all),
            (Err(_), None) => {
                let turn = self.turn.lock().await;
                if let Some(all) = fresh(READ_AGAIN) {
                    return Ok(all);
                }
                turn
            }
        };
        let since = Instant::now();
        let forgotten = self.forgotten.load(Ordering::Relaxed);
        let changed = changes().await?;
        let known = self
            .kept()
            .as_ref()
            .filter(|kept| kept.changes == changed)
            .map(|kept| Arc::clone(&kept.all));
        let all = match known {
            Some(all) => all,
            None => Arc::new(read().await?),
        };
        let mut kept = self.kept();
        // What was forgotten meanwhile may be what was just read.
        if self.forgotten.load(Ordering::Relaxed) == forgotten {
            *kept = Some(Kept {
                all: Arc::clone(&all),
                changes: changed,
                since,
            });
        }
        Ok(all)
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept<T>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
