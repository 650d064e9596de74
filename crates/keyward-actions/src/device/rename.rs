//! Giving a device another name.

use crate::App;
use crate::grounds;
use keyward_core::domain::device::{DeviceId, DeviceName};
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::flows::permit::SteppedUp;
use keyward_core::problem::{Result, codes};
use keyward_store::devices;

/// Renames one of the person's own devices.
///
/// # Errors
/// `device.unknown`
pub async fn rename(
    app: &App,
    permit: &SteppedUp,
    id: DeviceId,
    name: DeviceName,
    client: &Client,
) -> Result<()> {
    let owner = permit.user().id;
    let event = Event::new(EventKind::DeviceRenamed)
        .by(Actor::User(owner))
        .about(owner)
        .on(id)
        .detailed(EventDetail::Named {
            name: name.as_str().to_owned(),
        })
        .from(client);
    let context = app.context();
    grounds::write_for(app, permit.grounds(), move |connection| {
        if !devices::rename(connection, owner, id, &name)? {
            return Err(codes::DEVICE_UNKNOWN.into());
        }
        context.record(connection, &event)
    })
    .await
}
