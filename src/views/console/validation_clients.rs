//! Clients of the validation server: the list, a new one with its key, and one with its settings.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::validation_client::{ValidationClient, ValidationClientSettings};

/// A client in the list.
#[derive(Clone, Serialize)]
pub struct ValidationClientRow {
    /// Its number.
    pub id: String,
    /// Whether it is answered at all.
    pub is_active: bool,
    /// What it is.
    pub note: String,
    /// Who answers for it.
    pub owner: String,
    /// The networks from which it may ask; none for any.
    pub addresses: Vec<String>,
    /// Requests a minute; `None` for any number.
    pub rate_limit: Option<u32>,
    /// Whether it is told which user a key belongs to.
    pub may_see_user: bool,
    /// When it last had an OTP confirmed.
    pub last_used_at: Option<Timestamp>,
}

impl From<&ValidationClient> for ValidationClientRow {
    fn from(client: &ValidationClient) -> Self {
        let settings = &client.settings;
        Self {
            id: client.id.to_string(),
            is_active: client.is_active,
            note: settings.note.clone(),
            owner: settings.owner.clone(),
            addresses: settings.addresses.iter().map(ToString::to_string).collect(),
            rate_limit: settings.rate_limit.map(Into::into),
            may_see_user: settings.may_see_user,
            last_used_at: client.last_used_at,
        }
    }
}

/// `GET /console/clients`.
#[derive(Clone, Serialize)]
pub struct ValidationClientsPage {
    /// The clients in the order of their numbers.
    pub clients: Vec<ValidationClientRow>,
}

impl Page for ValidationClientsPage {
    const TEMPLATE: &'static str = "console/validation-clients.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let mut plain = ValidationClientRow::from(&sample());
        plain.id = "9223372036854775807".to_owned();
        plain.note = String::new();
        plain.owner = String::new();
        plain.is_active = false;
        plain.addresses = Vec::new();
        plain.rate_limit = None;
        plain.may_see_user = false;
        plain.last_used_at = None;
        [
            Vec::new(),
            vec![ValidationClientRow::from(&sample()), plain],
        ]
        .map(|clients| Self { clients })
        .into()
    }
}

/// The fields of a client's form, as they were typed or as they stand.
#[derive(Clone, Default, Serialize)]
pub struct ValidationClientForm {
    /// The number of a new client; empty for the next one.
    pub id: String,
    /// What it is.
    pub note: String,
    /// Who answers for it.
    pub owner: String,
    /// The networks from which it may ask, one a line.
    pub addresses: String,
    /// Requests a minute; empty for any number.
    pub rate_limit: String,
    /// Whether requests without a signature are refused.
    pub must_sign: bool,
    /// Whether it is told which user a key belongs to.
    pub may_see_user: bool,
}

impl From<&ValidationClientSettings> for ValidationClientForm {
    fn from(settings: &ValidationClientSettings) -> Self {
        let addresses: Vec<String> = settings.addresses.iter().map(ToString::to_string).collect();
        Self {
            id: String::new(),
            note: settings.note.clone(),
            owner: settings.owner.clone(),
            addresses: addresses.join("\n"),
            rate_limit: settings
                .rate_limit
                .map_or_else(String::new, |rate| rate.to_string()),
            must_sign: settings.must_sign,
            may_see_user: settings.may_see_user,
        }
    }
}

/// `GET /console/clients/new`.
#[derive(Clone, Default, Serialize)]
pub struct NewValidationClientPage {
    /// What was typed before, where something was refused.
    pub form: ValidationClientForm,
}

impl Page for NewValidationClientPage {
    const TEMPLATE: &'static str = "console/new-validation-client.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let form = ValidationClientForm::from(&sample().settings);
        vec![Self::default(), Self { form }]
    }
}

/// The answer to `POST /console/clients`: a new client's number and key, this once.
#[derive(Clone, Serialize)]
pub struct ValidationClientAddedPage {
    /// Its number.
    pub id: String,
    /// Its key in base64.
    pub api_key: String,
    /// The address at which it asks.
    pub address: String,
}

impl Page for ValidationClientAddedPage {
    const TEMPLATE: &'static str = "console/validation-client-added.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self {
            id: "17".to_owned(),
            api_key: "QUJDREVGR0hJSktMTU5PUFFSU1Q=".to_owned(),
            address: "https://keys.example.org/wsapi/2.0/verify".to_owned(),
        }]
    }
}

/// `GET /console/clients/{id}`.
#[derive(Clone, Serialize)]
pub struct ValidationClientPage {
    /// Its number.
    pub id: String,
    /// Whether it is answered at all.
    pub is_active: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last had an OTP confirmed.
    pub last_used_at: Option<Timestamp>,
    /// The settings.
    pub form: ValidationClientForm,
}

impl From<&ValidationClient> for ValidationClientPage {
    fn from(client: &ValidationClient) -> Self {
        Self {
            id: client.id.to_string(),
            is_active: client.is_active,
            created_at: client.created_at,
            last_used_at: client.last_used_at,
            form: ValidationClientForm::from(&client.settings),
        }
    }
}

impl Page for ValidationClientPage {
    const TEMPLATE: &'static str = "console/validation-client.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let used = Self::from(&sample());
        let mut revoked = used.clone();
        revoked.is_active = false;
        revoked.last_used_at = None;
        vec![used, revoked]
    }
}

#[cfg(test)]
fn sample() -> ValidationClient {
    use keyward_core::domain::validation_client::{ValidationClientId, parse_addresses};
    ValidationClient {
        id: ValidationClientId::new(16).expect("above zero"),
        is_active: true,
        created_at: Timestamp::from_seconds(1_795_000_000),
        last_used_at: Some(Timestamp::from_seconds(1_795_319_000)),
        settings: ValidationClientSettings {
            note: "VPN \"west\" <two>".to_owned(),
            owner: "anna@example.org".to_owned(),
            addresses: parse_addresses("192.0.2.0/24 2001:db8::/32").expect("networks"),
            rate_limit: std::num::NonZeroU32::new(600),
            must_sign: true,
            may_see_user: true,
        },
    }
}
