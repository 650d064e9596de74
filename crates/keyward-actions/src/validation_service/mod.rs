//! Validation services: those of the settings file and those that administrators added.

mod change;
mod find;
mod test;

use std::sync::Arc;

use super::Keyward;
use keyward_core::domain::validation_service::ValidationService;
use keyward_core::problem::Result;
use keyward_store::validation_services;

pub use change::KeyChange;
pub use find::ServiceRemoval;

impl Keyward {
    /// All services in the order in which they are asked: the settings file's first.
    ///
    /// # Errors
    /// The store's; `master_key.wrong` where an API key does not open.
    pub async fn validation_services(&self) -> Result<Vec<ValidationService>> {
        let key = Arc::clone(&self.master_key);
        let added = self
            .store
            .look(move |connection| validation_services::all(connection, &key))
            .await?;
        let mut services = self.settings.validation_services.clone();
        services.extend(added);
        Ok(services)
    }
}
