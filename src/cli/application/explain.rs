//! `keyward application explain`

use clap::Args;

use crate::cli::context::Context;
use crate::rows::ExplanationRow;
use keyward_actions::application;
use keyward_core::problem::Result;

/// Arguments of `application explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// Who asks
    #[arg(long, value_name = "NAME")]
    user: String,
    /// For what
    #[arg(long, value_name = "ADDRESS")]
    url: String,
    /// In which way
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    method: String,
}

impl Explain {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let found =
            application::explain(&app, administrator, &self.user, &self.url, &self.method).await?;
        let explained = ExplanationRow::of(&self.user, &found);
        context.output.show(&explained, |explained| {
            let mut lines = vec![format!("{}: {}", explained.outcome, explained.reason)];
            if let Some(name) = &explained.application {
                lines.push(format!("application {name}"));
            }
            if let (Some(rule), Some(text)) = (explained.rule, &explained.rule_text) {
                lines.push(format!("rule {rule}: {text}"));
            }
            lines.join("\n")
        })
    }
}
