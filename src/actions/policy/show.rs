//! Looking at policies and at what they do.

use crate::actions::Keyward;
use crate::clock::Timestamp;
use crate::domain::count::Count;
use crate::domain::device::DeviceId;
use crate::domain::model::MetadataEdition;
use crate::domain::policy::Scope;
use crate::flows::permit::Administrator;
use crate::problem::Result;
use crate::store::judgements::{self, StoppingSummary};
use crate::store::judging::{self, Judging};
use crate::store::metadata;
use crate::store::policies::{self, PolicyRecord};

/// All policies, and what they do now.
#[derive(Debug)]
pub struct PolicyOverview {
    /// The policies, everybody's first.
    pub policies: Vec<PolicyRecord>,
    /// How many devices stop working, or have stopped.
    pub stopping: Count,
    /// What is still being judged after a change.
    pub judging: Vec<Judging>,
    /// Which metadata is in use.
    pub metadata: Option<MetadataEdition>,
}

impl Keyward {
    /// All policies.
    ///
    /// # Errors
    /// The store's.
    pub async fn policies(&self, _: &Administrator) -> Result<PolicyOverview> {
        self.store
            .read(|connection| {
                Ok(PolicyOverview {
                    policies: policies::readable(connection)?,
                    stopping: judgements::count_stopping(connection)?,
                    judging: judging::all(connection)?,
                    metadata: metadata::edition(connection)?,
                })
            })
            .await
    }

    /// One policy; `None` where there is none and no draft.
    ///
    /// # Errors
    /// The store's.
    pub async fn policy(&self, _: &Administrator, scope: Scope) -> Result<Option<PolicyRecord>> {
        self.store
            .look(move |connection| policies::get(connection, &scope))
            .await
    }

    /// A page of the devices that stop working, the earliest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn stopping_devices(
        &self,
        _: &Administrator,
        after: Option<(Timestamp, DeviceId)>,
        limit: i64,
    ) -> Result<Vec<StoppingSummary>> {
        self.store
            .read(move |connection| judgements::page(connection, after, limit))
            .await
    }
}
