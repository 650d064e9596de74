//! Validation services that were added in the console or on the command line.

use diesel::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use url::Url;

use super::connection::{AnyConnection, failed, is_taken, listed, unreadable};
use super::schema::validation_services;
use keyward_core::clock::Entropy;
use keyward_core::domain::outgoing::AuthorityCertificates;
use keyward_core::domain::user::fold;
use keyward_core::domain::validation_service::{
    SyncLevel, ValidationService, ValidationServiceId, ValidationServiceSettings,
};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::{MasterKey, Place};

#[derive(Queryable)]
struct ServiceRow {
    id: String,
    name: String,
    _name_folded: String,
    urls: String,
    client_id: i64,
    api_key: Option<Vec<u8>>,
    sync_level: Option<String>,
    timeout: i64,
    is_enabled: bool,
    ca: Option<String>,
}

impl ServiceRow {
    fn open(self, key: &MasterKey) -> Result<ValidationService> {
        let bad = |what| unreadable("validation_services", &self.id, what);
        let api_key = match &self.api_key {
            None => None,
            Some(sealed) => {
                let opened = key
                    .open(place(&self.id), sealed)
                    .map_err(|problem| match problem.code() {
                        codes::MASTER_KEY_WRONG => bad("api_key").caused_by(problem),
                        _ => problem,
                    })?;
                let text = std::str::from_utf8(&opened).map_err(|_| bad("api_key"))?;
                Some(SecretString::from(text))
            }
        };
        let urls: Result<Vec<Url>, _> = self.urls.lines().map(Url::parse).collect();
        Ok(ValidationService {
            id: Some(ValidationServiceId::from_stored(&self.id).ok_or_else(|| bad("id"))?),
            settings: ValidationServiceSettings {
                urls: urls.map_err(|_| bad("urls"))?,
                client_id: u64::try_from(self.client_id).map_err(|_| bad("client_id"))?,
                sync_level: match &self.sync_level {
                    None => None,
                    Some(text) => {
                        Some(SyncLevel::from_stored(text).ok_or_else(|| bad("sync_level"))?)
                    }
                },
                timeout: Duration::from_millis(
                    u64::try_from(self.timeout).map_err(|_| bad("timeout"))?,
                ),
                ca: self.ca.map(AuthorityCertificates::from_stored),
                name: self.name,
                api_key,
                is_enabled: self.is_enabled,
            },
        })
    }
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "validation_services",
        column: "api_key",
        row,
    }
}

type Change<'a> = (
    diesel::dsl::Eq<validation_services::name, &'a str>,
    diesel::dsl::Eq<validation_services::name_folded, String>,
    diesel::dsl::Eq<validation_services::urls, String>,
    diesel::dsl::Eq<validation_services::client_id, i64>,
    diesel::dsl::Eq<validation_services::api_key, Option<Vec<u8>>>,
    diesel::dsl::Eq<validation_services::sync_level, Option<String>>,
    diesel::dsl::Eq<validation_services::timeout, i64>,
    diesel::dsl::Eq<validation_services::is_enabled, bool>,
    diesel::dsl::Eq<validation_services::ca, Option<&'a str>>,
);

fn columns<'a>(
    id: ValidationServiceId,
    settings: &'a ValidationServiceSettings,
    key: &MasterKey,
    entropy: &dyn Entropy,
) -> Change<'a> {
    let urls: Vec<&str> = settings.urls.iter().map(Url::as_str).collect();
    let sealed = settings.api_key.as_ref().map(|secret| {
        let row = id.to_string();
        key.seal(entropy, place(&row), secret.expose_secret().as_bytes())
    });
    (
        validation_services::name.eq(settings.name.as_str()),
        validation_services::name_folded.eq(fold(&settings.name)),
        validation_services::urls.eq(urls.join("\n")),
        validation_services::client_id.eq(i64::try_from(settings.client_id).unwrap_or(i64::MAX)),
        validation_services::api_key.eq(sealed),
        validation_services::sync_level.eq(settings.sync_level.map(|level| level.to_string())),
        validation_services::timeout
            .eq(i64::try_from(settings.timeout.as_millis()).unwrap_or(i64::MAX)),
        validation_services::is_enabled.eq(settings.is_enabled),
        validation_services::ca.eq(settings.ca.as_ref().map(AuthorityCertificates::as_pem)),
    )
}

/// Adds a service.
///
/// # Errors
/// `validation_service.name_taken`
pub fn insert(
    connection: &mut AnyConnection,
    id: ValidationServiceId,
    settings: &ValidationServiceSettings,
    key: &MasterKey,
    entropy: &dyn Entropy,
) -> Result<()> {
    let inserted = diesel::insert_into(validation_services::table)
        .values((
            validation_services::id.eq(id.to_string()),
            columns(id, settings, key, entropy),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        return Err(codes::SERVICE_NAME_TAKEN.into());
    }
    inserted.map(drop).map_err(failed)
}

/// Replaces a service's settings; `false` where there is none of this id.
///
/// # Errors
/// `validation_service.name_taken`
pub fn update(
    connection: &mut AnyConnection,
    id: ValidationServiceId,
    settings: &ValidationServiceSettings,
    key: &MasterKey,
    entropy: &dyn Entropy,
) -> Result<bool> {
    let updated = diesel::update(validation_services::table.find(id.to_string()))
        .set(columns(id, settings, key, entropy))
        .execute(connection);
    if is_taken(&updated) {
        return Err(codes::SERVICE_NAME_TAKEN.into());
    }
    updated.map(|rows| rows == 1).map_err(failed)
}

/// Makes transactions about one service wait for each other.
pub fn hold(connection: &mut AnyConnection, id: ValidationServiceId) -> Result<()> {
    diesel::update(validation_services::table.find(id.to_string()))
        .set(validation_services::client_id.eq(validation_services::client_id))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Removes a service; `false` where there is none of this id.
pub fn remove(connection: &mut AnyConnection, id: ValidationServiceId) -> Result<bool> {
    diesel::delete(validation_services::table.find(id.to_string()))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// What is wrong with those that [`all`] leaves out.
pub fn unreadable_ones(connection: &mut AnyConnection, key: &MasterKey) -> Result<Vec<Problem>> {
    let rows = validation_services::table
        .order(validation_services::id)
        .load::<ServiceRow>(connection)
        .map_err(failed)?;
    let opened = rows.into_iter().map(|row| row.open(key));
    Ok(opened.filter_map(Result::err).collect())
}

/// All services in the order in which they were added, without those that cannot be read: one of
/// them must not stop the others.
pub fn all(connection: &mut AnyConnection, key: &MasterKey) -> Result<Vec<ValidationService>> {
    validation_services::table
        .order(validation_services::id)
        .load::<ServiceRow>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|row| row.open(key))
        .filter_map(listed)
        .collect()
}
