//! A person's own devices.

use crate::App;
use crate::metadata::name_models;
use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::{Device, DeviceId, Suspicion};
use keyward_core::flows::permit::SignedIn;
use keyward_core::problem::Result;
use keyward_store::{credentials, devices, keys, suspicions};

/// The devices of the user who is signed in, oldest first.
///
/// # Errors
/// The store's.
pub async fn own(app: &App, signed_in: &SignedIn) -> Result<Vec<Device>> {
    let owner = signed_in.user().id;
    app.store
        .look(move |connection| {
            let mut devices = devices::of_user(connection, owner)?;
            name_models(connection, &mut devices)?;
            Ok(devices)
        })
        .await
}

/// Their passkeys and security keys as the browser knows them, those on hold and those that
/// wait for them too: what is taken off hold or activated must still be there.
///
/// # Errors
/// The store's.
pub async fn own_credentials(app: &App, signed_in: &SignedIn) -> Result<Vec<Credential>> {
    let owner = signed_in.user().id;
    app.store
        .look(move |connection| {
            let mut theirs = credentials::of_user(connection, owner, true)?;
            theirs.extend(keys::waiting_credentials(connection, owner)?);
            Ok(theirs)
        })
        .await
}

/// What made devices of theirs suspect.
///
/// # Errors
/// The store's.
pub async fn own_suspicions(app: &App, signed_in: &SignedIn) -> Result<Vec<Suspicion>> {
    let owner = signed_in.user().id;
    app.store
        .look(move |connection| suspicions::of_user(connection, owner))
        .await
}

/// One of their devices.
///
/// # Errors
/// `device.unknown`, also for another user's.
pub async fn own_one(app: &App, signed_in: &SignedIn, id: DeviceId) -> Result<Device> {
    let owner = signed_in.user().id;
    app.store
        .look(move |connection| devices::expect_of(connection, owner, id))
        .await
}
