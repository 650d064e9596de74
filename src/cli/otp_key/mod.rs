//! `keyward key`

mod export;
mod generate;

use clap::Subcommand;

use super::context::Context;
use keyward_core::problem::Result;

/// Hardware keys, and the secrets of their OTP slots.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Write held keys, their counters or their secrets in the formats of the reference servers
    Export(export::Export),
    /// Make new secrets for keys, in a file to program them from, and hold them here
    Generate(generate::Generate),
}

impl KeyCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Export(export) => export.run(context).await,
            Self::Generate(generate) => generate.run(context).await,
        }
    }
}
