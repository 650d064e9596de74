//! Events of the trail.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::row;
use keyward_core::domain::event::{EventDetail, RecordedEvent, RecordedRefusal};

row! {
    /// An event.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Event)]
    pub struct EventRow {
        /// The id; later events have greater ones.
        pub id: String,
        /// When.
        #[schema(format = "date-time")]
        pub at: String,
        /// What happened.
        pub kind: String,
        /// Why it was refused; null where it was done.
        pub refusal: Option<String>,
        /// Who did it, by name: `command line` for the server's; null for a stranger.
        pub actor: Option<String>,
        /// The name of the API token by which they did it.
        pub token: Option<String>,
        /// Whose account it concerns, by name.
        pub subject: Option<String>,
        /// Which device it concerns, by id.
        pub device: Option<String>,
        /// What it says beside what happened: `case`, and what that has.
        #[schema(value_type = Option<Object>)]
        pub particulars: Option<Value>,
        /// From which address.
        pub address: Option<String>,
        /// How often the same happened again without an event of its own.
        pub repeats: u64,
    }
}

impl From<&RecordedEvent> for EventRow {
    fn from(event: &RecordedEvent) -> Self {
        let particulars = event.detail.as_ref().map(|detail| match detail {
            EventDetail::Text(text) => serde_json::json!({ "case": "text", "text": text.as_str() }),
            detail => serde_json::to_value(detail).unwrap_or_default(),
        });
        Self {
            id: event.id.to_string(),
            at: event.at.rfc3339(),
            kind: event.kind.clone(),
            refusal: event
                .refusal
                .as_ref()
                .map(RecordedRefusal::as_str)
                .map(str::to_owned),
            actor: event.actor.clone(),
            token: event.token.clone(),
            subject: event.subject.clone(),
            device: event.device.map(|id| id.to_string()),
            particulars,
            address: event.address.map(|address| address.to_string()),
            repeats: event.repeats.map_or(0, |repeats| repeats.times),
        }
    }
}
