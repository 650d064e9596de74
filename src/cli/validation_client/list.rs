//! `keyward validation client list`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use crate::rows::ValidationClientRow as Row;
use keyward_actions::validation;
use keyward_core::problem::Result;

/// Arguments of `validation client list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    limit: Limit,
}

pub(super) async fn run(list: List, context: &Context) -> Result<()> {
    let app = context.open().await?;
    let clients = validation::clients(&app, &context.administrator).await?;
    let mut rows: Vec<Row> = clients.iter().map(Row::from).collect();
    list.limit.cut(&mut rows, &context.output);
    context.output.show(&rows, |rows| {
        let heading = [
            "id",
            "active",
            "note",
            "owner",
            "from",
            "a minute",
            "last used",
        ];
        let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
        table(&heading, &rows)
    })
}

fn cells(row: &Row) -> Vec<String> {
    let any = |text: String| match text.as_str() {
        "" => "any".to_owned(),
        _ => text,
    };
    vec![
        row.id.to_string(),
        if row.active { "yes" } else { "no" }.to_owned(),
        row.note.clone(),
        row.owner.clone(),
        any(row.allow.join(" ")),
        any(row
            .rate_limit
            .map_or_else(String::new, |rate| rate.to_string())),
        row.last_used_at
            .clone()
            .unwrap_or_else(|| "never".to_owned()),
    ]
}
