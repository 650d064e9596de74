//! `keyward key link` and `keyward key unlink`

use clap::Args;

use super::Which;
use crate::cli::context::Context;
use keyward_actions::key::{self, OnKey};
use keyward_core::problem::Result;

/// Arguments of `key link` and `key unlink`.
#[derive(Debug, Args)]
pub struct Link {
    #[command(flatten)]
    which: Which,
    /// The public id of an OTP slot, or the id of a passkey or security key (`keyward device list`)
    #[arg(value_parser = parse)]
    what: OnKey,
}

fn parse(text: &str) -> std::result::Result<OnKey, String> {
    OnKey::parse(text).ok_or_else(|| "neither a public id nor the id of a device".to_owned())
}

impl Link {
    pub(super) async fn run(self, context: &Context, is_on: bool) -> Result<()> {
        let app = context.open().await?;
        let by = &context.administrator;
        let found = self.which.find(&app, context).await?;
        let what = match &self.what {
            OnKey::Slot(public_id) => public_id.to_string(),
            OnKey::Device(device) => device.to_string(),
        };
        let said = match is_on {
            true => "is on",
            false => "is no longer on",
        };
        match is_on {
            true => key::link(&app, by, found.id, self.what).await?,
            false => key::unlink(&app, by, found.id, self.what).await?,
        }
        let label = found.label();
        context.output.say(&format!("{what} {said} {label}"))
    }
}
