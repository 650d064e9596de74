//! `keyward application`

mod change;
mod explain;
mod show;

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use crate::lists::Applications;
use keyward_core::domain::application::{HostPattern, Rule};
use keyward_core::problem::Result;

/// Applications behind a proxy that asks us who may pass.
#[derive(Debug, Subcommand)]
pub enum ApplicationCommand {
    /// Add an application
    Add(change::Add),
    /// List the applications
    List(List<Applications>),
    /// Show one with its hosts and rules
    Show(show::Show),
    /// Change one: what is named replaces what was
    Change(change::Change),
    /// Remove one; its hosts are open to nobody then
    Remove(change::Remove),
    /// Say what would happen if a user asked for an address, and by which rule
    Explain(explain::Explain),
}

impl ApplicationCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::List(list) => list.run(context).await,
            Self::Show(show) => show.run(context).await,
            Self::Change(change) => change.run(context).await,
            Self::Remove(remove) => remove.run(context).await,
            Self::Explain(explain) => explain.run(context).await,
        }
    }
}

fn parse_host(text: &str) -> std::result::Result<HostPattern, String> {
    HostPattern::parse(text).map_err(|problem| problem.detail().unwrap_or_default().to_owned())
}

fn parse_rule(text: &str) -> std::result::Result<Rule, String> {
    let rule: Result<Rule> = text.parse();
    rule.map_err(|problem| problem.detail().unwrap_or_default().to_owned())
}
