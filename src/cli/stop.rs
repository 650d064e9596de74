//! Being asked to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

use keyward_core::problem::{Problem, Result};

/// Hears SIGTERM and SIGINT from the moment it is made: one that comes earlier ends the process as
/// it does any other.
pub(super) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Begins to listen.
    ///
    /// # Errors
    /// `internal` where the system does not let it.
    pub(super) fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).map_err(Problem::internal);
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for one of them.
    pub(super) async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
