//! `keyward pass`

mod issue;
mod revoke;

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use crate::lists::Passes;
use keyward_core::problem::Result;

/// Temporary access passes.
#[derive(Debug, Subcommand)]
pub enum PassCommand {
    /// Issue a pass, which is printed this once; the one before ends
    Issue(issue::Issue),
    /// Take a pass back, and end the sessions that it opened
    Revoke(revoke::Revoke),
    /// List the passes that work
    List(List<Passes>),
}

impl PassCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Issue(issue) => issue.run(context).await,
            Self::Revoke(revoke) => revoke.run(context).await,
            Self::List(list) => list.run(context).await,
        }
    }
}
