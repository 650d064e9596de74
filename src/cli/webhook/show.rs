//! `keyward webhook show`

use clap::Args;

use super::list::Row;
use crate::cli::context::Context;
use keyward_actions::webhook;
use keyward_core::problem::Result;

/// Arguments of `webhook show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Which
    name: String,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let found = webhook::find_by_name(&app, &context.administrator, &self.name).await?;
        context.output.show(&Row::from(&found), Row::lines)
    }
}
