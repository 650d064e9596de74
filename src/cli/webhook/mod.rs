//! `keyward webhook`

mod add;
mod change;
mod dead;
mod list;
mod remove;
mod resend;
mod rotate;
mod show;
mod test;

use clap::Subcommand;

use super::context::Context;
use keyward_core::problem::Result;

/// Addresses to which events are sent as they happen.
#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// Add a webhook; its secret is shown this once
    Add(add::Add),
    /// List the webhooks
    List,
    /// Show a webhook
    Show(show::Show),
    /// Change a webhook; what is not named stays
    Change(change::Change),
    /// Send an event to a webhook, and wait for the answer
    Test(test::Test),
    /// Give a webhook a new secret, which is shown this once; the one before signs too for a while
    Rotate(rotate::Rotate),
    /// List the events that a webhook was given up for
    Dead(dead::Dead),
    /// Send again what a webhook was given up for
    Resend(resend::Resend),
    /// Remove a webhook, with whatever is on its way to it
    Remove(remove::Remove),
}

impl WebhookCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::List => list::run(context).await,
            Self::Show(show) => show.run(context).await,
            Self::Change(change) => change.run(context).await,
            Self::Test(test) => test.run(context).await,
            Self::Rotate(rotate) => rotate.run(context).await,
            Self::Dead(dead) => dead.run(context).await,
            Self::Resend(resend) => resend.run(context).await,
            Self::Remove(remove) => remove.run(context).await,
        }
    }
}
