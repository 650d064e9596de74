//! Finding one validation service, and what its removal will do.

use std::sync::Arc;

use crate::App;
use keyward_core::domain::count::Count;
use keyward_core::domain::validation_service::{ValidationService, ValidationServiceId};
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::{Result, codes};
use keyward_store::{counts, validation_services};

/// What the removal of a service will do, for the question before it.
#[derive(Debug)]
pub struct ServiceRemoval {
    /// The service.
    pub service: ValidationService,
    /// How many other services are asked then.
    pub remaining: u64,
    /// How many YubiKeys people sign in with by one-time passwords.
    pub yubikeys: Count,
}

/// The service of this id. Those of the settings file have none.
///
/// # Errors
/// `validation_service.unknown`
pub async fn find(app: &App, _: &MayAudit, id: ValidationServiceId) -> Result<ValidationService> {
    let key = Arc::clone(&app.master_key);
    let added = app
        .store
        .look(move |connection| validation_services::all(connection, &key))
        .await?;
    added
        .into_iter()
        .find(|service| service.id == Some(id))
        .ok_or_else(|| codes::SERVICE_UNKNOWN.into())
}

/// What the removal of a service will do.
///
/// # Errors
/// `validation_service.unknown`
pub async fn foresee_removal(
    app: &App,
    administrator: &Administrator,
    id: ValidationServiceId,
) -> Result<ServiceRemoval> {
    let service = find(app, administrator, id).await?;
    let others = super::list(app).await?.into_iter();
    let remaining = others
        .filter(|other| other.id != Some(id) && other.settings.is_enabled)
        .count();
    Ok(ServiceRemoval {
        service,
        remaining: remaining.try_into().unwrap_or_default(),
        yubikeys: app.store.read(counts::yubikeys).await?,
    })
}
