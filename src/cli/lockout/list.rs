//! `keyward lockout list`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use keyward_actions::lockout;
use keyward_core::problem::Result;

/// Arguments of `lockout list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    limit: Limit,
}

#[derive(Serialize)]
struct Row {
    scope: String,
    user: Option<String>,
    failures: u32,
    locked_until: Option<String>,
    /// Which lock it is: `account`, or `network`.
    of: &'static str,
    /// Whether it stays locked until it is cleared.
    ended: bool,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let mut rows: Vec<Row> = lockout::list(&app, &context.administrator, self.limit.rows())
            .await?
            .into_iter()
            .map(|(count, user)| Row {
                of: match count.is_of_network() {
                    true => "network",
                    false => "account",
                },
                ended: count.is_ended(),
                locked_until: count
                    .locked_until
                    .map(keyward_core::clock::Timestamp::rfc3339),
                user: user.map(|name| name.to_string()),
                failures: count.failures,
                scope: count.scope,
            })
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
