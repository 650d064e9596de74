//! `keyward metadata import` and `keyward metadata update`

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::status::Edition;
use crate::cli::context::Context;
use keyward_actions::metadata::{self, Import as Outcome};
use keyward_actions::policy;
use keyward_core::problem::{Problem, Result, codes};

/// Arguments of `metadata import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The blob, as the FIDO Alliance publishes it
    file: PathBuf,
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    edition: Edition,
    /// What of the blob could not be read.
    skipped: Vec<String>,
}

impl Import {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let blob = std::fs::read(&self.file).map_err(|error| {
            Problem::new(codes::COMMAND_INPUT)
                .detailed(format!("{} cannot be read", self.file.display()))
                .caused_by(error)
        })?;
        let app = context.open().await?;
        let outcome = metadata::import(&app, &context.administrator, blob).await?;
        policy::judge_again(&app).await?;
        tell(context, outcome)
    }
}

pub(super) async fn update(context: &Context) -> Result<()> {
    let app = context.open().await?;
    let outcome = metadata::update(&app, &context.administrator).await?;
    policy::judge_again(&app).await?;
    tell(context, outcome)
}

fn tell(context: &Context, outcome: Outcome) -> Result<()> {
    let (edition, skipped, what) = match &outcome {
        Outcome::Imported(edition, skipped) => (edition, skipped.as_slice(), "was taken into use"),
        Outcome::Unchanged(edition) => (edition, &[][..], "was in use already"),
    };
    let told = Report {
        edition: Edition::from(edition),
        skipped: skipped.iter().map(ToString::to_string).collect(),
    };
    context.output.show(&told, |shown| {
        let Edition { serial, models, .. } = shown.edition;
        let first = format!("Metadata no. {serial} with {models} models {what}");
        let skipped = shown.skipped.iter().map(|one| format!("skipped {one}"));
        let lines: Vec<String> = std::iter::once(first).chain(skipped).collect();
        lines.join("\n")
    })
}
