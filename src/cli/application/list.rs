//! `keyward application list` and `show`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use crate::rows::ApplicationRow as Row;
use keyward_actions::application;
use keyward_core::problem::Result;

/// Arguments of `application list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    limit: Limit,
}

/// Arguments of `application show`.
#[derive(Debug, Args)]
pub struct Show {
    /// What it is called
    name: String,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let all = application::list(&app, &context.administrator).await?;
        let mut rows: Vec<Row> = all.iter().map(Row::from).collect();
        self.limit.cut(&mut rows, &context.output);
        context.output.show(&rows, |rows| {
            let cells = |row: &Row| {
                vec![
                    row.name.clone(),
                    row.hosts.join(" "),
                    row.rules.len().to_string(),
                ]
            };
            let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
            table(&["name", "hosts", "rules"], &rows)
        })
    }
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let found = application::find_by_name(&app, &context.administrator, &self.name).await?;
        context.output.show(&Row::from(&found), |row| {
            let mut lines = vec![row.name.clone()];
            lines.extend(row.hosts.iter().map(|host| format!("  host {host}")));
            for (number, rule) in (1..).zip(&row.rules) {
                let note = match row.unreachable.contains(&number) {
                    true => "   (decides nothing)",
                    false => "",
                };
                lines.push(format!("  {number}. {rule}{note}"));
            }
            if !row.contact.is_empty() {
                lines.push(format!("  ask {}", row.contact));
            }
            lines.join("\n")
        })
    }
}
