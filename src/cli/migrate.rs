//! `keyward migrate`

use clap::Args;
use serde::Serialize;

use super::context::Context;
use keyward_actions::start;
use keyward_core::problem::Result;

/// Arguments of `migrate`.
#[derive(Debug, Args)]
pub struct Migrate {
    /// List what would be applied, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Make the tables of a new database although there is a master key: it will be its key
    #[arg(long, conflicts_with = "dry_run")]
    new: bool,
}

#[derive(Serialize)]
struct Migrations {
    applied: bool,
    migrations: Vec<String>,
}

impl Migrate {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let settings = context.settings()?;
        let names = match self.dry_run {
            true => start::pending_migrations(&settings).await?,
            false => start::migrate(&settings, self.new).await?,
        };
        let migrations = Migrations {
            applied: !self.dry_run,
            migrations: names,
        };
        context.output.show(&migrations, |shown| {
            let verb = if shown.applied { "applied" } else { "missing" };
            match shown.migrations.as_slice() {
                [] => "the schema is the present one".to_owned(),
                names => names
                    .iter()
                    .map(|name| format!("{verb} {name}\n"))
                    .collect(),
            }
        })
    }
}
