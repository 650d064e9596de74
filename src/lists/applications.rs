//! Applications.

use super::{Column, List, Page};
use crate::rows::ApplicationRow;
use keyward_actions::{App, application};
use keyward_core::domain::application::Application;
use keyward_core::flows::permit::MayAudit;
use keyward_core::problem::Result;

/// Applications behind a proxy that asks us who may pass.
#[derive(Debug, Default)]
pub struct Applications;

impl List for Applications {
    const PATH: &'static str = "/applications";
    const SAYS: &'static str = "Applications in the order of their names";
    const COLUMNS: &'static [Column] = &[
        Column::of("name"),
        Column::of("hosts"),
        Column::of("rules").counted(),
    ];
    type Row = ApplicationRow;
    type Item = Application;
    type Place = String;
    type By = MayAudit;

    async fn page(
        &self,
        app: &App,
        by: &MayAudit,
        after: Option<String>,
        size: usize,
    ) -> Result<Page<Application, String>> {
        let found = application::list(app, by).await?;
        // The id tells names apart that a page token could not.
        let of = |one: &Application| {
            let name = one.settings.name.as_str().to_lowercase();
            format!("{name} {}", one.id)
        };
        Ok(Page::of_few(found, after.as_ref(), size, of))
    }

    async fn rows(_: &App, _: &MayAudit, items: &[Application]) -> Result<Vec<ApplicationRow>> {
        Ok(items.iter().map(ApplicationRow::from).collect())
    }
}
