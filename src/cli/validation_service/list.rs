//! `keyward validation service list`

use crate::cli::context::Context;
use crate::cli::output::table;
use crate::rows::ValidationServiceRow as Row;
use keyward_actions::validation_service;
use keyward_core::problem::Result;

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
