//! `keyward validation client revoke` and `restore`

use clap::Args;

use super::parse_id;
use crate::cli::context::Context;
use keyward_actions::validation;
use keyward_core::domain::validation_client::ValidationClientId;
use keyward_core::problem::Result;

/// Arguments of `validation client revoke` and `restore`.
#[derive(Debug, Args)]
pub struct Switch {
    /// Its number
    #[arg(value_parser = parse_id)]
    id: ValidationClientId,
}

impl Switch {
    pub(super) async fn run(self, context: &Context, is_active: bool) -> Result<()> {
        let app = context.open().await?;
        validation::switch_client(&app, &context.administrator, self.id, is_active).await?;
        let done = if is_active { "restored" } else { "revoked" };
        context
            .output
            .say(&format!("client {} was {done}", self.id))
    }
}
