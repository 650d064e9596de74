//! `keyward token list`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use keyward_actions::api_token;
use keyward_core::clock::Timestamp;
use keyward_core::domain::api_token::ApiTokenSummary;
use keyward_core::problem::Result;

/// Arguments of `token list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    limit: Limit,
}

#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
    owner: String,
    scopes: Vec<&'static str>,
    allow: Vec<String>,
    created_at: String,
    expires_at: Option<String>,
    last_used_at: Option<String>,
}

impl From<&ApiTokenSummary> for Row {
    fn from(summary: &ApiTokenSummary) -> Self {
        let (token, plan) = (&summary.token, &summary.token.plan);
        Self {
            id: token.id.to_string(),
            name: plan.name.clone(),
            owner: summary.owner.clone(),
            scopes: plan.scopes.iter().map(|scope| scope.as_str()).collect(),
            allow: plan.networks.iter().map(ToString::to_string).collect(),
            created_at: token.created_at.rfc3339(),
            expires_at: plan.expires_at.map(Timestamp::rfc3339),
            last_used_at: token.last_used_at.map(Timestamp::rfc3339),
        }
    }
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let mut rows: Vec<Row> = Vec::new();
        let mut after = None;
        loop {
            let limit = self.limit.page(rows.len());
            let most = i64::try_from(limit).unwrap_or(i64::MAX);
            let page = api_token::list(&app, &context.administrator, after, most).await?;
            after = page.last().map(|last| last.token.id);
            rows.extend(page.iter().map(Row::from));
            if page.len() < limit || limit == 0 {
                break;
            }
        }
        self.limit.cut(&mut rows, &context.output);
        context.output.show(&rows, |rows| {
            let heading = ["name", "owner", "scopes", "from", "last used", "ends"];
            let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
            table(&heading, &rows)
        })
    }
}

fn cells(row: &Row) -> Vec<String> {
    let never = |moment: &Option<String>| moment.clone().unwrap_or_else(|| "never".to_owned());
    vec![
        row.name.clone(),
        row.owner.clone(),
        row.scopes.join(" "),
        match row.allow.as_slice() {
            [] => "any".to_owned(),
            allow => allow.join(" "),
        },
        never(&row.last_used_at),
        never(&row.expires_at),
    ]
}
