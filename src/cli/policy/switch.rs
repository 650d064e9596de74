//! `keyward policy switch-on`, `discard` and `remove`

use clap::Args;

use super::ScopeArgs;
use crate::cli::context::Context;
use keyward_actions::policy::{self, Announcement};
use keyward_core::problem::{Result, codes};

/// Arguments of the commands that name a policy alone.
#[derive(Debug, Args)]
pub struct Which {
    #[command(flatten)]
    whose: ScopeArgs,
}

/// Arguments of `policy switch-on`.
#[derive(Debug, Args)]
pub struct On {
    #[command(flatten)]
    which: Which,
    /// Tell nobody by mail what it asks of them
    #[arg(long)]
    no_mail: bool,
}

pub(super) async fn on(on: On, context: &Context) -> Result<()> {
    let which = on.which;
    let announcement = match on.no_mail {
        true => Announcement::None,
        false => Announcement::ByMail,
    };
    let app = context.open().await?;
    let administrator = &context.administrator;
    let scope = which.whose.scope();
    let record = policy::find(&app, administrator, scope.clone()).await?;
    let version = record.ok_or(codes::POLICY_NO_DRAFT)?.version;
    policy::switch_on_and_tell(&app, administrator, scope, version, announcement).await?;
    policy::judge_again(&app).await?;
    let overview = policy::list(&app, administrator).await?;
    context.output.say(&format!(
        "The policy for {} is in force; {}{} devices stop working",
        which.whose.name(),
        if overview.stopping.is_more {
            "more than "
        } else {
            ""
        },
        overview.stopping.number
    ))
}

pub(super) async fn discard(which: Which, context: &Context) -> Result<()> {
    let app = context.open().await?;
    policy::discard_draft(&app, &context.administrator, which.whose.scope()).await?;
    let name = which.whose.name();
    context
        .output
        .say(&format!("The draft of the policy for {name} was forgotten"))
}

pub(super) async fn remove(which: Which, context: &Context) -> Result<()> {
    let app = context.open().await?;
    policy::remove(&app, &context.administrator, which.whose.scope()).await?;
    policy::judge_again(&app).await?;
    let name = which.whose.name();
    context
        .output
        .say(&format!("The policy for {name} was taken back"))
}
