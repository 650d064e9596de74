//! `keyward policy switch-on`, `discard` and `remove`

use clap::Args;

use super::ScopeArgs;
use crate::cli::context::Context;
use keyward_actions::policy::Announcement;
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
    let keyward = context.open().await?;
    let administrator = &context.administrator;
    let scope = which.whose.scope();
    let record = keyward.policy(administrator, scope.clone()).await?;
    let version = record.ok_or(codes::POLICY_NO_DRAFT)?.version;
    keyward
        .switch_policy_on_and_tell(administrator, scope, version, announcement)
        .await?;
    keyward.judge_again().await?;
    let overview = keyward.policies(administrator).await?;
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
    let keyward = context.open().await?;
    keyward
        .discard_policy_draft(&context.administrator, which.whose.scope())
        .await?;
    let name = which.whose.name();
    context
        .output
        .say(&format!("The draft of the policy for {name} was forgotten"))
}

pub(super) async fn remove(which: Which, context: &Context) -> Result<()> {
    let keyward = context.open().await?;
    keyward
        .remove_policy(&context.administrator, which.whose.scope())
        .await?;
    keyward.judge_again().await?;
    let name = which.whose.name();
    context
        .output
        .say(&format!("The policy for {name} was taken back"))
}
