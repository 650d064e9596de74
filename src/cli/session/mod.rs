//! `keyward session`

mod end;
mod list;

use clap::Subcommand;
use serde::Serialize;

use super::context::Context;
use keyward_core::domain::session::SignIn;
use keyward_core::problem::Result;

/// Sessions.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// List open sessions, newest first
    List(list::List),
    /// End sessions
    End(end::End),
}

impl SessionCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::End(end) => end.run(context).await,
        }
    }
}

/// A session as commands print it.
#[derive(Serialize)]
pub(super) struct ShownSession {
    id: String,
    user: String,
    assurance: &'static str,
    methods: String,
    level: &'static str,
    address: String,
    user_agent: String,
    opened_at: String,
    last_seen_at: String,
    expires_at: String,
}

impl From<&(SignIn, String)> for ShownSession {
    fn from((sign_in, user): &(SignIn, String)) -> Self {
        Self {
            id: sign_in.id.to_string(),
            user: user.clone(),
            assurance: sign_in.assurance.as_str(),
            methods: sign_in.methods.joined(),
            level: sign_in.level.as_str(),
            address: sign_in.client.address.to_string(),
            user_agent: sign_in.client.user_agent.clone(),
            opened_at: sign_in.opened_at.rfc3339(),
            last_seen_at: sign_in.last_seen_at.rfc3339(),
            expires_at: sign_in.expires_at.rfc3339(),
        }
    }
}

impl ShownSession {
    /// On one line, without whose it is.
    pub(super) fn line(&self) -> String {
        format!(
            "{}, {}, {} ({}), from {}, last seen {}",
            self.id, self.level, self.assurance, self.methods, self.address, self.last_seen_at
        )
    }
}
