//! Looking at policies and at what they do.

use crate::App;
use keyward_core::clock::Timestamp;
use keyward_core::domain::count::Count;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::model::MetadataEdition;
use keyward_core::domain::policy::{JudgementProgress, PolicyRecord, Scope, StoppingSummary};
use keyward_core::flows::permit::{MayAudit, MayLookUp};
use keyward_core::problem::Result;
use keyward_store::judgements;
use keyward_store::judging;
use keyward_store::metadata;
use keyward_store::policies;

/// All policies, and what they do now.
#[derive(Debug)]
pub struct PolicyOverview {
    /// The policies, everybody's first.
    pub policies: Vec<PolicyRecord>,
    /// How many devices stop working, or have stopped.
    pub stopping: Count,
    /// What is still being judged after a change.
    pub judging: Vec<JudgementProgress>,
    /// Which metadata is in use.
    pub metadata: Option<MetadataEdition>,
}

/// All policies.
///
/// # Errors
/// The store's.
pub async fn list(app: &App, _: &MayAudit) -> Result<PolicyOverview> {
    app.store
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
pub async fn find(app: &App, _: &MayAudit, scope: Scope) -> Result<Option<PolicyRecord>> {
    app.store
        .look(move |connection| policies::get(connection, &scope))
        .await
}

/// A page of the devices that stop working, the earliest first.
///
/// # Errors
/// The store's.
pub async fn stopping_devices(
    app: &App,
    _: &MayLookUp,
    after: Option<(Timestamp, DeviceId)>,
    limit: i64,
) -> Result<Vec<StoppingSummary>> {
    app.store
        .read(move |connection| judgements::page(connection, after, limit))
        .await
}
