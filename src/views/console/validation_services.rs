//! Validation services: the list, a new one, and one with its settings and its test.

use std::time::Duration;

use serde::Serialize;

use crate::views::Page;
use keyward_core::domain::count::Count;
use keyward_core::domain::validation_service::{
    ValidationService, ValidationServiceId, ValidationServiceSettings,
};
use keyward_core::factors::yubikey::{Said, ServerReport};

/// A validation service in a list.
#[derive(Clone, Serialize)]
pub struct ValidationServiceRow {
    /// The row; `None` for a service from the settings file, which pages cannot change.
    pub id: Option<ValidationServiceId>,
    /// Its name.
    pub name: String,
    /// Its servers' addresses.
    pub urls: Vec<String>,
    /// Our id as its client.
    pub client_id: String,
    /// Whether requests are signed and answers checked.
    pub is_signed: bool,
    /// Whether it is asked at all.
    pub is_enabled: bool,
}

impl From<&ValidationService> for ValidationServiceRow {
    fn from(service: &ValidationService) -> Self {
        let settings = &service.settings;
        Self {
            id: service.id,
            name: settings.name.clone(),
            urls: settings.urls.iter().map(ToString::to_string).collect(),
            client_id: settings.client_id.to_string(),
            is_signed: settings.api_key.is_some(),
            is_enabled: settings.is_enabled,
        }
    }
}

/// `GET /console/services`.
#[derive(Clone, Serialize)]
pub struct ValidationServicesPage {
    /// The services in the order in which they are asked.
    pub services: Vec<ValidationServiceRow>,
}

impl Page for ValidationServicesPage {
    const TEMPLATE: &'static str = "console/validation-services.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let mut file = ValidationServiceRow::from(&sample());
        file.id = None;
        file.is_signed = false;
        file.is_enabled = false;
        [
            Vec::new(),
            vec![ValidationServiceRow::from(&sample()), file],
        ]
        .map(|services| Self { services })
        .into()
    }
}

/// The fields of a service's form, as they were typed or as they stand.
#[derive(Clone, Serialize)]
pub struct ValidationServiceForm {
    /// Its name.
    pub name: String,
    /// Its servers' addresses, one a line.
    pub urls: String,
    /// Our id as its client.
    pub client_id: String,
    /// The authorities that its servers' certificates may be signed by, as PEM.
    pub ca_file: String,
    /// How many of its peers a server must ask: `fast`, `secure`, 0 to 100, or nothing.
    pub sync_level: String,
    /// How long to wait for an answer.
    pub timeout_seconds: String,
    /// Whether it is asked at all.
    pub is_enabled: bool,
}

impl Default for ValidationServiceForm {
    fn default() -> Self {
        Self {
            name: String::new(),
            urls: String::new(),
            client_id: String::new(),
            ca_file: String::new(),
            sync_level: String::new(),
            timeout_seconds: seconds(ValidationServiceSettings::USUAL_TIMEOUT),
            is_enabled: true,
        }
    }
}

impl From<&ValidationServiceSettings> for ValidationServiceForm {
    fn from(settings: &ValidationServiceSettings) -> Self {
        let urls: Vec<&str> = settings.urls.iter().map(AsRef::as_ref).collect();
        Self {
            name: settings.name.clone(),
            urls: urls.join("\n"),
            client_id: settings.client_id.to_string(),
            ca_file: settings
                .ca
                .as_ref()
                .map_or_else(String::new, |ca| ca.as_pem().to_owned()),
            sync_level: settings
                .sync_level
                .map_or_else(String::new, |level| level.to_string()),
            timeout_seconds: seconds(settings.timeout),
            is_enabled: settings.is_enabled,
        }
    }
}

fn seconds(duration: Duration) -> String {
    duration.as_secs_f64().to_string()
}

/// `GET /console/services/new`.
#[derive(Clone, Default, Serialize)]
pub struct NewValidationServicePage {
    /// What was typed before, where something was refused.
    pub form: ValidationServiceForm,
}

