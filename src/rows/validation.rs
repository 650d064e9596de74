//! Validation services that we ask, and clients that ask us.

use serde::Serialize;
use utoipa::ToSchema;

use super::row;
use keyward_core::clock::Timestamp;
use keyward_core::domain::validation_client::ValidationClient;
use keyward_core::domain::validation_service::ValidationService;

row! {
    /// A validation service. Its API key is told to nobody.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = ValidationService)]
    pub struct ValidationServiceRow {
        /// The id; null for one of the settings file, which is changed there.
        pub id: Option<String>,
        /// Its name.
        pub name: String,
        /// Its servers' addresses; all are asked at once.
        pub urls: Vec<String>,
        /// Our id as its client.
        pub client_id: u64,
        /// Whether requests are signed and answers checked.
        pub signed: bool,
        /// Whether its servers' certificates may be signed by authorities of its own.
        pub own_ca: bool,
        /// How many peers must agree: `fast`, `secure` or per cent.
        pub sl: Option<String>,
        /// How long to wait for the first trustworthy answer, in milliseconds.
        pub timeout_ms: u64,
        /// Whether it is asked at all.
        pub enabled: bool,
    }
}

impl From<&ValidationService> for ValidationServiceRow {
    fn from(service: &ValidationService) -> Self {
        let settings = &service.settings;
        Self {
            id: service.id.map(|id| id.to_string()),
            name: settings.name.clone(),
            urls: settings.urls.iter().map(ToString::to_string).collect(),
            client_id: settings.client_id,
            signed: settings.api_key.is_some(),
            own_ca: settings.ca.is_some(),
            sl: settings.sync_level.map(|level| level.to_string()),
            timeout_ms: u64::try_from(settings.timeout.as_millis()).unwrap_or(u64::MAX),
            enabled: settings.is_enabled,
        }
    }
}

row! {
    /// A client of the validation server. Its key is shown once, when it is added.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = ValidationClient)]
    pub struct ValidationClientRow {
        /// Its number.
        pub id: i64,
        /// Whether it is answered.
        pub active: bool,
        /// What it is.
        pub note: String,
        /// Who answers for it.
        pub owner: String,
        /// The networks from which it may ask; none for any.
        pub allow: Vec<String>,
        /// How many requests a minute are answered; null for any number.
        pub rate_limit: Option<u32>,
        /// Whether requests without a signature are refused.
        pub must_sign: bool,
        /// Whether it is told which user a key belongs to.
        pub may_see_user: bool,
        /// When it was added.
        #[schema(format = "date-time")]
        pub created_at: String,
        /// When it last had a one-time password confirmed, to the minute.
        #[schema(format = "date-time")]
        pub last_used_at: Option<String>,
    }
}

impl From<&ValidationClient> for ValidationClientRow {
    fn from(client: &ValidationClient) -> Self {
        let settings = &client.settings;
        Self {
            id: client.id.number(),
            active: client.is_active,
            note: settings.note.clone(),
            owner: settings.owner.clone(),
            allow: settings.addresses.iter().map(ToString::to_string).collect(),
            rate_limit: settings.rate_limit.map(Into::into),
            must_sign: settings.must_sign,
            may_see_user: settings.may_see_user,
            created_at: client.created_at.rfc3339(),
            last_used_at: client.last_used_at.map(Timestamp::rfc3339),
        }
    }
}
