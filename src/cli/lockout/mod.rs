//! `keyward lockout`

mod clear;
mod list;

use clap::Subcommand;

use super::context::Context;
use keyward_core::problem::Result;

/// Failed tries, and the locks that follow from them.
#[derive(Debug, Subcommand)]
pub enum LockoutCommand {
    /// List what failed tries are counted on, the most recent first
    List(list::List),
    /// Forget failed tries and locks; all of them unless told otherwise
    Clear(clear::Clear),
}

impl LockoutCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::Clear(clear) => clear.run(context).await,
        }
    }
}
