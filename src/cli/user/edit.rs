//! `keyward user edit`

use clap::Args;

use super::{parse_display_name, parse_email};
use crate::cli::context::Context;
use keyward_actions::user;
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::user::{EmailAddress, UserName};
use keyward_core::problem::Result;

/// Arguments of `user edit`.
#[derive(Debug, Args)]
pub struct Edit {
    /// Who
    name: String,
    /// The name that they type from now on
    #[arg(long = "name", value_name = "NAME")]
    new_name: Option<String>,
    /// Where mail reaches them from now on; "" for nowhere
    #[arg(long, value_parser = or_nothing(parse_email))]
    email: Option<Given<EmailAddress>>,
    /// What they are called from now on; "" for no more than their name
    #[arg(long, value_parser = or_nothing(parse_display_name))]
    display_name: Option<Given<DisplayName>>,
}

/// What was given for something that may be empty.
#[derive(Clone, Debug)]
struct Given<T>(Option<T>);

fn or_nothing<T>(
    parse: fn(&str) -> std::result::Result<T, String>,
) -> impl Fn(&str) -> std::result::Result<Given<T>, String> + Clone + Send + Sync + 'static
where
    T: 'static,
{
    move |text| match text.trim() {
        "" => Ok(Given(None)),
        text => parse(text).map(|parsed| Given(Some(parsed))),
    }
}

impl Edit {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let user = context.user(&app, &self.name).await?;
        let edit = user::Edit {
            name: self.new_name.as_deref().map(UserName::parse).transpose()?,
            email: self.email.map(|Given(email)| email),
            display_name: self.display_name.map(|Given(name)| name),
            groups: None,
            edition: None,
        };
        let edited = user::edit(&app, &context.administrator, user.id, edit).await?;
        let email = edited
            .email
            .as_ref()
            .map_or("no e-mail address", |email| email.as_str());
        context.output.say(&format!(
            "{} is now {} ({}), {email}",
            user.name,
            edited.name,
            edited.called(),
        ))
    }
}
