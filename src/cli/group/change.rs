//! `keyward group add` and `keyward group remove`

use clap::Args;

use crate::cli::context::{Context, confirm};
use crate::cli::user::{parse_existing_group, parse_group};
use keyward_actions::{App, group, policy};
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
    /// Do not ask where rules of applications name it
    #[arg(long)]
    yes: bool,
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
    if !group.yes {
        ask_where_named(context, &app, &group.name).await?;
    }
    group::remove(&app, &context.administrator, group.name).await?;
    policy::judge_again(&app).await?;
    context.output.say(&format!("{name} was removed"))
}

/// Whom a rule named alone, it lets nobody in without: that is said before.
async fn ask_where_named(context: &Context, app: &App, name: &GroupName) -> Result<()> {
    let administrator = &context.administrator;
    let named = group::applications_of(app, administrator, name.clone()).await?;
    if named.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = named.iter().map(ToString::to_string).collect();
    confirm(&format!(
        "Remove {}? Rules of these applications name it, and one that names nobody else denies \
         everybody then: {}.",
        name.as_str(),
        names.join(", "),
    ))
}
