//! Letting a suspect device be used again.

use crate::actions::Keyward;
use crate::domain::device::{Device, DeviceId, DeviceState};
use crate::domain::event::EventKind;
use crate::flows::permit::Administrator;
use crate::problem::{Result, codes};
use crate::store::{devices, suspicions};

impl Keyward {
    /// Takes the suspicion from a device that somebody has looked at. Its signature counter stays:
    /// the copy that is behind raises the suspicion anew.
    ///
    /// # Errors
    /// `device.unknown`
    pub async fn release_device(
        &self,
        administrator: &Administrator,
        id: DeviceId,
    ) -> Result<Device> {
        let event = administrator.does(EventKind::DeviceReleased).on(id);
        let pen = self.pen();
        self.store
            .write(move |connection| {
                let device = devices::by_id(connection, id)?.ok_or(codes::DEVICE_UNKNOWN)?;
                if devices::set_state(connection, id, DeviceState::Active)? {
                    suspicions::forget(connection, id)?;
                    let what = format!("{}: {}", device.kind.as_str(), device.name);
                    let event = event.about(device.user_id).detailed(what);
                    pen.record(connection, &event)?;
                }
                Ok(device)
            })
            .await
    }
}
