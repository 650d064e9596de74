//! `keyward validation service`

mod add;
mod list;
mod remove;
mod test;

use clap::Subcommand;

use super::context::Context;
use crate::problem::Result;

/// Verification of YubiKeys' one-time passwords.
#[derive(Debug, Subcommand)]
pub enum ValidationCommand {
    /// Services that we ask
    #[command(subcommand)]
    Service(ServiceCommand),
}

/// Services that we ask.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Add a service
    Add(add::Add),
    /// List the services in the order in which they are asked
    List,
    /// Ask every server of a service about one touch, which is read from standard input
    Test(test::Test),
    /// Remove a service
    Remove(remove::Remove),
}

impl ValidationCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let Self::Service(command) = self;
        match command {
            ServiceCommand::Add(add) => add.run(context).await,
            ServiceCommand::List => list::run(context).await,
            ServiceCommand::Test(test) => test.run(context).await,
            ServiceCommand::Remove(remove) => remove.run(context).await,
        }
    }
}
