//! A session: what a user has open in a browser from a sign-in until they sign out: who it is, how well that was proved, and for how long it holds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use super::assurance::{Assurance, Methods};
use super::assurance_level::AssuranceLevel;
pub use super::client::Client;
pub use super::ids::SessionId;
use super::ids::{DeviceId, TrustedBrowserId, UserId};
use crate::clock::Timestamp;
use crate::secret::TokenHash;

/// How a session was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvedBy {
    /// How well.
    pub assurance: Assurance,
    /// By what.
    pub methods: Methods,
}

/// One session of one user in one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The row.
    pub id: SessionId,
    /// The hash of the identifier that opens it.
    pub identifier: TokenHash,
    /// Who.
    pub user_id: UserId,
    /// How well proved.
    pub assurance: Assurance,
    /// By what.
    pub methods: Methods,
    /// The assurance level that this comes to.
    pub level: AssuranceLevel,
    /// The device that proved the second factor, or that vouched for the trusted browser.
    pub device_id: Option<DeviceId>,
    /// When it began.
    pub opened_at: Timestamp,
    /// When it was last seen; written at most once a minute.
    pub last_seen_at: Timestamp,
    /// The end that no activity moves.
    pub expires_at: Timestamp,
    /// From where.
    pub client: Client,
    /// When its user last proved themselves as well as they can: with a device, or with the
    /// password where they have no device. `None` where a trusted browser stood in.
    pub proved_at: Option<Timestamp>,
    /// The trusted browser that opened it.
    pub trusted_browser_id: Option<TrustedBrowserId>,
}

/// By how much the clocks of two servers of one database may differ.
const CLOCKS_DIFFER: Duration = Duration::from_mins(1);

impl Session {
    /// The device that proved it; `None` where none did. The one beside a trusted browser vouched for that
    /// browser, and proved nothing here.
    pub fn proving_device(&self) -> Option<DeviceId> {
        self.device_id
            .filter(|_| self.assurance == Assurance::Verified)
    }

    /// Whether its user proved themselves within this long before `now`.
    pub fn is_fresh(&self, now: Timestamp, within: Duration) -> bool {
        is_fresh(self.proved_at, now, within)
    }
}

/// Whether a proof was made within this long before `now`. One from later than now is none, lest a
/// clock that was set back make it last: but for what clocks of servers differ.
pub fn is_fresh(proved_at: Option<Timestamp>, now: Timestamp, within: Duration) -> bool {
    let from_later = |at: Timestamp| at.since(now) > CLOCKS_DIFFER;
    proved_at.is_some_and(|at| now.since(at) < within && !from_later(at))
}

/// A place in the list of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPlace {
    /// When the one there was last seen.
    pub last_seen_at: Timestamp,
    /// The session.
    pub id: SessionId,
}

impl SessionPlace {
    /// The place of a session.
    pub fn of(session: &Session) -> Self {
        Self {
            last_seen_at: session.last_seen_at,
            id: session.id,
        }
    }
}
