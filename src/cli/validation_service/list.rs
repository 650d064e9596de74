//! `keyward validation service list`

use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::output::table;
use keyward_actions::validation_service;
use keyward_core::domain::validation_service::ValidationService;
use keyward_core::problem::Result;

#[derive(Serialize)]
struct Row {
    id: Option<String>,
    name: String,
    urls: Vec<String>,
    client_id: u64,
    signed: bool,
    own_ca: bool,
    sl: Option<String>,
    timeout_ms: u128,
    enabled: bool,
}

impl From<&ValidationService> for Row {
    fn from(service: &ValidationService) -> Self {
        let settings = &service.settings;
        Self {
            id: service.id.map(|id| id.to_string()),
            name: settings.name.clone(),
            urls: settings.urls.iter().map(ToString::to_string).collect(),
            client_id: settings.client_id,
            signed: settings.api_key.is_some(),
            own_ca: settings.ca.is_some(),
            sl: settings.sync_level.map(|level| level.to_string()),
            timeout_ms: settings.timeout.as_millis(),
            enabled: settings.is_enabled,
        }
    }
}

pub(super) async fn run(context: &Context) -> Result<()> {
    let app = context.open().await?;
    let services = validation_service::list(&app).await?;
    let rows: Vec<Row> = services.iter().map(Row::from).collect();
    context.output.show(&rows, |rows| {
        let heading = ["name", "client", "signed", "enabled", "from", "servers"];
        let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
        table(&heading, &rows)
    })
}

fn cells(row: &Row) -> Vec<String> {
    let yes = |truth: bool| if truth { "yes" } else { "no" }.to_owned();
    let from = if row.id.is_some() {
        "database"
    } else {
        "settings"
    };
    vec![
        row.name.clone(),
        row.client_id.to_string(),
        yes(row.signed),
        yes(row.enabled),
        from.to_owned(),
        row.urls.join(" "),
    ]
}
