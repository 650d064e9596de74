//! `keyward validation`, and its `service`

mod add;
mod remove;
mod test;

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use super::validation_client::{ClientCommand, KeyCommand};
use crate::lists::ValidationServices;
use keyward_core::problem::Result;

/// Verification of YubiKeys' one-time passwords.
#[derive(Debug, Subcommand)]
pub enum ValidationCommand {
    /// Services that we ask
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Clients that ask us
    #[command(subcommand)]
    Client(ClientCommand),
    /// Keys whose secrets are held here
    #[command(subcommand)]
    Key(KeyCommand),
}

/// Services that we ask.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Add a service
    Add(add::Add),
    /// List the services in the order in which they are asked
    List(List<ValidationServices>),
    /// Ask every server of a service about one touch, which is read from standard input
    Test(test::Test),
    /// Remove a service
    Remove(remove::Remove),
}

impl ValidationCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Service(command) => command.run(context).await,
            Self::Client(command) => command.run(context).await,
            Self::Key(command) => command.run(context).await,
        }
    }
}

impl ServiceCommand {
    async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::List(list) => list.run(context).await,
            Self::Test(test) => test.run(context).await,
            Self::Remove(remove) => remove.run(context).await,
        }
    }
}
