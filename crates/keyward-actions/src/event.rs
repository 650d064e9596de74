//! The audit trail, for administrators.

use super::App;
use keyward_core::domain::event::RecordedEvent;
use keyward_core::domain::event_filter::EventFilter;
use keyward_core::flows::permit::MayLookUp;
use keyward_core::problem::Result;
use keyward_store::events;

/// A page of events, newest first.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &MayLookUp,
    filter: EventFilter,
    limit: i64,
) -> Result<Vec<RecordedEvent>> {
    app.store
        .read(move |connection| events::page(connection, filter, limit))
        .await
}
