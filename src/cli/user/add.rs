//! `keyward user add`

use clap::Args;

use super::{parse_display_name, parse_email, parse_group};
use crate::cli::context::{Context, secret_line};
use keyward_actions::password;
use keyward_actions::user::{self, NewAccount};
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::{EmailAddress, UserName};
use keyward_core::problem::Result;

/// Arguments of `user add`.
#[derive(Debug, Args)]
pub struct Add {
    /// The name that the user types
    name: String,
    /// Where mail reaches them
    #[arg(long, value_parser = parse_email)]
    email: Option<EmailAddress>,
    /// What they are called, where that is more than the name
    #[arg(long, value_parser = parse_display_name)]
    display_name: Option<DisplayName>,
    /// May open the console
    #[arg(long)]
    superuser: bool,
    /// Read the first password from standard input; without one nobody can sign in as them
    #[arg(long)]
    password_stdin: bool,
    /// A group that they belong to
    #[arg(long, value_name = "GROUP", value_parser = parse_group)]
    group: Vec<GroupName>,
}

impl Add {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let name = UserName::parse(&self.name)?;
        let typed = match self.password_stdin {
            true => Some(secret_line("a password")?),
            false => None,
        };
        let app = context.open().await?;
        let password = match typed {
            Some(typed) => Some(password::judge(&app, typed, &name).await?),
            None => None,
        };
        let said = format!("{name} was added");
        let account = NewAccount {
            name,
            display_name: self.display_name,
            email: self.email,
            password,
            is_superuser: self.superuser,
            groups: self.group,
        };
        user::create(&app, &context.administrator, account).await?;
        context.output.say(&said)
    }
}
