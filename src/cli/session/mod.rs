//! `keyward session`

mod end;

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use crate::lists::Sessions;
use keyward_core::problem::Result;

/// Sessions.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// List open sessions, newest first
    List(List<Sessions>),
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
