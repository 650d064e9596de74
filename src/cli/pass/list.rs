//! `keyward pass list`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use crate::rows::PassRow as Row;
use keyward_actions::pass;
use keyward_core::problem::Result;

/// Arguments of `pass list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    limit: Limit,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let mut rows: Vec<Row> = pass::list(&app, &context.administrator, None, self.limit.rows())
            .await?
            .iter()
            .map(Row::from)
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
