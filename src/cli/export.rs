//! `keyward export --config`

use clap::Args;

use super::context::Context;
use crate::apply;
use keyward_actions::declared;
use keyward_core::problem::Result;

/// Write what is there of declared configuration as TOML, for `keyward apply`
///
/// `keyward export --config` is the same: there is nothing else to export this way. Secrets are left
/// out. With --json it is JSON, which `keyward apply` reads too.
#[derive(Debug, Args)]
pub struct Export {}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let present = declared::present(&app, &context.administrator, []).await?;
        match context.output.is_json() {
            true => context
                .output
                .show(&apply::as_json(&present), |_| String::new()),
            false => context.output.say(&apply::as_toml(&present)),
        }
    }
}
