//! `keyward pass list`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use keyward_actions::pass;
use keyward_core::problem::Result;

/// Arguments of `pass list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    limit: Limit,
}

#[derive(Serialize)]
struct Row {
    user: String,
    issued_by: Option<String>,
    issued_at: String,
    expires_at: String,
    once: bool,
    used_at: Option<String>,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let mut rows: Vec<Row> = pass::list(&app, &context.administrator, None, self.limit.rows())
            .await?
            .into_iter()
            .map(|summary| Row {
                user: summary.owner,
                issued_by: summary.issued_by,
                issued_at: summary.pass.issued_at.rfc3339(),
                expires_at: summary.pass.expires_at.rfc3339(),
                once: summary.pass.is_once,
                used_at: summary
                    .pass
                    .used_at
                    .map(keyward_core::clock::Timestamp::rfc3339),
            })
            .collect();
        self.limit.cut(&mut rows, &context.output);
        context.output.show(&rows, |rows| {
            let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
            let heading = ["user", "issued by", "issued", "expires", "once", "used"];
            table(&heading, &rows)
        })
    }
}

fn cells(row: &Row) -> Vec<String> {
    let by = row.issued_by.clone();
    vec![
        row.user.clone(),
        by.unwrap_or_else(|| "command line".to_owned()),
        row.issued_at.clone(),
        row.expires_at.clone(),
        if row.once { "yes" } else { "no" }.to_owned(),
        row.used_at.clone().unwrap_or_default(),
    ]
}
