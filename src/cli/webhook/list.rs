//! `keyward webhook list`

use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::output::table;
use keyward_actions::webhook;
use keyward_core::clock::Timestamp;
use keyward_core::domain::webhook::Webhook;
use keyward_core::problem::Result;

/// A webhook as it is printed.
#[derive(Serialize)]
pub(super) struct Row {
    id: String,
    name: String,
    url: String,
    events: Vec<String>,
    enabled: bool,
    created_at: String,
    former_secret_until: Option<String>,
    delivered_at: Option<String>,
    failed_at: Option<String>,
    failure: Option<String>,
    waiting: i64,
    dead: i64,
}

impl From<&Webhook> for Row {
    fn from(webhook: &Webhook) -> Self {
        let settings = &webhook.settings;
        Self {
            id: webhook.id.to_string(),
            name: settings.name.clone(),
            url: settings.url.to_string(),
            events: settings.events.words().map(str::to_owned).collect(),
            enabled: settings.is_enabled,
            created_at: webhook.created_at.rfc3339(),
            former_secret_until: webhook.former_until.map(Timestamp::rfc3339),
            delivered_at: webhook.delivered_at.map(Timestamp::rfc3339),
            failed_at: webhook.failed_at.map(Timestamp::rfc3339),
            failure: webhook.failure.clone(),
            waiting: webhook.waiting,
            dead: webhook.dead,
        }
    }
}

impl Row {
    /// Its fields with their headings.
    pub(super) fn lines(&self) -> String {
        let or = |value: &Option<String>, otherwise: &str| {
            value.clone().unwrap_or_else(|| otherwise.to_owned())
        };
        let lines = [
            ("id", self.id.clone()),
            ("name", self.name.clone()),
            ("address", self.url.clone()),
            ("events", self.events_told()),
            ("enabled", yes(self.enabled)),
            ("added", self.created_at.clone()),
            ("former secret", or(&self.former_secret_until, "none")),
            ("last taken", or(&self.delivered_at, "never")),
            ("last failed", or(&self.failed_at, "never")),
            ("because it", or(&self.failure, "-")),
            ("waiting", self.waiting.to_string()),
            ("given up", self.dead.to_string()),
        ];
        let lines = lines.map(|(name, value)| format!("{name:14} {value}"));
        lines.join("\n")
    }

    fn events_told(&self) -> String {
        match self.events.is_empty() {
            true => "all".to_owned(),
            false => self.events.join(" "),
        }
    }
}

fn yes(truth: bool) -> String {
    if truth { "yes" } else { "no" }.to_owned()
}

pub(super) async fn run(context: &Context) -> Result<()> {
    let app = context.open().await?;
    let webhooks = webhook::list(&app, &context.administrator).await?;
    let rows: Vec<Row> = webhooks.iter().map(Row::from).collect();
    context.output.show(&rows, |rows| {
        let heading = [
            "name", "enabled", "waiting", "given up", "address", "events",
        ];
        let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
        table(&heading, &rows)
    })
}

fn cells(row: &Row) -> Vec<String> {
    vec![
        row.name.clone(),
        yes(row.enabled),
        row.waiting.to_string(),
        row.dead.to_string(),
        row.url.clone(),
        row.events_told(),
    ]
}
