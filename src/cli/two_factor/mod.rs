//! `keyward two-factor`

mod disable;
mod status;

use clap::Subcommand;
use serde::Serialize;

use super::context::Context;
use keyward_core::domain::device::Device;
use keyward_core::problem::Result;

/// Second factors.
#[derive(Debug, Subcommand)]
pub enum TwoFactorCommand {
    /// Say who has a second factor
    Status(status::Status),
    /// Remove all devices, sessions and sign-ins in progress of users
    Disable(disable::Disable),
}

impl TwoFactorCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Status(status) => status.run(context).await,
            Self::Disable(disable) => disable.run(context).await,
        }
    }
}

/// A device as commands print it.
#[derive(Serialize)]
pub(super) struct ShownDevice {
    id: String,
    kind: &'static str,
    name: String,
    model: Option<String>,
    state: &'static str,
    created_at: String,
    last_used_at: Option<String>,
}

impl From<&Device> for ShownDevice {
    fn from(device: &Device) -> Self {
        Self {
            id: device.id.to_string(),
            kind: device.kind.as_str(),
            name: device.name.to_string(),
            model: device.model.clone(),
            state: device.state.as_str(),
            created_at: device.created_at.rfc3339(),
            last_used_at: device
                .last_used_at
                .map(keyward_core::clock::Timestamp::rfc3339),
        }
    }
}

impl ShownDevice {
    /// On one line.
    pub(super) fn line(&self) -> String {
        let used = match &self.last_used_at {
            Some(at) => format!("last used {at}"),
            None => "never used".to_owned(),
        };
        format!("{} \"{}\", {}, {used}", self.kind, self.name, self.state)
    }
}
