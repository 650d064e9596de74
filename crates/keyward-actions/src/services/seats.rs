//! Bounds how much work of one sort runs at once, off the async threads.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use keyward_core::problem::{Problem, Result, codes};

/// So many seats; who finds none waits, and not for ever.
pub(crate) struct Seats {
    free: Arc<Semaphore>,
    number: usize,
    patience: Duration,
}

impl Seats {
    pub(super) fn new(number: usize, patience: Duration) -> Self {
        let free = Arc::new(Semaphore::new(number));
        Self {
            free,
            number,
            patience,
        }
    }

    /// How many seats are taken, and how many there are.
    pub(super) fn taken(&self) -> (usize, usize) {
        let free = self.free.available_permits();
        (self.number.saturating_sub(free), self.number)
    }

    /// Waits for a seat, for what is to be looked at right before the work begins.
    ///
    /// # Errors
    /// `sign_in.busy` where no seat becomes free in time.
    pub(crate) async fn take(&self) -> Result<Seat> {
        let free = Arc::clone(&self.free);
        let seat = tokio::time::timeout(self.patience, free.acquire_owned())
            .await
            .map_err(|_| codes::SIGN_IN_BUSY)?
            .map_err(Problem::internal)?;
        Ok(Seat(seat))
    }

    /// Waits for a seat and works on it.
    ///
    /// # Errors
    /// `sign_in.busy` where no seat becomes free in time.
    pub(crate) async fn work<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.take().await?.work(work).await
    }
}

/// A seat at which one piece of work is done; it is free again when this is dropped.
#[must_use]
pub(crate) struct Seat(
    #[allow(dead_code, reason = "held until it is dropped")] OwnedSemaphorePermit,
);

impl Seat {
    /// Works off the async threads, and keeps the seat until that is over, though no request waits for
    /// it any more.
    pub(crate) async fn work<T, F>(self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        tokio::task::spawn_blocking(move || {
            let _seat = self;
            work()
        })
        .await
        .map_err(Problem::internal)
    }
}
