//! Validation services: those of the settings file and those that administrators added.

mod change;
mod find;
mod test;
pub use change::add;
pub use change::change;
pub use change::remove;
pub use find::find;
pub use find::foresee_removal;
pub use test::find_by_name;
pub use test::test;

use std::sync::Arc;

use super::App;
use keyward_core::domain::validation_service::ValidationService;
use keyward_core::problem::Result;
use keyward_store::validation_services;

pub use change::KeyChange;
pub use find::ServiceRemoval;

/// All services in the order in which they are asked: the settings file's first.
///
/// # Errors
/// The store's; `master_key.wrong` where an API key does not open.
pub async fn list(app: &App) -> Result<Vec<ValidationService>> {
    let key = Arc::clone(&app.master_key);
    let added = app
        .store
        .look(move |connection| validation_services::all(connection, &key))
        .await?;
    let mut services = app.settings.validation_services.clone();
    services.extend(added);
    Ok(services)
}
