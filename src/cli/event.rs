//! `keyward event`

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use crate::lists::Events;
use keyward_core::problem::Result;

/// The audit trail.
#[derive(Debug, Subcommand)]
pub enum EventCommand {
    /// List what happened, the newest first
    List(List<Events>),
}

impl EventCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
        }
    }
}
