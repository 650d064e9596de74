//! The audit trail, for administrators.

use super::Keyward;
use keyward_core::domain::event::RecordedEvent;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;
use keyward_store::events::{self, EventFilter};

impl Keyward {
    /// A page of events, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn events(
        &self,
        _: &Administrator,
        filter: EventFilter,
        limit: i64,
    ) -> Result<Vec<RecordedEvent>> {
        self.store
            .read(move |connection| events::page(connection, filter, limit))
            .await
    }
}