impl Page for NewValidationServicePage {
    const TEMPLATE: &'static str = "console/new-validation-service.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let form = ValidationServiceForm::from(&sample().settings);
        vec![Self::default(), Self { form }]
    }
}

/// What one server answered to a test.
#[derive(Clone, Serialize)]
pub struct ServerRow {
    /// Its host and port.
    pub server: String,
    /// The stable word for what it said.
    pub reason: String,
    /// Whether it confirmed the touch.
    pub is_confirmed: bool,
    /// How long it took, in milliseconds.
    pub latency_ms: u64,
}

impl From<&ServerReport> for ServerRow {
    fn from(report: &ServerReport) -> Self {
        Self {
            server: report.server.clone(),
            reason: report.said.diagnosis().to_lowercase(),
            is_confirmed: report.said == Said::Confirmed,
            latency_ms: u64::try_from(report.latency.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// `GET /console/services/{id}`, and the answer to its test.
#[derive(Clone, Serialize)]
pub struct ValidationServicePage {
    /// The row.
    pub id: ValidationServiceId,
    /// Its name as it is stored.
    pub name: String,
    /// The settings.
    pub form: ValidationServiceForm,
    /// Whether a key is stored. The key itself is never shown.
    pub has_api_key: bool,
    /// What its servers answered to a touch; empty before a test.
    pub answers: Vec<ServerRow>,
}

impl Page for ValidationServicePage {
    const TEMPLATE: &'static str = "console/validation-service.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let answer = |server: &str, reason: &str, latency_ms| ServerRow {
            server: server.to_owned(),
            reason: reason.to_owned(),
            is_confirmed: reason == "ok",
            latency_ms,
        };
        let answers = vec![
            answer("one.example.org", "ok", 41),
            answer("two.example.org:8443", "too_slow", 10_000),
            answer("three.example.org", "replayed_otp", 77),
            answer("four.example.org", "no_such_reason", 0),
        ];
        let failed = vec![answer("two.example.org", "wrong_signature", 8)];
        [Vec::new(), answers, failed]
            .map(|answers| Self {
                id: crate::views::tests::id(1, ValidationServiceId::parse),
                name: "Our validation service".to_owned(),
                form: ValidationServiceForm::from(&sample().settings),
                has_api_key: answers.len() != 1,
                answers,
            })
            .into()
    }
}

/// `GET /console/services/{id}/remove`: the question before a service is removed.
#[derive(Clone, Serialize)]
pub struct RemoveValidationServicePage {
    /// The row.
    pub id: ValidationServiceId,
    /// Its name.
    pub name: String,
    /// How many other enabled services stay.
    pub remaining: u64,
    /// How many YubiKeys people sign in with by one-time codes.
    pub yubikeys: Count,
}

impl Page for RemoveValidationServicePage {
    const TEMPLATE: &'static str = "console/remove-validation-service.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [(0, 312), (1, 312), (2, 0), (0, 1), (0, 20_000), (3, 20_000)]
            .map(|(remaining, yubikeys)| Self {
                id: crate::views::tests::id(1, ValidationServiceId::parse),
                name: "Our validation service".to_owned(),
                remaining,
                yubikeys: Count::of(yubikeys),
            })
            .into()
    }
}

#[cfg(test)]
fn sample() -> ValidationService {
    let url = |text: &str| url::Url::parse(text).expect("a URL");
    ValidationService {
        id: Some(crate::views::tests::id(1, ValidationServiceId::parse)),
        settings: ValidationServiceSettings {
            ca: None,
            name: "Our validation service".to_owned(),
            urls: vec![
                url("https://one.example.org/wsapi/2.0/verify"),
                url("https://two.example.org:8443/wsapi/2.0/verify"),
            ],
            client_id: 87,
            api_key: Some(secrecy::SecretString::from("c2VjcmV0")),
            sync_level: None,
            timeout: ValidationServiceSettings::USUAL_TIMEOUT,
            is_enabled: true,
        },
    }
}
