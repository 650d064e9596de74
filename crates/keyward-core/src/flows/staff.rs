//! Who is at the console, or does what it does by a token or at the command line, and how far their role
//! reaches.
//!
//! | permit | of | for |
//! |---|---|---|
//! | [`MayLookUp`] | [`Staff`] | looking up users and keys |
//! | [`MayAudit`] | [`Auditor`] | reading everything but secrets |
//! | [`MayHelp`] | [`HelpDesk`] | what the help desk does, for users who have no role |
//! | [`Administrator`] | [`Superuser`] | everything |
//!
//! An action takes the least that it needs. Whoever has more has that too.

use std::ops::Deref;

use super::api_token::MayCall;
use super::grounds::{ConsoleGrounds, Grounds, SessionGrounds};
use crate::domain::answered_request::RequestKey;
use crate::domain::event::{Actor, Event, EventKind};
use crate::domain::role::{Role, Roles};
use crate::domain::session::{Client, Session};
use crate::domain::user::{User, UserId};
use crate::problem::{Result, codes};

/// A superuser or a user with a role, with a second factor, is at the console.
#[derive(Debug)]
pub struct Staff {
    session: Session,
    user: User,
    roles: Roles,
}

impl Staff {
    pub(super) fn new(session: Session, user: User, roles: Roles) -> Option<Self> {
        let is_staff = user.is_superuser || !roles.is_empty();
        is_staff.then_some(Self {
            session,
            user,
            roles,
        })
    }

    /// Who.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Their id, as the actor of what they do.
    pub fn id(&self) -> UserId {
        self.user.id
    }

    /// Their session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Whether they may do everything.
    pub fn is_superuser(&self) -> bool {
        self.user.is_superuser
    }

    /// Whether they may do what this role is for.
    pub fn has(&self, role: Role) -> bool {
        self.user.is_superuser || self.roles.contains(&role)
    }

    /// The same for what superusers alone may.
    ///
    /// # Errors
    /// `console.role`
    pub fn superuser(self) -> Result<Superuser> {
        match self.user.is_superuser {
            true => Ok(Superuser(self)),
            false => Err(codes::CONSOLE_ROLE.into()),
        }
    }

    /// The same for what auditors may.
    ///
    /// # Errors
    /// `console.role`
    pub fn auditor(self) -> Result<Auditor> {
        match self.has(Role::Auditor) {
            true => Ok(Auditor(self)),
            false => Err(codes::CONSOLE_ROLE.into()),
        }
    }

    /// The same for what the help desk may.
    ///
    /// # Errors
    /// `console.role`
    pub fn help_desk(self) -> Result<HelpDesk> {
        match self.has(Role::HelpDesk) {
            true => Ok(HelpDesk(self)),
            false => Err(codes::CONSOLE_ROLE.into()),
        }
    }

    /// What a permit for this role stands on; a superuser's stands on their being one.
    fn acts(&self, client: Client, role: Option<Role>) -> Permitted {
        let role = role.filter(|_| !self.user.is_superuser);
        Permitted {
            actor: Actor::User(self.user.id),
            client: Some(client),
            grounds: Grounds::Console(ConsoleGrounds {
                session: SessionGrounds::of(&self.session),
                role,
            }),
            token: None,
            once: None,
        }
    }
}

/// A superuser is at the console.
#[derive(Debug)]
pub struct Superuser(Staff);

/// An auditor or a superuser is at the console.
#[derive(Debug)]
pub struct Auditor(Staff);

/// Somebody of the help desk or a superuser is at the console.
#[derive(Debug)]
pub struct HelpDesk(Staff);

/// Whoever is at the console with one role is there.
pub trait AtConsole: Deref<Target = Staff> {}

macro_rules! at_console {
    ($($one:ident)*) => {$(
        impl Deref for $one {
            type Target = Staff;

            fn deref(&self) -> &Staff {
                &self.0
            }
        }

        impl AtConsole for $one {}
    )*};
}

at_console!(Superuser Auditor HelpDesk);

/// Who does something that is recorded as theirs, and what their permit for it stands on. It is no
/// permit by itself.
#[derive(Clone, Debug)]
pub struct Permitted {
    actor: Actor,
    client: Option<Client>,
    grounds: Grounds,
    token: Option<String>,
    once: Option<RequestKey>,
}

