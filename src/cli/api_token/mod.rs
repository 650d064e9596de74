//! `keyward token`

mod add;
mod revoke;

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use crate::lists::ApiTokens;
use keyward_core::problem::Result;

/// Tokens by which other programs call the API.
#[derive(Debug, Subcommand)]
pub enum ApiTokenCommand {
    /// Make a token and print its secret, which is not shown again
    Add(add::Add),
    /// List the tokens, those that are over too
    List(List<ApiTokens>),
    /// Revoke a token from its next use on
    Revoke(revoke::Revoke),
}

impl ApiTokenCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::List(list) => list.run(context).await,
            Self::Revoke(revoke) => revoke.run(context).await,
        }
    }
}
