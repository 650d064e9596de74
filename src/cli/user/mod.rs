//! `keyward user`

mod add;
mod delete;
mod edit;
mod groups;
mod password_link;
mod set_password;
mod show;
mod switch;
mod unlink;

use clap::Subcommand;
use serde::Serialize;

use super::context::Context;
use super::list::List;
use crate::lists::Users;
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::{EmailAddress, User};
use keyward_core::problem::Result;

/// People.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user
    Add(add::Add),
    /// List users
    List(List<Users>),
    /// Show a user with their groups, devices, sessions and links with other OpenID providers
    Show(switch::Name),
    /// Change a user's name, e-mail address or display name
    Edit(edit::Edit),
    /// Erase a user with everything that is theirs; the audit trail stays, without name and address
    Delete(delete::Delete),
    /// Let a user sign in again
    Enable(switch::Name),
    /// Keep a user from signing in, and end their sessions
    Disable(switch::Name),
    /// Forget the failed tries that lock a user out
    Unlock(switch::Name),
    /// Set a user's password, and end their sessions
    SetPassword(set_password::SetPassword),
    /// Give a user a link by which they choose a password
    PasswordLink(password_link::Link),
    /// Take a password away that others may know, end every way in, and send a link for a new one
    AskPassword(password_link::Ask),
    /// Take the link of a user with another OpenID provider back, and end the sessions that it opened
    Unlink(unlink::Unlink),
    /// Show or change the groups of a user
    Groups(groups::Groups),
}

impl UserCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::List(list) => list.run(context).await,
            Self::Show(name) => show::run(name, context).await,
            Self::Edit(edit) => edit.run(context).await,
            Self::Delete(delete) => delete.run(context).await,
            Self::Enable(name) => switch::enable(name, context).await,
            Self::Disable(name) => switch::disable(name, context).await,
            Self::Unlock(name) => switch::unlock(name, context).await,
            Self::SetPassword(set) => set.run(context).await,
            Self::PasswordLink(link) => link.run(context).await,
            Self::AskPassword(ask) => ask.run(context).await,
            Self::Unlink(unlink) => unlink.run(context).await,
            Self::Groups(groups) => groups.run(context).await,
        }
    }
}

/// A user as commands print them.
#[derive(Serialize)]
struct Shown {
    id: String,
    name: String,
    display_name: Option<String>,
    email: Option<String>,
    superuser: bool,
    enabled: bool,
    created_at: String,
    last_sign_in_at: Option<String>,
}

impl From<&User> for Shown {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name.to_string(),
            display_name: user.display_name.as_ref().map(ToString::to_string),
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            superuser: user.is_superuser,
            enabled: user.is_enabled,
            created_at: user.created_at.rfc3339(),
            last_sign_in_at: user
                .last_sign_in_at
                .map(keyward_core::clock::Timestamp::rfc3339),
        }
    }
}

fn yes(truth: bool) -> String {
    if truth { "yes" } else { "no" }.to_owned()
}

pub(super) fn parse_group(text: &str) -> std::result::Result<GroupName, String> {
    GroupName::parse(text).map_err(|problem| problem.code().meaning.to_owned())
}

/// A group that may be there, whatever the rule for new ones is today.
pub(in crate::cli) fn parse_existing_group(text: &str) -> std::result::Result<GroupName, String> {
    match text {
        "" => Err("a group has a name".to_owned()),
        name => Ok(GroupName::from_stored(name)),
    }
}

pub(super) fn parse_email(text: &str) -> std::result::Result<EmailAddress, String> {
    EmailAddress::parse(text).map_err(|problem| problem.code().meaning.to_owned())
}

pub(super) fn parse_display_name(text: &str) -> std::result::Result<DisplayName, String> {
    DisplayName::parse(text).map_err(|problem| problem.code().meaning.to_owned())
}
