//! `keyward invite` and `keyward invitation`

mod change;
mod invite;

pub use invite::Invite;

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use crate::lists::Invitations;
use keyward_core::problem::Result;

/// Invitations.
#[derive(Debug, Subcommand)]
pub enum InvitationCommand {
    /// List invitations, the newest first
    List(List<Invitations>),
    /// Send the mail again, with another link; the link before is void
    Resend(change::Address),
    /// Take an invitation back; its link is void
    Revoke(change::Address),
}

impl InvitationCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::Resend(address) => change::resend(address, context).await,
            Self::Revoke(address) => change::revoke(address, context).await,
        }
    }
}
