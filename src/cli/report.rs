//! `keyward report`

use clap::Subcommand;
use serde::Serialize;

use super::context::Context;
use super::list::List;
use crate::lists::{CoverageReport, FirmwareReport};
use keyward_actions::report;
use keyward_core::problem::Result;

/// Numbers of people and of keys.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// How many people have which devices, day by day
    People(List<CoverageReport>),
    /// How many keys there are of which firmware, and what was published about it
    Keys(List<FirmwareReport>),
    /// Count people now, in place of what was counted today
    Count,
}

#[derive(Serialize)]
struct Counted {
    users: u64,
}

impl ReportCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::People(list) => list.run(context).await,
            Self::Keys(list) => list.run(context).await,
            Self::Count => {
                let app = context.open().await?;
                let coverage = report::count_now(&app, &context.administrator).await?;
                let counted = Counted {
                    users: coverage.users,
                };
                context
                    .output
                    .show(&counted, |counted| format!("{} users", counted.users))
            }
        }
    }
}
