//! Which events of the trail are looked for.

use super::event::{EventId, EventKind};
use super::ids::UserId;
use crate::clock::Timestamp;

/// Which events to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventFilter {
    /// Of whom.
    pub whose: Option<UserFilter>,
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// Before this event.
    pub before: Option<EventId>,
    /// Not before this moment.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

/// How a user is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserFilter {
    /// It happened to them.
    About(UserId),
    /// It happened to them, or they did it to others.
    With(UserId),
}
