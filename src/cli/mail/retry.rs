//! `keyward mail retry`

use crate::cli::context::Context;
use keyward_core::problem::Result;

pub(super) async fn run(context: &Context) -> Result<()> {
    let keyward = context.open().await?;
    let count = keyward.retry_mail(&context.administrator).await?;
    context
        .output
        .say(&format!("{count} mails are tried again by the server"))
}
