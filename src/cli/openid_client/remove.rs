//! `keyward client remove`

use clap::Args;

use crate::cli::context::{Context, confirm};
use keyward_actions::openid_client;
use keyward_core::problem::Result;

/// Arguments of `client remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// Its client id, or its name
    client: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Remove {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let found = openid_client::find_by_name(&app, administrator, &self.client).await?;
        let name = found.settings.name;
        let question =
            format!("Remove {name}? Nobody signs in to it any more, and its tokens are over.");
        if !self.yes {
            confirm(&question)?;
        }
        openid_client::remove(&app, administrator, found.id).await?;
        context.output.say(&format!("{name} was removed"))
    }
}
