//! Choosing which device is asked for first.

use crate::App;
use crate::grounds;
use keyward_core::domain::device::{DeviceId, DeviceState};
use keyward_core::domain::event::{Actor, Event, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::SteppedUp;
use keyward_core::problem::{Result, codes};
use keyward_store::{AnyConnection, devices, users};

/// Makes one of the person's own devices the one that is asked for first.
///
/// # Errors
/// `device.unknown`; `device.weaker` for codes that are delivered and for backup codes, where
/// there is anything else
pub async fn make_default(
    app: &App,
    permit: &SteppedUp,
    id: DeviceId,
    client: &Client,
) -> Result<()> {
    let owner = permit.user().id;
    let event = Event::new(EventKind::DeviceMadeDefault)
        .by(Actor::User(owner))
        .about(owner)
        .on(id)
        .from(client);
    let context = app.context();
    grounds::write_for(app, permit.grounds(), move |connection| {
        let chosen = devices::expect_of(connection, owner, id)?;
        if chosen.kind.comes_last() && has_stronger(connection, owner)? {
            return Err(codes::DEVICE_WEAKER.into());
        }
        users::set_default_device(connection, owner, Some(id))?;
        context.record(connection, &event)
    })
    .await
}

fn has_stronger(connection: &mut AnyConnection, owner: UserId) -> Result<bool> {
    let mut devices = devices::of_user(connection, owner)?.into_iter();
    Ok(devices.any(|device| !device.kind.comes_last() && device.state == DeviceState::Active))
}
