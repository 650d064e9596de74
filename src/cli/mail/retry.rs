//! `keyward mail retry`

use crate::cli::context::Context;
use keyward_actions::outbox;
use keyward_core::problem::Result;

pub(super) async fn run(context: &Context) -> Result<()> {
    let app = context.open().await?;
    let count = outbox::retry(&app, &context.administrator).await?;
    context
        .output
        .say(&format!("{count} mails are tried again by the server"))
}
