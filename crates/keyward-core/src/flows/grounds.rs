//! What a permit stands on: a session, a token, or the server itself.

use std::collections::BTreeSet;

use crate::domain::api_token::{ApiScope, ApiTokenId};
use crate::domain::event::{Event, EventKind, Refusal};
use crate::domain::role::Role;
use crate::domain::session::{Client, Session, SessionId};
use crate::domain::user::UserId;
use crate::problem::{Problem, Result, codes};
use crate::secret::TokenHash;

/// What a permit stands on, as it was when the permit was given. Much of what is done for a user
/// waits, for a seat, for the network, for the database; the transaction that acts at last asks
/// whether all this stands still (`actions/grounds.rs`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grounds {
    /// The server itself, or the operator who runs the command line on it: nothing takes that away
    /// meanwhile.
    Server,
    /// A session, whose user changes what is theirs.
    Own(SessionGrounds),
    /// A session of somebody at the console, who does what their role allows.
    Console(ConsoleGrounds),
    /// An API token, which acts for its owner.
    Token(TokenGrounds),
}

/// A session at the console, and what its user must be still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleGrounds {
    /// The session.
    pub session: SessionGrounds,
    /// The role without which this was not permitted; `None` asks for a superuser.
    pub role: Option<Role>,
}

/// One API token of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenGrounds {
    /// The token.
    pub token: ApiTokenId,
    /// What it is called, for the trail.
    pub name: String,
    /// Whose it is.
    pub owner: UserId,
    /// Who shows it.
    pub client: Client,
    /// All that it may do.
    pub scopes: BTreeSet<ApiScope>,
    /// Whether what is done asks for a superuser.
    pub needs_superuser: bool,
}

impl TokenGrounds {
    /// Whether the token has this scope too, beside the one that it was shown for.
    ///
    /// # Errors
    /// `api_token.scope` with the scope that is missing.
    pub fn require(&self, scope: ApiScope) -> Result<()> {
        match self.scopes.iter().any(|own| own.includes(scope)) {
            true => Ok(()),
            false => Err(Problem::new(codes::API_TOKEN_SCOPE).detailed(scope.as_str())),
        }
    }

    /// What the trail says of a token that may not do what it was shown for: it may be in the wrong
    /// hands.
    pub fn refused(&self, why: impl Into<Refusal>) -> Event {
        let mut event = Event::new(EventKind::ApiTokenRefused)
            .refused(why)
            .about(self.owner)
            .from(&self.client);
        event.token = Some(self.name.clone());
        event
    }
}

impl Grounds {
    /// Whether this reaches as far as another scope of a token; an administrator who acts by no token
    /// needs none.
    ///
    /// # Errors
    /// `api_token.scope`
    pub fn require(&self, scope: ApiScope) -> Result<()> {
        match self {
            Self::Token(token) => token.require(scope),
            Self::Server | Self::Own(_) | Self::Console(_) => Ok(()),
        }
    }

    /// Whether this is permitted by a role below that of a superuser.
    pub fn is_bound_to_role(&self) -> bool {
        matches!(self, Self::Console(ConsoleGrounds { role: Some(_), .. }))
    }

    /// Whether this may change what a user proves themselves by, is found by or is judged by, where
    /// that user is one of the console's. Who has the account of a superuser has everything, and who
    /// has that of the help desk has nearly as much: a token that may change people may not change
    /// these, unless it may make superusers, and the help desk is for nobody at the console. To be asked
    /// in the transaction that acts, which holds the user: they may have become one meanwhile.
    ///
    /// # Errors
    /// `api_token.scope`, `console.staff`
    pub fn may_change_staff(&self) -> Result<()> {
        match self {
            Self::Token(token) => token.require(ApiScope::SuperusersWrite),
            Self::Console(ConsoleGrounds { role: Some(_), .. }) => Err(codes::CONSOLE_STAFF.into()),
            Self::Server | Self::Own(_) | Self::Console(ConsoleGrounds { role: None, .. }) => {
                Ok(())
            }
        }
    }
}

/// One session of one user, under one identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionGrounds {
    /// Whose.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The hash of what opens it. A session that was raised meanwhile has another one, and an
    /// attacker who came with the old one may have copied it.
    pub identifier: TokenHash,
    /// Whether a password alone opened it, and it does more than enrol because nothing more was
    /// asked of its user: they had no device, and no policy that concerns them wanted one.
    pub is_by_password_alone: bool,
}

impl SessionGrounds {
    pub(super) fn of(session: &Session) -> Self {
        Self {
            user: session.user_id,
            session: session.id,
            identifier: session.identifier.clone(),
            is_by_password_alone: false,
        }
    }
}
