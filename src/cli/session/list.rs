//! `keyward session list`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use crate::rows::SessionRow;
use keyward_actions::session;
use keyward_core::domain::session::SessionPlace;
use keyward_core::problem::Result;

/// Arguments of `session list`.
#[derive(Debug, Args)]
pub struct List {
    /// Only those of this user
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    #[command(flatten)]
    limit: Limit,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let whose = match &self.user {
            Some(name) => Some(context.user(&app, name).await?.id),
            None => None,
        };
        let mut rows: Vec<SessionRow> = Vec::new();
        let mut after = None;
        loop {
            let limit = self.limit.page(rows.len());
            let page = session::list(
                &app,
                &context.administrator,
                whose,
                after,
                i64::try_from(limit).unwrap_or(i64::MAX),
            )
            .await?;
            after = page.last().map(|(session, _)| SessionPlace::of(session));
            rows.extend(page.iter().map(SessionRow::from));
            if page.len() < limit || limit == 0 {
                break;
            }
        }
        self.limit.cut(&mut rows, &context.output);
        context.output.show(&rows, |rows| {
            let heading = [
                "id",
                "user",
                "level",
                "assurance",
                "methods",
                "address",
                "last seen",
            ];
            let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
            table(&heading, &rows)
        })
    }
}

fn cells(session: &SessionRow) -> Vec<String> {
    vec![
        session.id.clone(),
        session.user.clone(),
        session.level.to_owned(),
        session.assurance.to_owned(),
        session.methods.clone(),
        session.address.clone(),
        session.last_seen_at.clone(),
    ]
}
