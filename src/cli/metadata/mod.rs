//! `keyward metadata`

mod import;
mod show;
mod status;

use clap::Subcommand;

use super::context::Context;
use keyward_core::problem::Result;

/// FIDO metadata about authenticator models.
#[derive(Debug, Subcommand)]
pub enum MetadataCommand {
    /// Verify a blob of the FIDO Metadata Service (MDS3) and take it into use
    Import(import::Import),
    /// Fetch the blob from the address in the settings, verify it and take it into use
    Update,
    /// Show which edition is in use
    Status,
    /// Show what is known of a model
    Show(show::Show),
}

impl MetadataCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Import(import) => import.run(context).await,
            Self::Update => import::update(context).await,
            Self::Status => status::run(context).await,
            Self::Show(show) => show.run(context).await,
        }
    }
}
