//! `keyward invitation list`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use crate::rows::InvitationRow as Row;
use keyward_actions::invitation;
use keyward_core::problem::Result;

/// Arguments of `invitation list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    limit: Limit,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let mut rows: Vec<Row> =
            invitation::list(&app, &context.administrator, None, self.limit.rows())
                .await?
                .iter()
                .map(Row::from)
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
