//! `keyward token revoke`

use clap::Args;

use crate::cli::context::Context;
use keyward_actions::api_token;
use keyward_core::problem::Result;

/// Arguments of `token revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// What it is called
    name: String,
}

impl Revoke {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let found = api_token::find_by_name(&app, administrator, &self.name).await?;
        let token = api_token::revoke(&app, administrator, found.token.id).await?;
        let name = token.plan.name;
        context.output.say(&format!("token {name} was revoked"))
    }
}
