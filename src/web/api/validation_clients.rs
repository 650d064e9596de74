//! `/api/v1/validation-clients`

use std::num::NonZeroU32;

use actix_web::http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::lists::list;
use super::operation::{Operation, to};
use super::users::given;
use crate::lists::ValidationClients;
use crate::rows::ValidationClientRow;
use crate::web::answer::Answer;
use keyward_actions::validation::{self, NewClientKey};
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::validation_client::{
    ValidationClientId, ValidationClientSettings, parse_addresses,
};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};

const CLIENTS: &str = "/validation-clients";
const CLIENT: &str = "/validation-clients/{id}";

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::ClientsRead, ApiScope::ClientsWrite);
    let (unknown, invalid) = (&[codes::CLIENT_UNKNOWN], &[codes::CLIENT_INVALID]);
    let changed = "The client as it is now.";
    vec![
        list::<ValidationClients>("validation_clients.list", reads),
        Operation::new(
            Method::POST,
            CLIENTS,
            "validation_clients.create",
            writes,
            "Adds a client of the validation server. Its key is told this once",
            || to(add_client),
        )
        .takes::<NewClient>()
        .creates::<AddedClient>()
        .refuses(invalid)
        .refuses(&[codes::CLIENT_TAKEN]),
        Operation::new(
            Method::GET,
            CLIENT,
            "validation_clients.read",
            reads,
            "One client of the validation server",
            || to(client),
        )
        .reads::<ValidationClientRow>()
        .tagged()
        .refuses(unknown),
        Operation::new(
            Method::PATCH,
            CLIENT,
            "validation_clients.change",
            writes,
            "Changes a client of the validation server; its key stays",
            || to(change_client),
        )
        .takes::<ClientChange>()
        .tells::<ValidationClientRow>(changed)
        .tagged()
        .conditional()
        .refuses(unknown)
        .refuses(invalid),
        Operation::new(
            Method::POST,
            "/validation-clients/{id}/revoke",
            "validation_clients.revoke",
            writes,
            "Refuses a client from its next request on",
            || to(revoke),
        )
        .tells::<ValidationClientRow>(changed)
        .refuses(unknown),
        Operation::new(
            Method::POST,
            "/validation-clients/{id}/restore",
            "validation_clients.restore",
            writes,
            "Answers a revoked client again",
            || to(restore),
        )
        .tells::<ValidationClientRow>(changed)
        .refuses(unknown),
    ]
}

/// A new client.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewClient {
    /// Its number, for a client that has one already; the next free one otherwise.
    #[serde(default)]
    #[schema(minimum = 1)]
    id: Option<i64>,
    /// Its key in base64, for a client that brings one; a new one is made otherwise.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    api_key: Option<SecretString>,
    /// What it is.
    #[serde(default)]
    note: String,
    /// Who answers for it.
    #[serde(default)]
    owner: String,
    /// The networks from which it may ask; none for any.
    #[serde(default)]
    allow: Vec<String>,
    /// How many requests a minute are answered.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1)]
    rate_limit: Option<NonZeroU32>,
    /// Whether requests without a signature are refused.
    #[serde(default)]
    must_sign: bool,
    /// Whether it is told which user a key belongs to.
    #[serde(default)]
    may_see_user: bool,
}

/// What shall be different; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClientChange {
    /// What it is.
    #[serde(default)]
    #[schema(nullable = false)]
    note: Option<String>,
    /// Who answers for it.
    #[serde(default)]
    #[schema(nullable = false)]
    owner: Option<String>,
    /// The networks from which it may ask.
    #[serde(default)]
    #[schema(nullable = false)]
    allow: Option<Vec<String>>,
    /// How many requests a minute are answered; null for any number.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>, minimum = 1)]
    rate_limit: Option<Option<NonZeroU32>>,
    /// Whether requests without a signature are refused.
    #[serde(default)]
    #[schema(nullable = false)]
    must_sign: Option<bool>,
    /// Whether it is told which user a key belongs to.
    #[serde(default)]
    #[schema(nullable = false)]
    may_see_user: Option<bool>,
}

