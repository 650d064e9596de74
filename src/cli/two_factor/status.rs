//! `keyward two-factor status`

use clap::Args;
use serde::Serialize;

use super::ShownDevice;
use crate::cli::context::Context;
use keyward_actions::device;
use keyward_core::domain::device::DeviceState;
use keyward_core::problem::Result;

/// Arguments of `two-factor status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Whose
    #[arg(required = true)]
    name: Vec<String>,
    /// List the devices too
    #[arg(long)]
    devices: bool,
}

#[derive(Serialize)]
struct Row {
    name: String,
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    devices: Option<Vec<ShownDevice>>,
}

impl Status {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let mut rows = Vec::new();
        for name in &self.name {
            let user = context.user(&app, name).await?;
            let devices = device::of_user(&app, &context.administrator, user.id).await?;
            rows.push(Row {
                name: user.name.to_string(),
                enabled: devices
                    .iter()
                    .any(|device| device.state == DeviceState::Active),
                devices: self
                    .devices
                    .then(|| devices.iter().map(ShownDevice::from).collect()),
            });
        }
        context
            .output
            .show(&rows, |rows| rows.iter().map(lines).collect())
    }
}

fn lines(row: &Row) -> String {
    let word = if row.enabled { "enabled" } else { "disabled" };
    let mut text = format!("{}: {word}\n", row.name);
    for device in row.devices.iter().flatten() {
        text.push_str(&format!("  {}\n", device.line()));
    }
    text
}
