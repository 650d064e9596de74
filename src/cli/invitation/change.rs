//! `keyward invitation resend` and `revoke`

use clap::Args;

use super::invite::hand_over;
use crate::cli::context::Context;
use crate::cli::user::parse_email;
use keyward_actions::invitation;
use keyward_core::domain::user::EmailAddress;
use keyward_core::problem::Result;

/// Whose invitation.
#[derive(Debug, Args)]
pub struct Address {
    /// The address that was invited
    #[arg(value_name = "EMAIL", value_parser = parse_email)]
    email: EmailAddress,
}

pub(super) async fn resend(address: Address, context: &Context) -> Result<()> {
    let app = context.open().await?;
    let administrator = &context.administrator;
    let id = invitation::to_address(&app, administrator, &address.email).await?;
    let sent = invitation::resend(&app, administrator, id).await?;
    let email = sent.invitation.email.as_str();
    context.output.say(&match &sent.link {
        Some(link) => hand_over(email, &invitation::address(&app, link)),
        None => {
            format!("another invitation to {email} waits in the outbox; the link before is void")
        }
    })
}

pub(super) async fn revoke(address: Address, context: &Context) -> Result<()> {
    let app = context.open().await?;
    let administrator = &context.administrator;
    let id = invitation::to_address(&app, administrator, &address.email).await?;
    let invitation = invitation::revoke(&app, administrator, id).await?;
    context.output.say(&format!(
        "the invitation to {} was revoked",
        invitation.email.as_str()
    ))
}