impl Permitted {
    /// The key of the request that they answer, where it may be sent again.
    pub fn request_key(&self) -> Option<&RequestKey> {
        self.once.as_ref()
    }

    /// What this stands on.
    pub fn grounds(&self) -> Grounds {
        self.grounds.clone()
    }

    /// An event that they cause.
    pub fn does(&self, kind: EventKind) -> Event {
        let mut event = Event::new(kind).by(self.actor);
        event.client = self.client.clone();
        event.token = self.token.clone();
        event
    }

    /// Whether this is their own account.
    pub fn is(&self, user: UserId) -> bool {
        self.actor == Actor::User(user)
    }
}

/// Who may look up users and keys: everybody at the console.
#[derive(Clone, Debug)]
pub struct MayLookUp(Permitted);

/// Who may read everything but secrets: an auditor, and whoever may do everything.
#[derive(Clone, Debug)]
pub struct MayAudit(MayLookUp);

/// Who may do what the help desk does: it, and whoever may do everything.
#[derive(Clone, Debug)]
pub struct MayHelp(MayLookUp);

/// Who may do what the console does: a superuser there, a token of theirs, or the operator who may run
/// the command line on the server.
#[derive(Clone, Debug)]
pub struct Administrator(MayAudit);

macro_rules! includes {
    ($($more:ident $less:ident)*) => {$(
        impl Deref for $more {
            type Target = $less;

            fn deref(&self) -> &$less {
                &self.0
            }
        }
    )*};
}

includes!(MayLookUp Permitted MayAudit MayLookUp MayHelp MayLookUp Administrator MayAudit);

impl MayLookUp {
    /// At the console.
    pub fn at_console(staff: &Staff, client: Client) -> Self {
        // Either role will do: the one that they have is asked for again.
        let role = Role::ALL.iter().copied().find(|role| staff.has(*role));
        Self(staff.acts(client, role))
    }
}

impl MayAudit {
    /// At the console.
    pub fn at_console(auditor: &Auditor, client: Client) -> Self {
        Self(MayLookUp(auditor.acts(client, Some(Role::Auditor))))
    }
}

impl MayHelp {
    /// At the console.
    pub fn at_console(help_desk: &HelpDesk, client: Client) -> Self {
        Self(MayLookUp(help_desk.acts(client, Some(Role::HelpDesk))))
    }
}

impl Administrator {
    /// At the console.
    pub fn at_console(superuser: &Superuser, client: Client) -> Self {
        Self::permitted(superuser.acts(client, None))
    }

    /// By an API token, with the rights of its owner: a superuser, or nobody gets here.
    ///
    /// # Errors
    /// `api_token.owner` for what a token may do for its owner alone.
    pub fn by_token(call: &MayCall) -> Result<Self> {
        if !call.grounds().needs_superuser {
            return Err(codes::API_TOKEN_OWNER.into());
        }
        Ok(Self::permitted(Permitted {
            actor: Actor::User(call.grounds().owner),
            client: Some(call.client().clone()),
            grounds: Grounds::Token(call.grounds().clone()),
            token: Some(call.token().to_owned()),
            once: None,
        }))
    }

    /// At the command line: who can run it on the server can read the master key.
    pub fn at_command_line() -> Self {
        Self::permitted(Permitted {
            actor: Actor::CommandLine,
            client: None,
            grounds: Grounds::Server,
            token: None,
            once: None,
        })
    }

    fn permitted(permitted: Permitted) -> Self {
        Self(MayAudit(MayLookUp(permitted)))
    }

    /// The same for a request that may be sent again: what is created for it is created once.
    #[must_use]
    pub fn once(self, key: RequestKey) -> Self {
        let Self(MayAudit(MayLookUp(permitted))) = self;
        let once = Some(key);
        Self::permitted(Permitted { once, ..permitted })
    }

    /// What the help desk may do, without its bounds.
    pub fn helps(&self) -> MayHelp {
        let Self(MayAudit(look_up)) = self;
        MayHelp(look_up.clone())
    }
}
