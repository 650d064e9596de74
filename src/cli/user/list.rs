//! `keyward user list`

use clap::Args;
use serde::Serialize;

use super::{Shown, yes};
use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use keyward_actions::user;
use keyward_core::problem::Result;

/// Arguments of `user list`.
#[derive(Debug, Args)]
pub struct List {
    /// Only those whose name or e-mail address has this in it
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    limit: Limit,
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    user: Shown,
    devices: u64,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let search = self.search.as_deref().unwrap_or_default();
        let mut rows = Vec::new();
        let mut after = None;
        loop {
            let limit = self.limit.page(rows.len());
            if limit == 0 {
                break;
            }
            let page = user::list(&app, &context.administrator, search, after, limit).await?;
            rows.extend(page.users.iter().map(|summary| Row {
                user: Shown::from(&summary.user),
                devices: summary.devices,
            }));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.limit.cut(&mut rows, &context.output);
        context.output.show(&rows, |rows| {
            let heading = [
                "name",
                "email",
                "superuser",
                "enabled",
                "devices",
                "last sign-in",
            ];
            let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
            table(&heading, &rows)
        })
    }
}

fn cells(Row { user, devices }: &Row) -> Vec<String> {
    vec![
        user.name.clone(),
        user.email.clone().unwrap_or_default(),
        yes(user.superuser),
        yes(user.enabled),
        devices.to_string(),
        user.last_sign_in_at.clone().unwrap_or_default(),
    ]
}
