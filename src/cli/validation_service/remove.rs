//! `keyward validation service remove`

use clap::Args;

use crate::cli::context::Context;
use keyward_core::problem::{Problem, Result, codes};

/// Arguments of `validation service remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// Which
    name: String,
}

impl Remove {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let keyward = context.open().await?;
        let service = keyward.validation_service_by_name(&self.name).await?;
        let id = service.id.ok_or_else(|| {
            Problem::new(codes::SERVICE_INVALID)
                .detailed("it stands in the settings; remove it there")
        })?;
        keyward
            .remove_validation_service(&context.administrator, id)
            .await?;
        context
            .output
            .say(&format!("{} was removed", service.settings.name))
    }
}
