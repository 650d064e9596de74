//! This process, among those that use the database.

use keyward_core::domain::node::NodeId;

use crate::readiness::Readiness;
use crate::set_back::LatestMoment;
use crate::unread_proxy::UnreadProxy;

/// Which of several servers this is, and what it knows of itself.
pub(crate) struct ThisServer {
    /// Which.
    pub(crate) id: NodeId,
    /// Whether it was ready when that was last looked at.
    pub(crate) readiness: Readiness,
    /// Whether requests come through a proxy that the settings do not know.
    pub(crate) unread_proxy: UnreadProxy,
    /// The latest moment that it has seen.
    pub(crate) latest: LatestMoment,
}

impl ThisServer {
    pub(crate) fn new(id: NodeId) -> Self {
        Self {
            id,
            readiness: Readiness::default(),
            unread_proxy: UnreadProxy::default(),
            latest: LatestMoment::default(),
        }
    }
}
