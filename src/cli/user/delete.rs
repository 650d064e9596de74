//! `keyward user delete`

use clap::Args;

use crate::cli::context::{Context, confirm};
use keyward_actions::user;
use keyward_core::domain::erasure::{Belongings, tombstone};
use keyward_core::problem::Result;

/// Arguments of `user delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// Who
    name: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Delete {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let user = context.user(&app, &self.name).await?;
        let administrator = &context.administrator;
        if !self.yes {
            let foreseen = user::foresee_deletion(&app, administrator, user.id).await?;
            confirm(&format!(
                "Delete {} for good? With them go {}; {} events stay, without name and address.",
                user.name,
                going(&foreseen.belongings),
                foreseen.belongings.events,
            ))?;
        }
        let deleted = user::delete(&app, administrator, user.id).await?;
        context.output.say(&format!(
            "{} was deleted, with {}; the audit trail calls them \"{}\"",
            user.name,
            going(&deleted.belongings),
            tombstone(user.id),
        ))
    }
}

fn going(belongings: &Belongings) -> String {
    format!(
        "{} devices, {} sessions, {} trusted browsers, {} memberships of groups, places in the \
         rules of {} applications, {} invitations, {} mails that wait",
        belongings.devices,
        belongings.sessions,
        belongings.trusted_browsers,
        belongings.groups,
        belongings.applications,
        belongings.invitations,
        belongings.messages,
    )
}
