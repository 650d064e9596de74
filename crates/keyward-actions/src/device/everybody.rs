//! Everybody's devices, for administrators.

use std::collections::HashMap;

use crate::App;
use crate::metadata::name_models;
use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::{Device, DeviceFilter, DeviceId, DeviceSummary, Suspicion};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{MayAudit, MayLookUp};
use keyward_core::problem::{Result, codes};
use keyward_store::judgements::{self, SerialOf};
use keyward_store::{AnyConnection, credentials, devices, suspicions};

/// A page of everybody's devices, the longest unused first.
///
/// # Errors
/// The store's.
pub async fn list(
    app: &App,
    _: &MayLookUp,
    filter: DeviceFilter,
    limit: i64,
) -> Result<Vec<DeviceSummary>> {
    app.store
        .read(move |connection| {
            let mut found = devices::page(connection, &filter, limit)?;
            name_models(connection, found.iter_mut().map(|found| &mut found.device))?;
            Ok(found)
        })
        .await
}

/// What made these devices suspect: nothing where they are not.
///
/// # Errors
/// The store's.
pub async fn suspicions(
    app: &App,
    _: &MayLookUp,
    suspects: Vec<DeviceId>,
) -> Result<Vec<Suspicion>> {
    if suspects.is_empty() {
        return Ok(Vec::new());
    }
    app.store
        .look(move |connection| {
            let known = suspects.iter();
            let known = known.map(|id| suspicions::of_device(connection, *id));
            known.filter_map(Result::transpose).collect()
        })
        .await
}

/// All devices of a user, oldest first.
///
/// # Errors
/// The store's.
pub async fn of_user(app: &App, _: &MayLookUp, user: UserId) -> Result<Vec<Device>> {
    app.store
        .look(move |connection| {
            let mut devices = devices::of_user(connection, user)?;
            name_models(connection, &mut devices)?;
            Ok(devices)
        })
        .await
}

/// The same for helping the user, without devices that cannot be read.
///
/// # Errors
/// The store's.
pub async fn readable_of_user(app: &App, _: &MayLookUp, user: UserId) -> Result<Vec<Device>> {
    app.store
        .look(move |connection| {
            let mut devices = devices::readable_of(connection, user)?;
            name_models(connection, &mut devices)?;
            Ok(devices)
        })
        .await
}

/// One device, as lists tell it.
///
/// # Errors
/// `device.unknown`
pub async fn find(app: &App, _: &MayLookUp, id: DeviceId) -> Result<DeviceSummary> {
    app.store
        .look(move |connection| {
            let found = devices::summary(connection, id)?;
            let mut found = found.ok_or(codes::DEVICE_UNKNOWN)?;
            name_models(connection, std::iter::once(&mut found.device))?;
            Ok(found)
        })
        .await
}

/// A credential, and what its maker's certificate says of which authenticator holds it.
#[derive(Clone, Debug)]
pub struct ListedCredential {
    /// The credential.
    pub credential: Credential,
    /// The serial number; `None` where no certificate has one.
    pub serial: Option<SerialOf>,
}

/// A page of credentials in the order of their devices, after one; of one user where one is named.
///
/// # Errors
/// The store's.
pub async fn credentials(
    app: &App,
    _: &MayAudit,
    user: Option<UserId>,
    after: Option<DeviceId>,
    limit: i64,
) -> Result<Vec<ListedCredential>> {
    app.store
        .read(move |connection| {
            let found = credentials::page(connection, user, after, limit)?;
            with_serials(connection, found)
        })
        .await
}

fn with_serials(
    connection: &mut AnyConnection,
    found: Vec<Credential>,
) -> Result<Vec<ListedCredential>> {
    let devices: Vec<DeviceId> = found.iter().map(|one| one.device_id).collect();
    let mut serials: HashMap<DeviceId, SerialOf> = judgements::serials_of(connection, &devices)?
        .into_iter()
        .map(|serial| (serial.device, serial))
        .collect();
    let listed = found.into_iter().map(|credential| ListedCredential {
        serial: serials.remove(&credential.device_id),
        credential,
    });
    Ok(listed.collect())
}

/// The credential in this device.
///
/// # Errors
/// `device.unknown` where there is none.
pub async fn credential(app: &App, _: &MayAudit, device: DeviceId) -> Result<ListedCredential> {
    let found = app
        .store
        .look(move |connection| {
            let found = credentials::in_device(connection, device)?;
            with_serials(connection, found.into_iter().collect())
        })
        .await?;
    let found = found.into_iter().next();
    found.ok_or_else(|| codes::DEVICE_UNKNOWN.into())
}
