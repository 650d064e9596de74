//! `keyward key close-found-report`

use clap::Args;

use crate::cli::context::Context;
use keyward_actions::key;
use keyward_core::domain::key::FoundReportId;
use keyward_core::problem::{Result, codes};

/// Arguments of `key close-found-report`.
#[derive(Debug, Args)]
pub struct CloseFoundReport {
    /// The report, by the id that `key found-reports` lists
    id: String,
}

impl CloseFoundReport {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let id = FoundReportId::parse(&self.id).ok_or(codes::KEY_REPORT_CLOSED)?;
        key::close_found_report(&app, &context.administrator.helps(), id).await?;
        context.output.say("the report is closed")
    }
}
