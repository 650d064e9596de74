//! `keyward user set-password`

use clap::Args;

use crate::cli::context::{Context, secret_line};
use keyward_core::problem::Result;

/// Arguments of `user set-password`.
#[derive(Debug, Args)]
pub struct SetPassword {
    /// Whose
    name: String,
    /// Read the password from standard input
    #[arg(long, required = true)]
    password_stdin: bool,
}

impl SetPassword {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let keyward = context.open().await?;
        let user = context.user(&keyward, &self.name).await?;
        let password = secret_line("a password")?;
        let password = keyward.judge_password(password, &user.name).await?;
        keyward
            .set_password(&context.administrator, user.id, password)
            .await?;
        context
            .output
            .say(&format!("the password of {} was set", user.name))
    }
}
