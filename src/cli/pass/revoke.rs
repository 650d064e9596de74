//! `keyward pass revoke`

use clap::Args;

use crate::cli::context::Context;
use keyward_core::problem::Result;

/// Arguments of `pass revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// Whose
    name: String,
}

impl Revoke {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let keyward = context.open().await?;
        let user = context.user(&keyward, &self.name).await?;
        keyward.revoke_pass(&context.administrator, user.id).await?;
        context
            .output
            .say(&format!("the pass of {} was revoked", user.name))
    }
}
