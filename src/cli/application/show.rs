//! `keyward application show`

use clap::Args;

use crate::cli::context::Context;
use crate::rows::ApplicationRow as Row;
use keyward_actions::application;
use keyward_core::problem::Result;

/// Arguments of `application show`.
#[derive(Debug, Args)]
pub struct Show {
    /// What it is called
    name: String,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let found = application::find_by_name(&app, &context.administrator, &self.name).await?;
        context.output.show(&Row::from(&found), |row| {
            let mut lines = vec![row.name.clone()];
            lines.extend(row.hosts.iter().map(|host| format!("  host {host}")));
            for (number, rule) in (1..).zip(&row.rules) {
                let note = match row.unreachable.contains(&number) {
                    true => "   (decides nothing)",
                    false => "",
                };
                lines.push(format!("  {number}. {rule}{note}"));
            }
            if !row.contact.is_empty() {
                lines.push(format!("  ask {}", row.contact));
            }
            lines.join("\n")
        })
    }
}
