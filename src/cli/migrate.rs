//! `keyward migrate`

use clap::Args;
use serde::Serialize;

use super::context::Context;
use crate::actions::start::{look_at, open_store};
use crate::problem::Result;

/// Arguments of `migrate`.
#[derive(Debug, Args)]
pub struct Migrate {
    /// List what would be applied, and change nothing
    #[arg(long)]
    dry_run: bool,
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
            true => look_at(&settings)?.pending_migrations().await?,
            false => open_store(&settings)?.migrate().await?,
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
