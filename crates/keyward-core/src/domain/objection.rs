//! An owner says of a change to their account that it was not them.

use super::device::DeviceId;
use super::event::EventKind;
use super::user::{EmailAddress, UserId};
use crate::clock::Timestamp;

/// What an owner may object to: changes that an attacker who sat at their browser, or had their
/// cookie, would make.
pub const OBJECTIONABLE: &[EventKind] = &[
    EventKind::PasswordSet,
    EventKind::EmailChanged,
    EventKind::DeviceAdded,
    EventKind::DeviceRemoved,
    EventKind::UpstreamLinked,
    EventKind::BackupCodeUsed,
    EventKind::BrowserTrusted,
    EventKind::PassUsed,
    EventKind::UnusualPlace,
];

/// A link that waits to be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Whose account it is.
    pub user_id: UserId,
    /// What was done.
    pub event: EventKind,
    /// The device that it was about.
    pub device_id: Option<DeviceId>,
    /// When the link ends by itself.
    pub expires_at: Timestamp,
    /// When it was done; `None` for a link of before that was written down, as with what follows.
    pub happened_at: Option<Timestamp>,
    /// The device's name, also where it is gone.
    pub device: Option<String>,
    /// From which address.
    pub address: Option<String>,
    /// What the browser says it is.
    pub user_agent: Option<String>,
    /// Where mail reached the owner before, where that was changed.
    pub former_email: Option<EmailAddress>,
}

impl Objection {
    /// Whether the device of this event is put on hold: one that was added, or codes of which
    /// another person used one.
    pub fn holds_device(event: EventKind) -> bool {
        matches!(event, EventKind::DeviceAdded | EventKind::BackupCodeUsed)
    }

    /// Whether links with other OpenID providers are taken back that were made since.
    pub fn takes_links_back(event: EventKind) -> bool {
        event == EventKind::UpstreamLinked
    }

    /// Whether the password is taken away.
    pub fn clears_password(event: EventKind) -> bool {
        event == EventKind::PasswordSet
    }
}
