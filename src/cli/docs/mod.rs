//! `keyward docs`: the references under `docs/`, printed from the code that they describe.

mod commands;
mod errors;

use clap::Subcommand;

use super::output::Output;
use crate::web;
use keyward_core::problem::{Problem, Result};

/// Which reference.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Docs {
    /// Settings, as Markdown
    Settings,
    /// Commands, as Markdown
    Cli,
    /// Error codes, as Markdown
    Errors,
    /// The addresses for machines, as OpenAPI 3.1 in JSON
    Openapi,
}

impl Docs {
    /// The reference.
    ///
    /// # Errors
    /// `internal` where the document cannot be written as JSON.
    pub fn text(self) -> Result<String> {
        Ok(match self {
            Self::Settings => keyward_settings::reference(),
            Self::Cli => commands::reference(&super::tree()),
            Self::Errors => errors::reference(),
            Self::Openapi => {
                let document = web::openapi::document();
                let text = serde_json::to_string_pretty(&document).map_err(Problem::internal)?;
                text + "\n"
            }
        })
    }

    pub(super) fn run(self, output: &Output) -> Result<()> {
        output.say(&self.text()?)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_references_are_the_ones_that_are_checked_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        for (reference, command, file) in [
            (Docs::Settings, "settings", "settings.md"),
            (Docs::Cli, "cli", "cli.md"),
            (Docs::Errors, "errors", "errors.md"),
            (Docs::Openapi, "openapi", "openapi.json"),
        ] {
            let written = fs::read_to_string(folder.join(file)).unwrap_or_default();
            let printed = reference.text().expect("a reference");
            assert!(
                written == printed,
                "run: cargo run --all-features -- docs {command} > docs/{file}"
            );
        }
    }
}
