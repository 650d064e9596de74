//! `keyward validation`, and its `service`

mod add;
mod remove;
mod test;

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use super::otp_key::OtpKeyCommand;
use super::validation_client::ClientCommand;
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
    /// YubiKeys whose secrets are held here
    #[command(subcommand)]
    OtpKey(OtpKeyCommand),
    /// Now `otp-key`
    #[command(subcommand, name = "key", hide = true)]
    Former(OtpKeyCommand),
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
            Self::OtpKey(command) => command.run(context).await,
            Self::Former(command) => command.run_as_former(context).await,
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
