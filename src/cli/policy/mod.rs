//! `keyward policy`

mod affected;
mod dry_run;
mod rule_options;
mod set;
mod show;
mod switch;

use clap::{Args, Subcommand};

use super::context::Context;
use super::list::List;
use crate::lists::Policies;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::policy::Scope;
use keyward_core::problem::Result;

/// What the organisation asks of people's devices.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List the policies
    List(List<Policies>),
    /// Show the policies, or what holds for one person
    Show(show::Show),
    /// Prepare a policy: keep its rules as a draft, which changes nothing for anybody
    Set(Box<set::Set>),
    /// Say what a draft would do, and to whom
    DryRun(dry_run::DryRun),
    /// Put a draft in force
    SwitchOn(switch::On),
    /// Forget a draft
    Discard(switch::Which),
    /// Take a policy back, with its draft
    Remove(switch::Which),
    /// List the devices that stop working, and until when they work
    Affected(affected::Listed),
}

impl PolicyCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::Show(show) => show.run(context).await,
            Self::Set(set) => set.run(context).await,
            Self::DryRun(run) => run.run(context).await,
            Self::SwitchOn(on) => switch::on(on, context).await,
            Self::Discard(which) => switch::discard(which, context).await,
            Self::Remove(which) => switch::remove(which, context).await,
            Self::Affected(listed) => listed.run(context).await,
        }
    }
}

/// OwnerFilter policy a command speaks of.
#[derive(Clone, Debug, Args)]
pub struct ScopeArgs {
    /// The group whose policy it is; everybody's without one
    #[arg(long, value_name = "GROUP", value_parser = super::user::parse_existing_group)]
    group: Option<GroupName>,
}

impl ScopeArgs {
    fn scope(&self) -> Scope {
        self.group.clone().map_or(Scope::Everybody, Scope::Group)
    }

    fn name(&self) -> String {
        named(&self.scope())
    }
}

/// A scope for people.
fn named(scope: &Scope) -> String {
    match scope.group() {
        None => "everybody".to_owned(),
        Some(group) => format!("group {}", group.as_str()),
    }
}
