//! `keyward lockout`

mod clear;

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use crate::lists::Lockouts;
use keyward_core::problem::Result;

/// Failed tries, and the locks that follow from them.
#[derive(Debug, Subcommand)]
pub enum LockoutCommand {
    /// List what failed tries are counted on, in the order of the scopes
    List(List<Lockouts>),
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
