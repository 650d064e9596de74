//! `keyward phone stop` and `start`

use clap::Args;

use crate::cli::context::Context;
use keyward_actions::delivered_code;
use keyward_core::problem::Result;

/// Arguments of `phone stop`.
#[derive(Debug, Args)]
pub struct Stop {}

impl Stop {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        delivered_code::switch_phones(&app, &context.administrator, false).await?;
        context.output.say("nothing is sent to phones any more")
    }
}

/// Arguments of `phone start`.
#[derive(Debug, Args)]
pub struct Start {}

impl Start {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        delivered_code::switch_phones(&app, &context.administrator, true).await?;
        context.output.say("codes are sent to phones again")
    }
}
