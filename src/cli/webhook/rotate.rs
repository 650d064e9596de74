//! `keyward webhook rotate`

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use keyward_actions::webhook;
use keyward_core::problem::Result;

/// Arguments of `webhook rotate`.
#[derive(Debug, Args)]
pub struct Rotate {
    /// Which
    name: String,
}

impl Rotate {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let found = webhook::find_by_name(&app, &context.administrator, &self.name).await?;
        let (secret, until) = webhook::rotate(&app, &context.administrator, found.id).await?;
        let (secret, until) = (secret.expose(), until.rfc3339());
        let shown = json!({ "secret": secret.as_str(), "former_secret_until": until });
        context.output.show(&shown, |_| {
            format!(
                "the new secret is shown this once; the one before signs too until {until}\n{}",
                secret.as_str()
            )
        })
    }
}
