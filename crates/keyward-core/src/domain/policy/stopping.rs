//! Devices that do not satisfy policy any more, and may still be used for a while.

use super::effective::Violation;
use crate::clock::Timestamp;
use crate::domain::device::{DeviceKind, DeviceName};
use crate::domain::ids::{DeviceId, UserId};

/// A device that does not satisfy policy any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopping {
    /// Why, and whose policy says so.
    pub reasons: Vec<Violation>,
    /// Since when.
    pub since: Timestamp,
    /// Until when it may be used all the same.
    pub deadline: Timestamp,
}

/// A device in the list of those that stop working.
#[derive(Debug)]
pub struct StoppingSummary {
    /// The device.
    pub id: DeviceId,
    /// What kind of thing it is.
    pub kind: DeviceKind,
    /// What its owner calls it.
    pub name: DeviceName,
    /// Whose it is.
    pub owner_id: UserId,
    /// Their name.
    pub owner: String,
    /// Why, and until when it works.
    pub stopping: Stopping,
}
