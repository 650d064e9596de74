//! `keyward policy affected`

use clap::Args;
use serde::Serialize;

use super::named;
use crate::cli::context::Context;
use crate::cli::limit::Limit;
use crate::cli::output::table;
use keyward_actions::policy;
use keyward_core::problem::Result;

/// Arguments of `policy affected`.
#[derive(Debug, Args)]
pub struct Listed {
    #[command(flatten)]
    limit: Limit,
}

#[derive(Serialize)]
struct Row {
    user: String,
    device: String,
    name: String,
    kind: &'static str,
    works_until: String,
    reasons: Vec<String>,
}

impl Listed {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let found =
            policy::stopping_devices(&app, &context.administrator, None, self.limit.rows()).await?;
        let mut rows: Vec<Row> = found
            .into_iter()
            .map(|found| Row {
                user: found.owner,
                device: found.id.to_string(),
                name: found.name.as_str().to_owned(),
                kind: found.kind.as_str(),
                works_until: found.stopping.deadline.rfc3339(),
                reasons: found
                    .stopping
                    .reasons
                    .iter()
                    .map(|violation| {
                        format!(
                            "{}: {}",
                            named(&violation.scope),
                            violation.reason.rule.as_str()
                        )
                    })
                    .collect(),
            })
            .collect();
        self.limit.cut(&mut rows, &context.output);
        context.output.show(&rows, |rows| {
            let cells: Vec<Vec<String>> = rows
                .iter()
                .map(|row| {
                    vec![
                        row.user.clone(),
                        row.name.clone(),
                        row.kind.to_owned(),
                        row.works_until.clone(),
                        row.reasons.join(", "),
                    ]
                })
                .collect();
            table(&["user", "device", "kind", "works until", "why"], &cells)
        })
    }
}
