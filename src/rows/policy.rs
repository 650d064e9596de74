//! Policies.

use serde::Serialize;
use utoipa::ToSchema;

use super::row;
use keyward_core::clock::Timestamp;
use keyward_core::domain::policy::{PolicyRecord, Rules};

row! {
    /// A policy.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Policy)]
    pub struct PolicyRow {
        /// Whose: empty for everybody, else the group's name.
        pub group: String,
        /// The rules in force; null where there are none.
        #[schema(value_type = Option<Object>)]
        pub in_force: Option<Rules>,
        /// The rules that are being prepared.
        #[schema(value_type = Option<Object>)]
        pub draft: Option<Rules>,
        /// Since when it is in force.
        #[schema(format = "date-time")]
        pub switched_on_at: Option<String>,
    }
}

impl From<&PolicyRecord> for PolicyRow {
    fn from(record: &PolicyRecord) -> Self {
        Self {
            group: record.scope.as_str().to_owned(),
            in_force: record.rules.clone(),
            draft: record.draft.clone(),
            switched_on_at: record.switched_on_at.map(Timestamp::rfc3339),
        }
    }
}
