//! A record of one thing that a user proves themselves with.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::client::Client;
pub use super::device_kind::{Authenticator, Delivery, DeviceKind, Hardware, SignInMethod};
pub use super::ids::DeviceId;
use super::ids::UserId;
use super::spelling::{can_be_seen, seen_alone};
use crate::clock::Timestamp;

/// Whether a device may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceState {
    /// In use.
    Active,
    /// Its signature counter went back: there may be a copy of it. It proves nothing until an
    /// administrator has looked at it (WebAuthn L3 §7.2 step 23).
    Suspect,
    /// The key that it is on was reported lost. It proves nothing until that key is given back to its owner.
    Lost,
}

impl DeviceState {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspect => "suspect",
            Self::Lost => "lost",
        }
    }

    /// Reads a stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_stored(text)
    }

    /// The state of a row.
    pub fn from_stored(text: &str) -> Option<Self> {
        match text {
            "active" => Some(Self::Active),
            "suspect" => Some(Self::Suspect),
            "lost" => Some(Self::Lost),
            _ => None,
        }
    }
}

/// Why a device is suspect: an answer that was rightly signed had a counter that is not above the
/// one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// The device.
    pub device_id: DeviceId,
    /// When.
    pub raised_at: Timestamp,
    /// The counter that was known.
    pub stored: u32,
    /// The counter that came.
    pub presented: u32,
    /// From where.
    pub client: Client,
}

/// What a person calls a device: 1 to 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceName(String);

impl DeviceName {
    /// The longest name, in characters.
    pub const LONGEST: usize = 64;

    /// A name from what was typed: trimmed, without the invisible characters, cut at 64
    /// characters; `None` where nothing is left.
    pub fn from_typed(text: &str) -> Option<Self> {
        let clean = seen_alone(text);
        let name: String = clean.trim().chars().take(Self::LONGEST).collect();
        let name = name.trim_end();
        can_be_seen(name).then(|| Self(name.to_owned()))
    }

    /// A name of a row, whatever the rule for typed ones is today.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The same name with a number behind it, cut before that where it would be too long.
    #[must_use]
    pub fn numbered(&self, number: u64) -> Self {
        let end = format!(" {number}");
        let room = Self::LONGEST.saturating_sub(end.chars().count());
        let begin: String = self.0.chars().take(room).collect();
        Self(format!("{}{end}", begin.trim_end()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One device, without what its kind alone knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The row.
    pub id: DeviceId,
    /// Whose it is.
    pub user_id: UserId,
    /// What kind of thing it is.
    pub kind: DeviceKind,
    /// What its owner calls it.
    pub name: DeviceName,
    /// The product's name as far as it is known; for a device that codes are sent to, where they
    /// go, masked.
    pub model: Option<String>,
    /// Whether it may be used.
    pub state: DeviceState,
    /// When it was enrolled.
    pub created_at: Timestamp,
    /// When it last proved its owner.
    pub last_used_at: Option<Timestamp>,
}

/// Which devices the console lists.
#[derive(Clone, Debug, Default)]
pub struct DeviceFilter {
    /// Of this kind.
    pub kind: Option<DeviceKind>,
    /// Of this user.
    pub user: Option<UserId>,
    /// Not used since this moment.
    pub idle_since: Option<Timestamp>,
    /// Suspect ones alone.
    pub suspect: bool,
    /// Where the page before ended.
    pub after: Option<DevicePlace>,
}

/// A place in the list of all devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevicePlace {
    /// Since when the device there was not used.
    pub idle_since: Timestamp,
    /// The device.
    pub id: DeviceId,
}

/// A device in the console's list.
#[derive(Debug)]
pub struct DeviceSummary {
    /// The device.
    pub device: Device,
    /// Its owner's name.
    pub owner: String,
    /// The device that its owner is asked for first.
    pub default_device: Option<DeviceId>,
    /// Its place in the list: the `after` of the page that follows it.
    pub place: DevicePlace,
}
