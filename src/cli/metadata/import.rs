//! `keyward metadata import` and `keyward metadata update`

use std::path::PathBuf;

use clap::Args;

use super::status::Edition;
use crate::actions::metadata::Import as Outcome;
use crate::cli::context::Context;
use crate::problem::{Problem, Result, codes};

/// Arguments of `metadata import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The blob, as the FIDO Alliance publishes it
    file: PathBuf,
}

impl Import {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let blob = std::fs::read(&self.file).map_err(|error| {
            Problem::new(codes::COMMAND_INPUT)
                .detailed(format!("{} cannot be read", self.file.display()))
                .caused_by(error)
        })?;
        let keyward = context.open().await?;
        let outcome = keyward
            .import_metadata(&context.administrator, blob)
            .await?;
        keyward.judge_again().await?;
        tell(context, outcome)
    }
}

pub(super) async fn update(context: &Context) -> Result<()> {
    let keyward = context.open().await?;
    let outcome = keyward.update_metadata(&context.administrator).await?;
    keyward.judge_again().await?;
    tell(context, outcome)
}

fn tell(context: &Context, outcome: Outcome) -> Result<()> {
    let (edition, what) = match &outcome {
        Outcome::Imported(edition) => (edition, "was taken into use"),
        Outcome::Unchanged(edition) => (edition, "was in use already"),
    };
    context.output.show(&Edition::from(edition), |shown| {
        format!(
            "Metadata no. {} with {} models {what}",
            shown.serial, shown.models
        )
    })
}
