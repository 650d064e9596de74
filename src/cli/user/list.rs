//! `keyward user list`

use clap::Args;
use serde::Serialize;

use super::{Shown, yes};
use crate::cli::context::Context;
use crate::cli::output::table;
use crate::problem::Result;

/// How many users are read at once.
const PAGE: i64 = 500;

/// Arguments of `user list`.
#[derive(Debug, Args)]
pub struct List {
    /// Only those whose name, or e-mail address where it holds an @, begins like this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    user: Shown,
    devices: i64,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let keyward = context.open().await?;
        let search = self.search.as_deref().unwrap_or_default();
        let mut rows = Vec::new();
        let mut after = None;
        loop {
            let page = keyward
                .users(&context.administrator, search, after, PAGE)
                .await?;
            after = page.last().map(|summary| summary.user.name.folded());
            rows.extend(page.iter().map(|summary| Row {
                user: Shown::from(&summary.user),
                devices: summary.devices,
            }));
            if page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
                break;
            }
        }
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
