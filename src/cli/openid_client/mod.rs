//! `keyward client`

mod add;
mod options;
mod remove;
mod rotate;
mod set;
mod show;

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use crate::lists::OpenidClients;
use keyward_core::problem::Result;

/// Applications that people sign in to by OpenID Connect, and programs that ask for tokens.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Add a client; its secret is shown this once
    Add(Box<add::Add>),
    /// List the clients
    List(List<OpenidClients>),
    /// Show a client
    Show(show::Show),
    /// Change a client; what is named replaces what was, and what is not named stays
    Set(Box<set::Set>),
    /// Give a client a new secret, which is shown this once; the one before works for a day still
    Rotate(rotate::Rotate),
    /// Remove a client; nobody signs in to it any more, and its tokens are over
    Remove(remove::Remove),
}

impl ClientCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::List(list) => list.run(context).await,
            Self::Show(show) => show.run(context).await,
            Self::Set(set) => set.run(context).await,
            Self::Rotate(rotate) => rotate.run(context).await,
            Self::Remove(remove) => remove.run(context).await,
        }
    }
}
