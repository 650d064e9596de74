//! Finding one validation service, and what its removal will do.

use std::sync::Arc;

use crate::Keyward;
use keyward_core::domain::count::Count;
use keyward_core::domain::validation_service::{ValidationService, ValidationServiceId};
use keyward_core::flows::permit::Administrator;
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

impl Keyward {
    /// The service of this id. Those of the settings file have none.
    ///
    /// # Errors
    /// `validation_service.unknown`
    pub async fn validation_service(
        &self,
        _: &Administrator,
        id: ValidationServiceId,
    ) -> Result<ValidationService> {
        let key = Arc::clone(&self.master_key);
        let added = self
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
    pub async fn foresee_service_removal(
        &self,
        administrator: &Administrator,
        id: ValidationServiceId,
    ) -> Result<ServiceRemoval> {
        let service = self.validation_service(administrator, id).await?;
        let others = self.validation_services().await?.into_iter();
        let remaining = others
            .filter(|other| other.id != Some(id) && other.settings.is_enabled)
            .count();
        Ok(ServiceRemoval {
            service,
            remaining: remaining.try_into().unwrap_or_default(),
            yubikeys: self.store.read(counts::yubikeys).await?,
        })
    }
}
