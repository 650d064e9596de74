//! An API token that was shown, and what it may do at this moment: as much as its scopes say, and never
//! more than its owner.

use std::net::IpAddr;

use super::permit::TokenGrounds;
use crate::clock::Timestamp;
use crate::domain::api_token::{ApiScope, ApiToken};
use crate::domain::event::{Event, EventKind, Refusal};
use crate::domain::session::Client;
use crate::domain::user::User;
use crate::problem::{Problem, Result, codes};

/// A token that is good, of an owner who may sign in. Made by [`judge`] alone.
#[derive(Clone, Debug)]
pub struct Presented {
    token: ApiToken,
    owner: User,
}

/// Looks at a token that was shown from an address.
///
/// # Errors
/// Why it is refused, for the trail alone.
pub fn judge(
    token: ApiToken,
    owner: User,
    now: Timestamp,
    address: IpAddr,
) -> Result<Presented, Refusal> {
    if token.owner != owner.id {
        Err(Refusal::Unknown)
    } else if token.is_over(now) {
        Err(Refusal::Expired)
    } else if !token.allows(address) {
        Err(Refusal::AddressNotAllowed)
    } else if !owner.is_enabled {
        Err(Refusal::Disabled)
    } else {
        Ok(Presented { token, owner })
    }
}

impl Presented {
    /// The token.
    pub fn token(&self) -> &ApiToken {
        &self.token
    }

    /// Whose it is.
    pub fn owner(&self) -> &User {
        &self.owner
    }

    /// The scopes that work: those for superusers are none while its owner is no superuser.
    pub fn usable_scopes(&self) -> impl Iterator<Item = ApiScope> {
        let works = |scope: &ApiScope| !scope.needs_superuser() || self.owner.is_superuser;
        self.token.plan.scopes.iter().copied().filter(works)
    }

    /// What this scope lets it do, shown by this client.
    ///
    /// # Errors
    /// `api_token.scope` where it has no such scope; `api_token.owner` where its owner may not do this
    /// any more.
    pub fn may(&self, scope: ApiScope, client: Client) -> Result<MayCall> {
        if !self.token.has(scope) {
            return Err(Problem::new(codes::API_TOKEN_SCOPE).detailed(scope.as_str()));
        }
        if scope.needs_superuser() && !self.owner.is_superuser {
            return Err(codes::API_TOKEN_OWNER.into());
        }
        Ok(MayCall {
            grounds: TokenGrounds {
                needs_superuser: scope.needs_superuser(),
                ..self.grounds(client)
            },
        })
    }

    /// What the trail says where it may not do what it was shown for.
    pub fn refused(&self, client: &Client, why: impl Into<Refusal>) -> Event {
        self.grounds(client.clone()).refused(why)
    }

    fn grounds(&self, client: Client) -> TokenGrounds {
        TokenGrounds {
            token: self.token.id,
            name: self.token.plan.name.clone(),
            owner: self.owner.id,
            client,
            scopes: self.token.plan.scopes.clone(),
            needs_superuser: true,
        }
    }
}

/// A program may do what one scope says. Made by [`Presented::may`] alone.
#[derive(Clone, Debug)]
pub struct MayCall {
    grounds: TokenGrounds,
}

impl MayCall {
    /// What this stands on.
    pub fn grounds(&self) -> &TokenGrounds {
        &self.grounds
    }

    /// The token's name, for the trail.
    pub fn token(&self) -> &str {
        &self.grounds.name
    }

    /// Who calls.
    pub fn client(&self) -> &Client {
        &self.grounds.client
    }

    /// An event that this call causes, about the user who proved themselves by it.
    pub fn causes(&self, kind: EventKind) -> Event {
        let mut event = Event::new(kind).from(self.client());
        event.token = Some(self.token().to_owned());
        event
    }
}
