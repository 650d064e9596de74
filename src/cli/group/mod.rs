//! `keyward group`

mod change;
mod members;

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use crate::lists::Groups;
use keyward_core::problem::Result;

/// Groups of people, which policies speak of.
#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// Add a group
    Add(change::Name),
    /// List the groups with the numbers of their members
    List(List<Groups>),
    /// Show or change who belongs to a group
    Members(members::Members),
    /// Remove a group, with its policy; its members stay users
    Remove(change::Existing),
}

impl GroupCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Add(name) => change::add(name, context).await,
            Self::List(list) => list.run(context).await,
            Self::Members(members) => members.run(context).await,
            Self::Remove(name) => change::remove(name, context).await,
        }
    }
}
