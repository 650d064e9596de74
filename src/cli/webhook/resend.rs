//! `keyward webhook resend`

use clap::Args;

use crate::cli::context::Context;
use keyward_actions::webhook;
use keyward_core::problem::Result;

/// Arguments of `webhook resend`.
#[derive(Debug, Args)]
pub struct Resend {
    /// Of which webhook
    name: String,
    /// This delivery alone, by its number; all that were given up where none is named
    #[arg(long, value_name = "NUMBER")]
    delivery: Option<i64>,
}

impl Resend {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let found = webhook::find_by_name(&app, &context.administrator, &self.name).await?;
        let administrator = &context.administrator;
        let sent = webhook::resend(&app, administrator, found.id, self.delivery).await?;
        let said = match sent {
            1 => "1 event is sent again".to_owned(),
            count => format!("{count} events are sent again"),
        };
        context.output.say(&said)
    }
}
