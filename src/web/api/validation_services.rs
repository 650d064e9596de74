//! `/api/v1/validation-services`

use std::time::Duration;

use actix_web::http::Method;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;
use utoipa::ToSchema;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use super::users::given;
use crate::lists::ValidationServices;
use crate::rows::ValidationServiceRow;
use crate::web::answer::Answer;
use keyward_actions::validation_service::{self, KeyChange};
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::validation_service::{
    SyncLevel, ValidationServiceId, ValidationServiceSettings,
};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};

const SERVICES: &str = "/validation-services";
const SERVICE: &str = "/validation-services/{id}";

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::ServicesRead, ApiScope::ServicesWrite);
    let unknown = &[codes::SERVICE_UNKNOWN];
    let invalid = &[codes::SERVICE_INVALID, codes::SERVICE_NAME_TAKEN];
    vec![
        list::<ValidationServices>("validation_services.list", reads),
        Operation::new(
            Method::POST,
            SERVICES,
            "validation_services.create",
            writes,
            "Adds a validation service",
            || to(add_service),
        )
        .takes::<NewService>()
        .creates::<ValidationServiceRow>()
        .refuses(invalid),
        Operation::new(
            Method::GET,
            SERVICE,
            "validation_services.read",
            reads,
            "One validation service that was added",
            || to(service),
        )
        .reads::<ValidationServiceRow>()
        .tagged()
        .refuses(unknown),
        Operation::new(
            Method::PATCH,
            SERVICE,
            "validation_services.change",
            writes,
            "Changes a validation service",
            || to(change_service),
        )
        .takes::<ServiceChange>()
        .tells::<ValidationServiceRow>("The service as it is now.")
        .tagged()
        .conditional()
        .refuses(unknown)
        .refuses(invalid),
        Operation::new(
            Method::DELETE,
            SERVICE,
            "validation_services.delete",
            writes,
            "Removes a validation service",
            || to(remove_service),
        )
        .refuses(unknown),
    ]
}

/// A new validation service.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewService {
    /// Its unique name, 1 to 64 characters.
    name: String,
    /// Its servers' addresses, 1 to 16; all are asked at once.
    urls: Vec<String>,
    /// Our id as its client.
    client_id: u64,
    /// The shared key in base64; without one requests are not signed and answers are not checked.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    api_key: Option<SecretString>,
    /// How many peers must agree: `fast`, `secure` or per cent.
    #[serde(default)]
    sl: Option<String>,
    /// How long to wait for the first trustworthy answer, in milliseconds; 10000 where nothing is said.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 60000)]
    timeout_ms: Option<u32>,
    /// Whether it is asked at all.
    #[serde(default = "yes")]
    enabled: bool,
}

fn yes() -> bool {
    true
}

/// What shall be different; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ServiceChange {
    /// Its unique name.
    #[serde(default)]
    #[schema(nullable = false)]
    name: Option<String>,
    /// Its servers' addresses.
    #[serde(default)]
    #[schema(nullable = false)]
    urls: Option<Vec<String>>,
    /// Our id as its client.
    #[serde(default)]
    #[schema(nullable = false)]
    client_id: Option<u64>,
    /// Another shared key in base64; null for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    api_key: Option<Option<SecretString>>,
    /// How many peers must agree; null for as many as the service likes.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    sl: Option<Option<String>>,
    /// How long to wait, in milliseconds.
    #[serde(default)]
    #[schema(nullable = false, minimum = 1, maximum = 60000)]
    timeout_ms: Option<u32>,
    /// Whether it is asked at all.
    #[serde(default)]
    #[schema(nullable = false)]
    enabled: Option<bool>,
}

fn invalid_service(why: &str) -> Problem {
    Problem::new(codes::SERVICE_INVALID).detailed(why)
}

fn addresses(urls: &[String]) -> Result<Vec<Url>> {
    let parse = |url: &String| Url::parse(url).map_err(|_| invalid_service("an address is no URL"));
    urls.iter().map(parse).collect()
}

fn level(text: &str) -> Result<SyncLevel> {
    let why = "sl is fast, secure or a number from 0 to 100";
    SyncLevel::parse(text).ok_or_else(|| invalid_service(why))
}

fn service_of(call: &Call) -> Result<ValidationServiceId> {
    let id = call.path("id", |text| Some(ValidationServiceId::parse(text)))?;
    id.ok_or_else(|| codes::SERVICE_UNKNOWN.into())
}

async fn add_service(call: Call) -> Answer {
    let new: NewService = call.body()?;
    let timeout = new
        .timeout_ms
        .map(|millis| Duration::from_millis(millis.into()));
    let settings = ValidationServiceSettings {
        name: new.name,
        urls: addresses(&new.urls)?,
        client_id: new.client_id,
        api_key: new.api_key,
        ca: None,
        sync_level: new.sl.as_deref().map(level).transpose()?,
        timeout: timeout.unwrap_or(ValidationServiceSettings::USUAL_TIMEOUT),
        is_enabled: new.enabled,
    };
    let app = call.app();
    let created = async |by| {
        let id = validation_service::add(app, &by, settings).await?;
        Ok(Created::plain(id))
    };
    let shown = async |by: &Administrator, created: &Created| {
        let id = ValidationServiceId::parse(&created.id).ok_or(codes::INTERNAL)?;
        let found = validation_service::find(app, by, id).await?;
        Ok((
            format!("{SERVICES}/{id}"),
            ValidationServiceRow::from(&found),
        ))
    };
    call.create(created, shown).await
}

async fn service(call: Call) -> Answer {
    let by = call.administrator()?;
    let found = validation_service::find(call.app(), &by, service_of(&call)?).await?;
    call.read(&ValidationServiceRow::from(&found), Some(&found.edition()))
}

async fn change_service(call: Call) -> Answer {
    let (by, id, edition) = (call.administrator()?, service_of(&call)?, call.if_match()?);
    let change: ServiceChange = call.body()?;
    let app = call.app();
    let before = validation_service::find(app, &by, id).await?;
    // What is not named is as it was in the edition that is changed, and in no other.
    let edition = edition.unwrap_or_else(|| before.edition());
    let mut settings = before.settings;
    settings.name = change.name.unwrap_or(settings.name);
    settings.client_id = change.client_id.unwrap_or(settings.client_id);
    settings.is_enabled = change.enabled.unwrap_or(settings.is_enabled);
    if let Some(urls) = &change.urls {
        settings.urls = addresses(urls)?;
    }
    if let Some(sl) = &change.sl {
        settings.sync_level = sl.as_deref().map(level).transpose()?;
    }
    if let Some(millis) = change.timeout_ms {
        settings.timeout = Duration::from_millis(millis.into());
    }
    let key = match change.api_key {
        None => KeyChange::Keep,
        Some(key) => {
            settings.api_key = key;
            KeyChange::Replace
        }
    };
    validation_service::change(app, &by, id, settings, key, Some(edition)).await?;
    let found = validation_service::find(app, &by, id).await?;
    call.changed(&ValidationServiceRow::from(&found), Some(&found.edition()))
}

async fn remove_service(call: Call) -> Answer {
    validation_service::remove(call.app(), &call.administrator()?, service_of(&call)?).await?;
    done()
}
