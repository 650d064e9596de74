//! `keyward validation client`

mod add;
mod change;
mod switch;

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use crate::lists::ValidationClients;
use keyward_core::domain::validation_client::ValidationClientId;
use keyward_core::problem::Result;

pub(super) use add::parse_network;

/// Clients that ask us.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Add a client and print its number and its key, which is not shown again
    Add(add::Add),
    /// List the clients, revoked ones too
    List(List<ValidationClients>),
    /// Change what is said of a client; its key stays
    Change(change::Change),
    /// Refuse a client from its next request on
    Revoke(switch::Switch),
    /// Answer a revoked client again, with the key that it has
    Restore(switch::Switch),
}

impl ClientCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::List(list) => list.run(context).await,
            Self::Change(change) => change.run(context).await,
            Self::Revoke(switch) => switch.run(context, false).await,
            Self::Restore(switch) => switch.run(context, true).await,
        }
    }
}

fn parse_id(text: &str) -> std::result::Result<ValidationClientId, String> {
    ValidationClientId::parse(text).ok_or_else(|| "not a number above zero".to_owned())
}
