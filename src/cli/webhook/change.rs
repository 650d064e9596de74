//! `keyward webhook change`

use clap::Args;

use crate::cli::context::Context;
use keyward_actions::webhook;
use keyward_core::domain::webhook::{WantedEvents, WebhookSettings};
use keyward_core::problem::Result;

/// Arguments of `webhook change`.
#[derive(Debug, Args)]
pub struct Change {
    /// Which
    name: String,
    /// Another name
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    /// Another address
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Other events: kinds such as device.added, or families such as device.*; `*` for all
    #[arg(long, value_name = "KIND")]
    event: Vec<String>,
    /// Send events to it
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Send no events to it; those that wait stay
    #[arg(long)]
    disable: bool,
}

impl Change {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let found = webhook::find_by_name(&app, &context.administrator, &self.name).await?;
        let before = found.settings;
        let settings = WebhookSettings {
            name: self.rename.unwrap_or(before.name),
            url: match self.url {
                Some(url) => WebhookSettings::parse_url(&url)?,
                None => before.url,
            },
            events: match self.event.is_empty() {
                true => before.events,
                false => WantedEvents::parse(&self.event.join(" "))?,
            },
            is_enabled: (before.is_enabled || self.enable) && !self.disable,
        };
        let said = format!("{} was changed", settings.name.trim());
        webhook::change(&app, &context.administrator, found.id, settings).await?;
        context.output.say(&said)
    }
}
