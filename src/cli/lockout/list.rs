//! `keyward lockout list`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use crate::rows::LockoutRow as Row;
use keyward_actions::lockout;
use keyward_core::problem::Result;

/// Arguments of `lockout list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    limit: Limit,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let mut rows: Vec<Row> = lockout::list(&app, &context.administrator, self.limit.rows())
            .await?
            .into_iter()
            .map(|(count, user)| Row::new(&count, user.map(|name| name.to_string())))
            .collect();
        self.limit.cut(&mut rows, &context.output);
        context.output.show(&rows, |rows| {
            let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
            table(&["scope", "of", "user", "failures", "locked until"], &rows)
        })
    }
}

fn cells(row: &Row) -> Vec<String> {
    vec![
        row.scope.clone(),
        row.of.to_owned(),
        row.user.clone().unwrap_or_default(),
        row.failures.to_string(),
        match (&row.locked_until, row.ended) {
            (Some(_), true) => "cleared".to_owned(),
            (until, _) => until.clone().unwrap_or_default(),
        },
    ]
}
