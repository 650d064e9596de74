//! `keyward metadata show`

use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use crate::cli::context::Context;
use keyward_actions::metadata::{self, ModelDetails};
use keyward_core::clock::Timestamp;
use keyward_core::domain::model::RegistryValue;
use keyward_core::problem::Result;

/// Arguments of `metadata show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The model's id, with or without hyphens
    aaguid: Uuid,
}

#[derive(Serialize)]
struct Shown {
    aaguid: String,
    name: String,
    source: &'static str,
    certification: Option<&'static str>,
    statuses: Vec<String>,
    key_protection: Vec<String>,
    user_verification: Vec<String>,
    entry: Option<serde_json::Value>,
}

fn names<'a>(words: impl IntoIterator<Item = &'a RegistryValue>) -> Vec<String> {
    words.into_iter().map(ToString::to_string).collect()
}

impl Shown {
    fn new(aaguid: Uuid, shown: ModelDetails, now: Timestamp) -> Self {
        let (model, entry) = match shown.metadata {
            Some((model, entry)) => (Some(model), Some(entry)),
            None => (None, None),
        };
        let model = model.as_ref();
        let certification = model.and_then(|model| model.certification(now));
        Self {
            aaguid: aaguid.hyphenated().to_string(),
            name: shown.name,
            source: if model.is_some() {
                "metadata"
            } else {
                "built-in"
            },
            certification: certification
                .map(keyward_core::domain::model::CertificationLevel::as_str),
            statuses: model.map_or_else(Vec::new, |model| names(model.statuses(now))),
            key_protection: model.map_or_else(Vec::new, |model| names(&model.key_protection)),
            user_verification: model.map_or_else(Vec::new, |model| names(&model.user_verification)),
            entry,
        }
    }

    fn lines(&self) -> String {
        let or_none = |words: &[String]| match words {
            [] => "unknown".to_owned(),
            words => words.join(", "),
        };
        [
            format!("{}  {}", self.aaguid, self.name),
            format!("source: {}", self.source),
            format!("certification: {}", self.certification.unwrap_or("none")),
            format!("statuses: {}", or_none(&self.statuses)),
            format!("key protection: {}", or_none(&self.key_protection)),
            format!("user verification: {}", or_none(&self.user_verification)),
        ]
        .join("\n")
    }
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let shown = metadata::model(&app, &context.administrator, self.aaguid).await?;
        let shown = Shown::new(self.aaguid, shown, app.now());
        context.output.show(&shown, Shown::lines)
    }
}
