//! What a transaction writes with, and how it records what happened.

use std::sync::Arc;

use crate::outbox;
use crate::services::{Metrics, Protection, Trail};
use keyward_core::clock::{SharedEntropy, Timestamp};
use keyward_core::domain::event::{Event, EventId};
use keyward_core::problem::Result;
use keyward_core::secret::MasterKey;
use keyward_settings::Settings;
use keyward_store::{AnyConnection, event_repeats, events};

/// What a transaction writes with: the moment it happens at, the entropy, the seal, and what the
/// operator decided.
#[derive(Clone)]
pub(crate) struct WriteContext {
    pub(crate) now: Timestamp,
    pub(crate) entropy: SharedEntropy,
    pub(crate) master_key: Arc<MasterKey>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) trail: Arc<Trail>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) protection: Arc<Protection>,
}

impl WriteContext {
    /// Records an event, and tells it to whom the rules say.
    pub(crate) fn record(&self, connection: &mut AnyConnection, event: &Event) -> Result<()> {
        self.record_as(connection, event).map(drop)
    }

    /// Records an event, and gives its id. Where there were too many of its sort, it is counted beside
    /// the last of them, and the id is that one's.
    pub(crate) fn record_as(
        &self,
        connection: &mut AnyConnection,
        event: &Event,
    ) -> Result<EventId> {
        self.protection.note(event);
        self.metrics.count(event);
        let id = self.trail.ids.next(self.now, &*self.entropy);
        if let Some(last) = self.trail.runs.take(event, id, self.now) {
            if self.count_again(connection, last)? {
                outbox::notify(connection, self, event)?;
                return Ok(last);
            }
            self.trail.runs.replace(event, id, self.now);
        }
        events::record(connection, id, event, self.now)?;
        outbox::notify(connection, self, event)?;
        Ok(id)
    }

    /// Counts once more what an event tells of; `false` where there is no such event.
    pub(crate) fn count_again(
        &self,
        connection: &mut AnyConnection,
        event: EventId,
    ) -> Result<bool> {
        event_repeats::count(connection, event, self.now)
    }
}
