//! `keyward invite`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::user::{parse_email, parse_group};
use keyward_actions::invitation;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::EmailAddress;
use keyward_core::problem::Result;

/// Arguments of `invite`.
#[derive(Debug, Args)]
pub struct Invite {
    /// The address, which the account will have
    #[arg(value_name = "EMAIL", value_parser = parse_email)]
    email: EmailAddress,
    /// A group that the account will belong to
    #[arg(long, value_name = "GROUP", value_parser = parse_group)]
    group: Vec<GroupName>,
}

impl Invite {
    pub(in crate::cli) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let sent = invitation::invite(&app, &context.administrator, self.email, self.group).await?;
        let email = sent.invitation.email.as_str().to_owned();
        context.output.say(&match &sent.link {
            Some(link) => hand_over(&email, &invitation::address(&app, link)),
            None => format!("an invitation to {email} waits in the outbox; the server sends it"),
        })
    }
}

/// What is said where no mail leaves this machine.
pub(super) fn hand_over(email: &str, link: &str) -> String {
    format!(
        "{email} is invited, and gets no mail: `mail.transport` is `log`. Give them this link, which \
         works once: {link}"
    )
}
