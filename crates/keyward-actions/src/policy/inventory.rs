//! What policy needs to know of the keys that devices are on.

use std::collections::HashMap;

use keyward_core::domain::device::DeviceId;
use keyward_core::domain::key::{Key, KeyState};
use keyward_core::domain::policy::InventoryFact;
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;
use keyward_store::AnyConnection;
use keyward_store::judgements::Judged;
use keyward_store::keys;

/// The keys of devices, as far as rules ask for them.
pub(super) struct Inventory(HashMap<DeviceId, Key>);

impl Inventory {
    /// Looks them up, where it matters.
    pub fn of(connection: &mut AnyConnection, is_asked: bool, devices: &[Judged]) -> Result<Self> {
        let ids: Vec<DeviceId> = devices.iter().map(|device| device.id).collect();
        match is_asked {
            true => Ok(Self(keys::of_devices(connection, &ids)?)),
            false => Ok(Self(HashMap::new())),
        }
    }

    /// What is known of the key of a device.
    pub fn fact(&self, device: &Judged) -> InventoryFact {
        inventory_fact(self.0.get(&device.id), device.user_id)
    }
}

/// What a key is for a user: one that is lost or retired is none.
pub(crate) fn inventory_fact(key: Option<&Key>, user: UserId) -> InventoryFact {
    match key {
        Some(Key {
            state: KeyState::Lost | KeyState::Retired,
            ..
        })
        | None => InventoryFact::NoKey,
        Some(key) => InventoryFact::Key {
            is_own: key.owner == Some(user),
        },
    }
}
