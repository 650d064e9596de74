//! `keyward validation service remove`

use clap::Args;

use crate::cli::context::Context;
use keyward_actions::validation_service;
use keyward_core::problem::{Problem, Result, codes};

/// Arguments of `validation service remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// Which
    name: String,
}

impl Remove {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let service = validation_service::find_by_name(&app, &self.name).await?;
        let id = service.id.ok_or_else(|| {
            Problem::new(codes::SERVICE_INVALID)
                .detailed("it stands in the settings; remove it there")
        })?;
        validation_service::remove(&app, &context.administrator, id).await?;
        context
            .output
            .say(&format!("{} was removed", service.settings.name))
    }
}
