//! `keyward webhook remove`

use clap::Args;

use crate::cli::context::Context;
use keyward_actions::webhook;
use keyward_core::problem::Result;

/// Arguments of `webhook remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// Which
    name: String,
}

impl Remove {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let found = webhook::find_by_name(&app, &context.administrator, &self.name).await?;
        webhook::remove(&app, &context.administrator, found.id).await?;
        context
            .output
            .say(&format!("{} was removed", found.settings.name))
    }
}
