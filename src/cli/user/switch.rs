//! `keyward user enable`, `disable` and `unlock`

use clap::Args;

use crate::cli::context::Context;
use keyward_core::problem::Result;

/// One user's name.
#[derive(Debug, Args)]
pub struct Name {
    /// Who
    pub name: String,
}

pub(super) async fn enable(Name { name }: Name, context: &Context) -> Result<()> {
    let keyward = context.open().await?;
    let user = context.user(&keyward, &name).await?;
    keyward.enable_user(&context.administrator, user.id).await?;
    context.output.say(&format!("{} may sign in", user.name))
}

pub(super) async fn disable(Name { name }: Name, context: &Context) -> Result<()> {
    let keyward = context.open().await?;
    let user = context.user(&keyward, &name).await?;
    keyward
        .disable_user(&context.administrator, user.id)
        .await?;
    context
        .output
        .say(&format!("{} may not sign in any more", user.name))
}

pub(super) async fn unlock(Name { name }: Name, context: &Context) -> Result<()> {
    let keyward = context.open().await?;
    let user = context.user(&keyward, &name).await?;
    keyward.unlock_user(&context.administrator, user.id).await?;
    context
        .output
        .say(&format!("{} is not locked out", user.name))
}
