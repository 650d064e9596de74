//! `keyward webhook test`

use clap::Args;

use crate::cli::context::Context;
use keyward_actions::webhook::{self, TestOutcome};
use keyward_core::problem::{Problem, Result, codes};

/// Arguments of `webhook test`.
#[derive(Debug, Args)]
pub struct Test {
    /// Which
    name: String,
}

impl Test {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let found = webhook::find_by_name(&app, &context.administrator, &self.name).await?;
        let name = found.settings.name;
        match webhook::test(&app, &context.administrator, found.id).await? {
            TestOutcome::Taken => context.output.say(&format!("{name} took the event")),
            TestOutcome::Refused(why) => {
                Err(Problem::new(codes::WEBHOOK_REFUSED).detailed(format!("{name} {why}")))
            }
        }
    }
}
