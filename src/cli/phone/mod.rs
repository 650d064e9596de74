//! `keyward phone`

mod status;
mod switch;

use clap::Subcommand;

use super::context::Context;
use keyward_core::problem::Result;

/// Text messages and calls that carry codes.
#[derive(Debug, Subcommand)]
pub enum PhoneCommand {
    /// Show what was sent within a day, and whether it is stopped
    Status(status::Status),
    /// Send nothing to phones any more, from the next code on
    Stop(switch::Stop),
    /// Send codes to phones again, and count anew
    Start(switch::Start),
}

impl PhoneCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Status(status) => status.run(context).await,
            Self::Stop(stop) => stop.run(context).await,
            Self::Start(start) => start.run(context).await,
        }
    }
}
