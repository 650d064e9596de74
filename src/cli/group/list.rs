//! `keyward group list`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use crate::rows::GroupRow as Row;
use keyward_actions::group;
use keyward_core::problem::Result;

/// Arguments of `group list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    limit: Limit,
}

pub(super) async fn run(list: List, context: &Context) -> Result<()> {
    let app = context.open().await?;
    let mut rows: Vec<Row> = Vec::new();
    let mut after = None;
    loop {
        let limit = list.limit.page(rows.len());
        let page = group::list(
            &app,
            &context.administrator,
            after,
            i64::try_from(limit).unwrap_or(i64::MAX),
        )
        .await?;
        after = page.last().map(|group| group.name.clone());
        rows.extend(page.iter().map(Row::from));
        if after.is_none() {
            break;
        }
    }
    list.limit.cut(&mut rows, &context.output);
    context.output.show(&rows, |rows| {
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let policy = match (row.being_removed, row.policy) {
                    (true, _) => "is being removed",
                    (false, true) => "yes",
                    (false, false) => "no",
                };
                vec![row.name.clone(), row.members.to_string(), policy.to_owned()]
            })
            .collect();
        table(&["group", "members", "policy"], &cells)
    })
}
