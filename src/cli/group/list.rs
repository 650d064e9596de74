//! `keyward group list`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use keyward_actions::group;
use keyward_core::problem::Result;

/// Arguments of `group list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    limit: Limit,
}

#[derive(Serialize)]
struct Row {
    name: String,
    members: u64,
    policy: bool,
    being_removed: bool,
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
        rows.extend(page.into_iter().map(|group| Row {
            name: group.name.as_str().to_owned(),
            members: group.members.number,
            policy: group.has_policy,
            being_removed: group.is_being_removed,
        }));
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
