//! Everybody's devices, for administrators.

use crate::actions::Keyward;
use crate::actions::metadata::name_models;
use crate::domain::device::Device;
use crate::domain::user::UserId;
use crate::flows::permit::Administrator;
use crate::problem::Result;
use crate::store::devices::{self, DeviceFilter, DeviceSummary};

impl Keyward {
    /// A page of everybody's devices, the longest unused first.
    ///
    /// # Errors
    /// The store's.
    pub async fn devices(
        &self,
        _: &Administrator,
        filter: DeviceFilter,
        limit: i64,
    ) -> Result<Vec<DeviceSummary>> {
        self.store
            .read(move |connection| {
                let mut found = devices::page(connection, &filter, limit)?;
                name_models(connection, found.iter_mut().map(|found| &mut found.device))?;
                Ok(found)
            })
            .await
    }

    /// All devices of a user, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn devices_of(&self, _: &Administrator, user: UserId) -> Result<Vec<Device>> {
        self.store
            .look(move |connection| {
                let mut devices = devices::of_user(connection, user)?;
                name_models(connection, &mut devices)?;
                Ok(devices)
            })
            .await
    }
}
