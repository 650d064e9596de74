//! Trying a validation service with a touch.

use crate::App;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::user::fold;
use keyward_core::domain::validation_service::ValidationService;
use keyward_core::factors::yubikey::{Said, ServerReport};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::yubico::Otp;

/// The service of this name, from the settings file or the database.
///
/// # Errors
/// `validation_service.unknown`
pub async fn find_by_name(app: &App, name: &str) -> Result<ValidationService> {
    let services = super::list(app).await?;
    services
        .into_iter()
        .find(|service| fold(&service.settings.name) == fold(name))
        .ok_or_else(|| Problem::new(codes::SERVICE_UNKNOWN).detailed(name))
}

/// Asks every server of a service about one OTP, enabled or not, and tells what each said.
/// The OTP is spent by that, and opens nothing here.
///
/// # Errors
/// The store's, where the event cannot be recorded.
pub async fn test(
    app: &App,
    administrator: &Administrator,
    service: &ValidationService,
    otp: &Otp,
) -> Result<Vec<ServerReport>> {
    let reports = app.gateways.validation.test(service, otp).await;
    let confirmed = reports
        .iter()
        .filter(|report| matches!(report.said, Said::Confirmed))
        .count();
    let event = administrator.does(EventKind::ServiceTested);
    app.record(event.detailed(EventDetail::ServiceTested {
        service: service.settings.name.clone(),
        confirmed,
        servers: reports.len(),
    }))
    .await?;
    Ok(reports)
}
