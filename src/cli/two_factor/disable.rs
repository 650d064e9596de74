//! `keyward two-factor disable`

use clap::Args;

use crate::cli::context::{Context, confirm};
use keyward_actions::device;
use keyward_actions::two_factor;
use keyward_core::problem::Result;

/// Arguments of `two-factor disable`.
#[derive(Debug, Args)]
pub struct Disable {
    /// Whose
    #[arg(required = true)]
    name: Vec<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Disable {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let mut users = Vec::new();
        let mut devices = 0;
        for name in &self.name {
            let user = context.user(&app, name).await?;
            devices += device::readable_of_user(&app, &context.administrator, user.id)
                .await?
                .len();
            users.push(user);
        }
        if !self.yes {
            let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
            confirm(&format!(
                "Remove the second factor ({devices} devices) and end the sessions of {}?",
                names.join(", ")
            ))?;
        }
        for user in &users {
            let disabled = two_factor::disable(&app, &context.administrator, user.id).await?;
            context.output.say(&format!(
                "{}: disabled; {} devices removed, {} sessions ended",
                user.name, disabled.devices, disabled.sessions
            ))?;
        }
        Ok(())
    }
}
