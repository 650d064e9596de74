//! `keyward group add` and `keyward group remove`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::user::{parse_existing_group, parse_group};
use keyward_actions::group;
use keyward_actions::policy;
use keyward_core::domain::group::GroupName;
use keyward_core::problem::Result;

/// Arguments of `group add`.
#[derive(Debug, Args)]
pub struct Name {
    /// Its name
    #[arg(value_parser = parse_group)]
    name: GroupName,
}

/// Arguments of `group remove`.
#[derive(Debug, Args)]
pub struct Existing {
    /// Its name
    #[arg(value_parser = parse_existing_group)]
    name: GroupName,
}

pub(super) async fn add(group: Name, context: &Context) -> Result<()> {
    let app = context.open().await?;
    let name = group.name.as_str().to_owned();
    group::create(&app, &context.administrator, group.name).await?;
    context.output.say(&format!("{name} was added"))
}

pub(super) async fn remove(group: Existing, context: &Context) -> Result<()> {
    let app = context.open().await?;
    let name = group.name.as_str().to_owned();
    group::remove(&app, &context.administrator, group.name).await?;
    policy::judge_again(&app).await?;
    context.output.say(&format!("{name} was removed"))
}
