//! Looking applications up.

use std::sync::Arc;
use std::time::Instant;

use crate::App;
use keyward_core::domain::application::{
    Application, ApplicationId, ApplicationName, ApplicationSettings, Applications, RequestHost,
};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::UserId;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::MayAudit;
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{applications, metadata};
use url::Url;

/// All applications, by name.
///
/// # Errors
/// The store's.
pub async fn list(app: &App, _: &MayAudit) -> Result<Vec<Application>> {
    app.store.read(applications::all).await
}

/// The application of this id.
///
/// # Errors
/// `application.unknown`
pub async fn find(app: &App, _: &MayAudit, id: ApplicationId) -> Result<Application> {
    app.store
        .look(move |connection| applications::by_id(connection, id))
        .await?
        .ok_or_else(|| codes::APPLICATION_UNKNOWN.into())
}

/// The application of this name.
///
/// # Errors
/// `application.unknown`
pub async fn find_by_name(app: &App, _: &MayAudit, name: &str) -> Result<Application> {
    let name = ApplicationName::from_stored(name);
    let wanted = name.clone();
    app.store
        .look(move |connection| applications::by_name(connection, &wanted))
        .await?
        .ok_or_else(|| Problem::new(codes::APPLICATION_UNKNOWN).detailed(name.as_str()))
}

/// Where a user wanted to go: a path of ours, or the page that leads on to the address of an
/// application. `None` for any other address, and for the host of no application.
///
/// # Errors
/// The store's.
pub async fn destination(app: &App, wanted: Option<&str>) -> Result<Option<NextPath>> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let next = NextPath::parse_wanted(wanted);
    if NextPath::parse(wanted).is_some() || next.is_none() {
        return Ok(next);
    }
    let host = Url::parse(wanted).ok();
    let host = host
        .as_ref()
        .and_then(Url::host_str)
        .and_then(RequestHost::parse);
    match host {
        Some(host) => Ok(of_host(app, &host).await?.and(next)),
        None => Ok(None),
    }
}

/// Whether rules ask for attested hardware that no user can prove: no metadata is there to verify it by.
///
/// # Errors
/// The store's.
pub async fn is_beyond_proof(app: &App, settings: &ApplicationSettings) -> Result<bool> {
    let asks = settings.rules_of_hardware().next().is_some();
    Ok(asks && !can_prove_hardware(app).await?)
}

pub(super) async fn can_prove_hardware(app: &App) -> Result<bool> {
    let edition = app.store.look(metadata::edition).await?;
    Ok(edition.is_some())
}

/// Whether a rule of any application asks a user of these groups for a key of attested hardware.
pub(crate) async fn ask_for_hardware(
    app: &App,
    user: UserId,
    groups: &[GroupName],
) -> Result<bool> {
    Ok(all(app, Instant::now())
        .await?
        .ask_for_hardware(user, groups))
}

/// The application that a host belongs to, as it was two seconds ago at most.
pub(super) async fn of_host(app: &App, host: &RequestHost) -> Result<Option<Arc<Application>>> {
    of_host_at(app, host, Instant::now()).await
}

/// The same, where the caller has looked at the clock.
pub(super) async fn of_host_at(
    app: &App,
    host: &RequestHost,
    now: Instant,
) -> Result<Option<Arc<Application>>> {
    Ok(all(app, now).await?.of_host(host).map(Arc::clone))
}

async fn all(app: &App, now: Instant) -> Result<Arc<Applications>> {
    if let Some(all) = app.protection.applications.known(now) {
        return Ok(all);
    }
    let store = &app.store;
    // In a box, so that no request carries its state about.
    let read = Box::pin(app.protection.applications.read(
        || store.look(applications::changes),
        || async { store.read(applications::all).await.map(Applications::new) },
    ));
    read.await
}
