//! `keyward webhook add`

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use keyward_actions::webhook;
use keyward_core::domain::webhook::{WantedEvents, WebhookSettings};
use keyward_core::problem::Result;

/// Arguments of `webhook add`.
#[derive(Debug, Args)]
pub struct Add {
    /// Its unique name
    name: String,
    /// Where events are posted
    #[arg(long, value_name = "URL")]
    url: String,
    /// A kind of event such as device.added, or a family such as device.*; may be given several
    /// times. All events where none is given
    #[arg(long, value_name = "KIND")]
    event: Vec<String>,
    /// Add it without sending anything yet
    #[arg(long)]
    disabled: bool,
}

impl Add {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let settings = WebhookSettings {
            url: WebhookSettings::parse_url(&self.url)?,
            events: WantedEvents::parse(&self.event.join(" "))?,
            name: self.name,
            is_enabled: !self.disabled,
        };
        let name = settings.name.trim().to_owned();
        let app = context.open().await?;
        let (id, secret) = webhook::add(&app, &context.administrator, settings).await?;
        let secret = secret.expose();
        let shown = json!({ "id": id, "name": name, "secret": secret.as_str() });
        context.output.show(&shown, |_| {
            format!(
                "{name} was added; its secret is shown this once\n{}",
                secret.as_str()
            )
        })
    }
}
