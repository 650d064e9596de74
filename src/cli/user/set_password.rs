//! `keyward user set-password`

use clap::Args;

use crate::cli::context::{Context, secret_line};
use keyward_actions::password;
use keyward_actions::user;
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
        let app = context.open().await?;
        let user = context.user(&app, &self.name).await?;
        let password = secret_line("a password")?;
        let password = password::judge(&app, password, &user.name).await?;
        user::set_password(&app, &context.administrator, user.id, password).await?;
        context
            .output
            .say(&format!("the password of {} was set", user.name))
    }
}
