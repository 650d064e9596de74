//! `keyward session`

mod end;
mod list;

use clap::Subcommand;

use super::context::Context;
use keyward_core::problem::Result;

/// Sessions.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// List open sessions, newest first
    List(list::List),
    /// End sessions
    End(end::End),
}

impl SessionCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::End(end) => end.run(context).await,
        }
    }
}
