//! `keyward metadata status`

use serde::Serialize;

use crate::cli::context::Context;
use keyward_actions::metadata;
use keyward_core::domain::model::MetadataEdition;
use keyward_core::problem::Result;

#[derive(Serialize)]
pub(super) struct Edition {
    pub serial: i64,
    pub models: i64,
    pub next_update: String,
    pub imported_at: String,
    pub digest: String,
}

impl From<&MetadataEdition> for Edition {
    fn from(edition: &MetadataEdition) -> Self {
        Self {
            serial: edition.serial,
            models: edition.models,
            next_update: edition.next_update.rfc3339(),
            imported_at: edition.imported_at.rfc3339(),
            digest: edition.digest.clone(),
        }
    }
}

pub(super) async fn run(context: &Context) -> Result<()> {
    let app = context.open().await?;
    let edition = metadata::edition(&app, &context.administrator).await?;
    let overdue = edition
        .as_ref()
        .is_some_and(|one| one.is_overdue(app.now()));
    let shown = edition.as_ref().map(Edition::from);
    context.output.show(&shown, |shown| match shown {
        None => "There is no metadata".to_owned(),
        Some(edition) => format!(
            "no. {}, {} models, imported {}, next edition due {}{}",
            edition.serial,
            edition.models,
            edition.imported_at,
            edition.next_update,
            if overdue { " (overdue)" } else { "" }
        ),
    })
}
