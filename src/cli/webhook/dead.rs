//! `keyward webhook dead`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use keyward_actions::webhook;
use keyward_core::domain::webhook::DeadDelivery;
use keyward_core::problem::Result;

/// The most rows that are read.
const MOST: i64 = 100_000;

/// Arguments of `webhook dead`.
#[derive(Debug, Args)]
pub struct Dead {
    /// Of which webhook
    name: String,
    #[command(flatten)]
    limit: Limit,
}

#[derive(Serialize)]
struct Row {
    delivery: i64,
    event: String,
    kind: Option<String>,
    happened_at: String,
    given_up_at: String,
    tries: u32,
    failure: String,
}

impl From<DeadDelivery> for Row {
    fn from(dead: DeadDelivery) -> Self {
        Self {
            delivery: dead.position,
            event: dead.event.to_string(),
            kind: dead.kind,
            happened_at: dead.created_at.rfc3339(),
            given_up_at: dead.ended_at.rfc3339(),
            tries: dead.tries,
            failure: dead.failure,
        }
    }
}

impl Dead {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let found = webhook::find_by_name(&app, &context.administrator, &self.name).await?;
        let dead = webhook::dead(&app, &context.administrator, found.id, MOST).await?;
        let mut rows: Vec<Row> = dead.into_iter().map(Row::from).collect();
        self.limit.cut(&mut rows, &context.output);
        context.output.show(&rows, |rows| {
            let heading = [
                "delivery",
                "event",
                "kind",
                "given up",
                "tries",
                "because it",
            ];
            let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
            table(&heading, &rows)
        })
    }
}

fn cells(row: &Row) -> Vec<String> {
    vec![
        row.delivery.to_string(),
        row.event.clone(),
        row.kind.clone().unwrap_or_else(|| "forgotten".to_owned()),
        row.given_up_at.clone(),
        row.tries.to_string(),
        row.failure.clone(),
    ]
}
