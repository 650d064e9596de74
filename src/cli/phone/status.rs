//! `keyward phone status`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::output::table;
use keyward_actions::delivered_code;
use keyward_core::problem::Result;

/// Arguments of `phone status`.
#[derive(Debug, Args)]
pub struct Status {}

#[derive(Serialize)]
struct Shown {
    stopped: bool,
    sent: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    what: String,
    times: u64,
    since: String,
}

impl Status {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let traffic = delivered_code::phone_traffic(&app, &context.administrator).await?;
        let sent = traffic.counts.into_iter().map(|sent| Row {
            what: sent.what,
            times: sent.times,
            since: sent.since.rfc3339(),
        });
        let shown = Shown {
            stopped: traffic.is_stopped,
            sent: sent.collect(),
        };
        context.output.show(&shown, |shown| {
            let rows: Vec<Vec<String>> = shown.sent.iter().map(cells).collect();
            let state = match shown.stopped {
                true => "stopped",
                false => "sending",
            };
            format!("{state}\n{}", table(&["what", "sent", "since"], &rows))
        })
    }
}

fn cells(row: &Row) -> Vec<String> {
    vec![row.what.clone(), row.times.to_string(), row.since.clone()]
}
