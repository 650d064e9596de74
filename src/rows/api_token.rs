//! API tokens.

use serde::Serialize;
use utoipa::ToSchema;

use super::row;
use keyward_core::clock::Timestamp;
use keyward_core::domain::api_token::ApiTokenSummary;

row! {
    /// An API token. Its secret was shown when it was made, and is told to nobody again.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = ApiToken)]
    pub struct ApiTokenRow {
        /// The id, which opens nothing.
        pub id: String,
        /// What it is called.
        pub name: String,
        /// Whose it is, by name: it has no rights that this user has not.
        pub owner: String,
        /// Whose it is, by id.
        pub owner_id: String,
        /// What it may do.
        pub scopes: Vec<&'static str>,
        /// The networks from which it may be shown; none for any.
        pub allow: Vec<String>,
        /// When it was made.
        #[schema(format = "date-time")]
        pub created_at: String,
        /// When it ends; null where it does not.
        #[schema(format = "date-time")]
        pub expires_at: Option<String>,
        /// When it was last shown, to the minute.
        #[schema(format = "date-time")]
        pub last_used_at: Option<String>,
    }
}

impl From<&ApiTokenSummary> for ApiTokenRow {
    fn from(summary: &ApiTokenSummary) -> Self {
        let (token, plan) = (&summary.token, &summary.token.plan);
        Self {
            id: token.id.to_string(),
            name: plan.name.clone(),
            owner: summary.owner.clone(),
            owner_id: token.owner.to_string(),
            scopes: plan.scopes.iter().map(|scope| scope.as_str()).collect(),
            allow: plan.networks.iter().map(ToString::to_string).collect(),
            created_at: token.created_at.rfc3339(),
            expires_at: plan.expires_at.map(Timestamp::rfc3339),
            last_used_at: token.last_used_at.map(Timestamp::rfc3339),
        }
    }
}
