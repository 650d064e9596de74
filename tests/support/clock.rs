//! A clock that a test can turn.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use keyward_core::clock::{Clock, SystemClock, Timestamp};

/// Goes like the machine's clock, ahead of it by as much as it was turned.
#[derive(Default)]
pub struct TestClock {
    ahead_millis: AtomicI64,
}

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

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let ahead = self.ahead_millis.load(Ordering::SeqCst);
        Timestamp::from_millis(SystemClock.now().millis() + ahead)
    }
}
