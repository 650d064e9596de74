//! `keyward mail`

mod list;
mod retry;
mod test;

use clap::Subcommand;

use super::context::Context;
use keyward_core::problem::Result;

/// Mail.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// List what waits in the outbox or was given up, newest first
    List(list::List),
    /// Try everything that waits again at once
    Retry,
    /// Send a test mail now, without the outbox
    Test(test::Test),
}

impl MailCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::Retry => retry::run(context).await,
            Self::Test(test) => test.run(context).await,
        }
    }
}
