//! `keyward invitation list`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use keyward_actions::invitation;
use keyward_core::domain::group::GroupName;
use keyward_core::problem::Result;

/// Arguments of `invitation list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    limit: Limit,
}

#[derive(Serialize)]
struct Row {
    id: String,
    email: String,
    groups: Vec<String>,
    invited_by: Option<String>,
    sent_at: String,
    expires_at: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail_failure: Option<String>,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let mut rows: Vec<Row> =
            invitation::list(&app, &context.administrator, None, self.limit.rows())
                .await?
                .into_iter()
                .map(|(invitation, by)| Row {
                    id: invitation.id.to_string(),
                    email: invitation.email.as_str().to_owned(),
                    groups: invitation
                        .groups
                        .iter()
                        .map(|group: &GroupName| group.as_str().to_owned())
                        .collect(),
                    invited_by: by,
                    sent_at: invitation.sent_at.rfc3339(),
                    expires_at: invitation.expires_at.rfc3339(),
                    state: invitation.shown_state(),
                    mail_failure: invitation.mail_failure,
                })
                .collect();
        self.limit.cut(&mut rows, &context.output);
        context.output.show(&rows, |rows| {
            let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
            let heading = [
                "email",
                "state",
                "groups",
                "invited by",
                "sent",
                "expires",
                "mail",
            ];
            table(&heading, &rows)
        })
    }
}

fn cells(row: &Row) -> Vec<String> {
    vec![
        row.email.clone(),
        row.state.to_owned(),
        row.groups.join(", "),
        row.invited_by
            .clone()
            .unwrap_or_else(|| "command line".to_owned()),
        row.sent_at.clone(),
        row.expires_at.clone(),
        row.mail_failure.clone().unwrap_or_default(),
    ]
}
