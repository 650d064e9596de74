//! The audit trail, for administrators.

use super::Keyward;
use crate::domain::event::RecordedEvent;
use crate::flows::permit::Administrator;
use crate::problem::Result;
use crate::store::events::{self, EventFilter};

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
