//! Letting a suspect device be used again.

use crate::App;
use crate::grounds;
use keyward_core::domain::device::{Device, DeviceId, DeviceState, Suspicion};
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::event_detail::CounterStep;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Result, codes};
use keyward_store::{credentials, devices, suspicions, users};

/// Takes the suspicion from a device that an administrator has looked at. Its signature counter
/// counts on from where it was seen to be: that of a restored wallet or a replaced chip has begun
/// anew. Where there are two after all, the one that is behind raises the suspicion again.
///
/// # Errors
/// `device.unknown`, `key.lost` for what is on a key that was reported lost, `api_token.scope`
pub async fn release(app: &App, administrator: &Administrator, id: DeviceId) -> Result<Device> {
    let event = administrator.does(EventKind::DeviceReleased).on(id);
    let context = app.context();
    let by = administrator.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        let device = devices::by_id(connection, id)?.ok_or(codes::DEVICE_UNKNOWN)?;
        users::hold(connection, device.user_id)?;
        grounds::may_change(connection, &by, device.user_id)?;
        if device.state == DeviceState::Lost {
            return Err(codes::KEY_LOST.into());
        }
        if devices::change_state(connection, id, DeviceState::Suspect, DeviceState::Active)? {
            let mut counter = None;
            if let Some(suspicion) = suspicions::of_device(connection, id)? {
                let Suspicion {
                    stored, presented, ..
                } = suspicion;
                credentials::restart_counter(connection, id, presented)?;
                counter = Some(CounterStep { presented, stored });
            }
            suspicions::forget(connection, id)?;
            let event = event.about(device.user_id).detailed(EventDetail::Released {
                kind: device.kind,
                name: device.name.to_string(),
                counter,
            });
            context.record(connection, &event)?;
        }
        Ok(device)
    })
    .await
}
