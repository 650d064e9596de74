//! `keyward passwords`

mod index;

use clap::Subcommand;

use super::context::Context;
use keyward_core::problem::Result;

/// Passwords that leaked.
#[derive(Debug, Subcommand)]
pub enum PasswordsCommand {
    /// Make a filter, for `passwords.breached`, of a published list of leaked passwords
    Index(index::Index),
}

impl PasswordsCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Index(index) => index.run(context).await,
        }
    }
}
