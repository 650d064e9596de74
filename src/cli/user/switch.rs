//! `keyward user enable`, `disable` and `unlock`

use clap::Args;

use crate::cli::context::Context;
use keyward_actions::lockout;
use keyward_actions::user;
use keyward_core::problem::Result;

/// One user's name.
#[derive(Debug, Args)]
pub struct Name {
    /// Who
    pub name: String,
}

pub(super) async fn enable(Name { name }: Name, context: &Context) -> Result<()> {
    let app = context.open().await?;
    let user = context.user(&app, &name).await?;
    user::enable(&app, &context.administrator, user.id).await?;
    context.output.say(&format!("{} may sign in", user.name))
}

pub(super) async fn disable(Name { name }: Name, context: &Context) -> Result<()> {
    let app = context.open().await?;
    let user = context.user(&app, &name).await?;
    user::disable(&app, &context.administrator, user.id).await?;
    context
        .output
        .say(&format!("{} may not sign in any more", user.name))
}

pub(super) async fn unlock(Name { name }: Name, context: &Context) -> Result<()> {
    let app = context.open().await?;
    let user = context.user(&app, &name).await?;
    lockout::unlock_user(&app, &context.administrator, user.id).await?;
    context
        .output
        .say(&format!("{} is not locked out", user.name))
}