/// A client that was added.
#[derive(Serialize, ToSchema)]
struct AddedClient {
    /// The key in base64, which is told this once.
    api_key: String,
    /// The client.
    client: ValidationClientRow,
}

fn networks(allow: &[String]) -> Result<Vec<ipnet::IpNet>> {
    let mut networks = Vec::new();
    for one in allow {
        match parse_addresses(one)?.as_slice() {
            [network] => networks.push(*network),
            _ => {
                return Err(
                    Problem::new(codes::CLIENT_INVALID).detailed("allow has one network each")
                );
            }
        }
    }
    Ok(networks)
}

fn client_of(call: &Call) -> Result<ValidationClientId> {
    let id = call.path("id", |text| Some(ValidationClientId::parse(text)))?;
    id.ok_or_else(|| codes::CLIENT_UNKNOWN.into())
}

async fn add_client(call: Call) -> Answer {
    let new: NewClient = call.body()?;
    let why = "a number is above zero";
    let invalid = || Problem::new(codes::CLIENT_INVALID).detailed(why);
    let id = new
        .id
        .map(|id| ValidationClientId::new(id).ok_or_else(invalid));
    let id = id.transpose()?;
    let key = new
        .api_key
        .map_or(NewClientKey::Generate, NewClientKey::Given);
    let settings = ValidationClientSettings {
        note: new.note,
        owner: new.owner,
        addresses: networks(&new.allow)?,
        rate_limit: new.rate_limit,
        must_sign: new.must_sign,
        may_see_user: new.may_see_user,
    };
    let app = call.app();
    let created = async |by| {
        let (id, key) = validation::add_client(app, &by, id, settings, key).await?;
        let secret = Some(key.expose_secret().to_owned().into());
        Ok(Created {
            secret,
            ..Created::plain(id)
        })
    };
    let shown = async |by: &Administrator, created: &Created| {
        let id = ValidationClientId::parse(&created.id).ok_or(codes::INTERNAL)?;
        let found = validation::client(app, by, id).await?;
        let key = created.secret.as_ref().map(|secret| secret.to_string());
        let added = AddedClient {
            api_key: key.unwrap_or_default(),
            client: ValidationClientRow::from(&found),
        };
        Ok((format!("{CLIENTS}/{id}"), added))
    };
    call.create(created, shown).await
}

async fn client(call: Call) -> Answer {
    let found = validation::client(call.app(), &call.audits()?, client_of(&call)?).await?;
    call.read(&ValidationClientRow::from(&found), Some(&found.edition()))
}

async fn change_client(call: Call) -> Answer {
    let (by, id, edition) = (call.administrator()?, client_of(&call)?, call.if_match()?);
    let change: ClientChange = call.body()?;
    let app = call.app();
    let before = validation::client(app, &by, id).await?;
    let edition = edition.unwrap_or_else(|| before.edition());
    let mut settings = before.settings;
    settings.note = change.note.unwrap_or(settings.note);
    settings.owner = change.owner.unwrap_or(settings.owner);
    settings.rate_limit = change.rate_limit.unwrap_or(settings.rate_limit);
    settings.must_sign = change.must_sign.unwrap_or(settings.must_sign);
    settings.may_see_user = change.may_see_user.unwrap_or(settings.may_see_user);
    if let Some(allow) = &change.allow {
        settings.addresses = networks(allow)?;
    }
    validation::change_client(app, &by, id, settings, Some(edition)).await?;
    let found = validation::client(app, &by, id).await?;
    call.changed(&ValidationClientRow::from(&found), Some(&found.edition()))
}

async fn revoke(call: Call) -> Answer {
    switch(&call, false).await
}

async fn restore(call: Call) -> Answer {
    switch(&call, true).await
}

async fn switch(call: &Call, is_active: bool) -> Answer {
    let (by, id) = (call.administrator()?, client_of(call)?);
    let client = validation::switch_client(call.app(), &by, id, is_active).await?;
    call.changed(&ValidationClientRow::from(&client), Some(&client.edition()))
}
