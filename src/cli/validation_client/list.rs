//! `keyward validation client list`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use keyward_actions::validation;
use keyward_core::domain::validation_client::ValidationClient;
use keyward_core::problem::Result;

/// Arguments of `validation client list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    limit: Limit,
}

#[derive(Serialize)]
struct Row {
    id: i64,
    active: bool,
    note: String,
    owner: String,
    allow: Vec<String>,
    rate_limit: Option<u32>,
    must_sign: bool,
    may_see_user: bool,
    created_at: String,
    last_used_at: Option<String>,
}

impl From<&ValidationClient> for Row {
    fn from(client: &ValidationClient) -> Self {
        let settings = &client.settings;
        Self {
            id: client.id.number(),
            active: client.is_active,
            note: settings.note.clone(),
            owner: settings.owner.clone(),
            allow: settings.addresses.iter().map(ToString::to_string).collect(),
            rate_limit: settings.rate_limit.map(Into::into),
            must_sign: settings.must_sign,
            may_see_user: settings.may_see_user,
            created_at: client.created_at.rfc3339(),
            last_used_at: client
                .last_used_at
                .map(keyward_core::clock::Timestamp::rfc3339),
        }
    }
}

pub(super) async fn run(list: List, context: &Context) -> Result<()> {
    let app = context.open().await?;
    let clients = validation::clients(&app, &context.administrator).await?;
    let mut rows: Vec<Row> = clients.iter().map(Row::from).collect();
    list.limit.cut(&mut rows, &context.output);
    context.output.show(&rows, |rows| {
        let heading = [
            "id",
            "active",
            "note",
            "owner",
            "from",
            "a minute",
            "last used",
        ];
        let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
        table(&heading, &rows)
    })
}

fn cells(row: &Row) -> Vec<String> {
    let any = |text: String| match text.as_str() {
        "" => "any".to_owned(),
        _ => text,
    };
    vec![
        row.id.to_string(),
        if row.active { "yes" } else { "no" }.to_owned(),
        row.note.clone(),
        row.owner.clone(),
        any(row.allow.join(" ")),
        any(row
            .rate_limit
            .map_or_else(String::new, |rate| rate.to_string())),
        row.last_used_at
            .clone()
            .unwrap_or_else(|| "never".to_owned()),
    ]
}
