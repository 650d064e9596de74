//! `keyward openid-key`

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::context::Context;
use super::output::table;
use keyward_actions::openid_key::{self, Retired, due_at};
use keyward_core::clock::Timestamp;
use keyward_core::domain::json_web_key::SigningAlgorithm;
use keyward_core::problem::Result;

/// Keys that sign tokens.
#[derive(Debug, Subcommand)]
pub enum OpenidKeyCommand {
    /// List the keys that sign, that will sign next, and whose tokens are verified still
    List,
    /// Let the next key sign from now on, and make one that will be next after it
    Rotate(Rotate),
}

/// Arguments of `openid-key rotate`.
#[derive(Debug, Args)]
pub struct Rotate {
    /// Those of this algorithm alone; all that are offered where none is named
    #[arg(long, value_name = "ALGORITHM", value_parser = PossibleValuesParser::new(SigningAlgorithm::ALL.map(SigningAlgorithm::as_str)))]
    algorithm: Option<String>,
    /// Refuse from now on what the key before signed: somebody else may have it
    #[arg(long)]
    at_once: bool,
}

#[derive(Serialize)]
struct Row {
    kid: String,
    algorithm: &'static str,
    state: &'static str,
    created_at: String,
    activated_at: Option<String>,
    rotates_at: Option<String>,
    expires_at: Option<String>,
}

impl OpenidKeyCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List => list(context).await,
            Self::Rotate(rotate) => rotate.run(context).await,
        }
    }
}

async fn list(context: &Context) -> Result<()> {
    let app = context.open().await?;
    let keys = openid_key::list(&app, &context.administrator).await?;
    let rows: Vec<Row> = keys
        .iter()
        .map(|key| Row {
            kid: key.kid.clone(),
            algorithm: key.algorithm.as_str(),
            state: key.state.as_str(),
            created_at: key.created_at.rfc3339(),
            activated_at: key.activated_at.map(Timestamp::rfc3339),
            rotates_at: due_at(&app, key).map(Timestamp::rfc3339),
            expires_at: key.expires_at.map(Timestamp::rfc3339),
        })
        .collect();
    context.output.show(&rows, |rows| {
        let heading = [
            "key",
            "algorithm",
            "state",
            "signs since",
            "rotates",
            "verified until",
        ];
        let or = |moment: &Option<String>| moment.clone().unwrap_or_else(|| "-".to_owned());
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                vec![
                    row.kid.clone(),
                    row.algorithm.to_owned(),
                    row.state.to_owned(),
                    or(&row.activated_at),
                    or(&row.rotates_at),
                    or(&row.expires_at),
                ]
            })
            .collect();
        table(&heading, &cells)
    })
}

impl Rotate {
    async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let named = self.algorithm.as_deref().and_then(SigningAlgorithm::parse);
        let algorithms = match named {
            Some(algorithm) => vec![algorithm],
            None => app.settings().openid.algorithms.clone(),
        };
        let retired = match self.at_once {
            true => Retired::Refused,
            false => Retired::Verifies,
        };
        let mut rotated = Vec::new();
        for algorithm in algorithms {
            let by = &context.administrator;
            let kid = openid_key::rotate(&app, by, algorithm, retired).await?;
            rotated.push(json!({ "algorithm": algorithm.as_str(), "kid": kid }));
        }
        context.output.show(&rotated, |rotated| {
            let said = |field: &serde_json::Value| field.as_str().unwrap_or_default().to_owned();
            let lines: Vec<String> = rotated
                .iter()
                .map(|one| {
                    let (algorithm, kid) = (one.get("algorithm"), one.get("kid"));
                    let [algorithm, kid] =
                        [algorithm, kid].map(|field| field.map(said).unwrap_or_default());
                    format!("{algorithm}: {kid} signs now")
                })
                .collect();
            lines.join("\n")
        })
    }
}
