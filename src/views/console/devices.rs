//! Everybody's devices.

use serde::Serialize;

use crate::views::Page;
use crate::views::pages::DeviceRow;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::user::UserId;

/// A device with its owner.
#[derive(Clone, Serialize)]
pub struct OwnedDeviceRow {
    /// The device.
    pub device: DeviceRow,
    /// Whose it is.
    pub owner_id: UserId,
    /// Their name.
    pub owner: String,
}

/// `GET /console/devices?kind=&user=&unused_days=&unused_since=&state=&after=`.
#[derive(Clone, Serialize)]
pub struct ConsoleDevicesPage {
    /// The filter's kind.
    pub kind: Option<DeviceKind>,
    /// What the filter looks for in names and addresses; empty for everybody.
    pub user: String,
    /// Whether that fits more people than those who are shown.
    pub are_more_meant: bool,
    /// The filter's days without use.
    pub unused_days: Option<u32>,
    /// The filter's moment since when they were not used; empty for any.
    pub unused_since: String,
    /// Suspect ones alone.
    pub suspect: bool,
    /// The devices, the longest unused first.
    pub devices: Vec<OwnedDeviceRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for ConsoleDevicesPage {
    const TEMPLATE: &'static str = "console/devices.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::id;
        let owned = |device: DeviceRow| OwnedDeviceRow {
            device,
            owner_id: id(9, UserId::parse),
            owner: "ben".to_owned(),
        };
        vec![
            Self {
                kind: None,
                user: String::new(),
                are_more_meant: false,
                unused_days: None,
                unused_since: String::new(),
                suspect: false,
                devices: DeviceRow::samples().into_iter().map(owned).collect(),
                next: Some("1795319835000-018f".to_owned()),
                is_first_page: true,
            },
            Self {
                kind: Some(DeviceKind::SecurityKey),
                user: "\"ben\" & co".to_owned(),
                are_more_meant: true,
                unused_days: Some(90),
                unused_since: "2026-11-30".to_owned(),
                suspect: true,
                devices: Vec::new(),
                next: None,
                is_first_page: false,
            },
        ]
    }
}
