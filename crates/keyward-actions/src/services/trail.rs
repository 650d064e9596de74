//! What the trail needs to know from one event to the next.

use keyward_core::domain::event::EventIds;
use keyward_core::domain::event_run::EventRuns;

/// Numbers events, and notices those that come too often to have a row each.
#[derive(Default)]
pub(crate) struct Trail {
    /// What events are called.
    pub(crate) ids: EventIds,
    /// How many events of one sort there were.
    pub(crate) runs: EventRuns,
}
