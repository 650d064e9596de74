//! A clock that a test can turn.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keyward_core::clock::{Clock, SystemClock, Timestamp};

/// Goes like the machine's clock, ahead of it by as much as it was turned.
#[derive(Default)]
pub struct TestClock {
    ahead_millis: AtomicI64,
    awaited: Mutex<Option<Awaited>>,
    /// Held while it happens: a job of the server may have read the clock, and whoever waits for a request
    /// alone would go on before.
    happening: Mutex<()>,
}

/// What happens at a reading, and how many come before it.
struct Awaited {
    before: usize,
    act: Box<dyn FnOnce() + Send>,
}

type Happening<'a> = MutexGuard<'a, ()>;

impl TestClock {
    /// Turns the clock forward.
    pub fn turn(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).expect("a span of a test");
        self.ahead_millis.fetch_add(millis, Ordering::SeqCst);
    }
}

impl TestClock {
    /// Turns the clock back, as a wrong time server does, or somebody who may.
    pub fn turn_back(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).expect("a span of a test");
        self.ahead_millis.fetch_sub(millis, Ordering::SeqCst);
    }
}

impl TestClock {
    /// Has something happen when the clock was read this many times more: what others do between two
    /// steps of a request.
    pub fn after_readings(&self, before: usize, act: impl FnOnce() + Send + 'static) {
        let act = Box::new(act);
        *self.awaited.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Awaited { before, act });
    }

    /// Nothing happens any more; `true` where something was still to happen. What is happening has happened
    /// then.
    pub fn forget(&self) -> bool {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        let was_to_happen = awaited.take().is_some();
        drop(awaited);
        drop(self.happening.lock());
        was_to_happen
    }

    fn due(&self) -> Option<(Awaited, Happening<'_>)> {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        match awaited.as_mut() {
            Some(Awaited { before: 0, .. }) => {
                let happening = self.happening.lock();
                let happening = happening.unwrap_or_else(PoisonError::into_inner);
                awaited.take().map(|awaited| (awaited, happening))
            }
            Some(later) => {
                later.before -= 1;
                None
            }
            None => None,
        }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        if let Some((awaited, _happening)) = self.due() {
            (awaited.act)();
        }
        let ahead = self.ahead_millis.load(Ordering::SeqCst);
        Timestamp::from_millis(SystemClock.now().millis() + ahead)
    }
}
