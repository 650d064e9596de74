//! Judging by policy, which a process does once at a time.

use tokio::sync::Mutex;

use crate::policy::DryRuns;

/// What keeps two tasks of this process from doing the same work.
#[derive(Default)]
pub(crate) struct Judging {
    /// Held while devices and duties are judged.
    pub(crate) turn: Mutex<()>,
    /// The dry run that is under way, or the last one.
    pub(crate) dry_runs: DryRuns,
}
