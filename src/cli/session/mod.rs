//! `keyward session`

mod end;
mod list;

use clap::Subcommand;
use serde::Serialize;

use super::context::Context;
use keyward_core::domain::session::Session;
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

impl From<&(Session, String)> for ShownSession {
    fn from((session, user): &(Session, String)) -> Self {
        Self {
            id: session.id.to_string(),
            user: user.clone(),
            assurance: session.assurance.as_str(),
            methods: session.methods.joined(),
            level: session.level.as_str(),
            address: session.client.address.to_string(),
            user_agent: session.client.user_agent.clone(),
            opened_at: session.opened_at.rfc3339(),
            last_seen_at: session.last_seen_at.rfc3339(),
            expires_at: session.expires_at.rfc3339(),
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
