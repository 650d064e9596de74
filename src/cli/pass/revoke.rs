//! `keyward pass revoke`

use clap::Args;

use crate::cli::context::Context;
use keyward_actions::pass;
use keyward_core::problem::Result;

/// Arguments of `pass revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// Whose
    name: String,
}

impl Revoke {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let user = context.user(&app, &self.name).await?;
        pass::revoke(&app, &context.administrator.helps(), user.id).await?;
        context
            .output
            .say(&format!("the pass of {} was revoked", user.name))
    }
}
