//! Tokens by which other programs call the API: whose they are, what they may do, and from where.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use zeroize::Zeroizing;

use super::id_type;
use super::ids::UserId;
use super::spelling::typed_name;
use crate::clock::{Entropy, Timestamp};
use crate::problem::{Problem, Result, codes};
use crate::secret::{Token, TokenHash};

id_type!(
    /// The id of an API token's row. It opens nothing: what opens is the secret whose hash the row holds.
    ApiTokenId
);

macro_rules! scopes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal $says:literal,)*) => {
        /// What a token may do. One that may change something may read it too.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ApiScope { $($(#[$doc])* $variant,)* }

        impl ApiScope {
            /// Every scope, in the order of the reference.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it lets a token do, in one sentence.
            pub fn says(self) -> &'static str {
                match self { $(Self::$variant => $says,)* }
            }
        }
    };
}

scopes! {
    /// Reads users.
    UsersRead = "users:read" "Read users.",
    /// Changes users.
    UsersWrite = "users:write" "Create, change, disable and delete users; superusers need `superusers:write` too, groups `groups:write`.",
    /// Decides who is a superuser.
    SuperusersWrite = "superusers:write" "Make superusers, take that from them, and do to them what another scope does to users.",
    /// Reads groups.
    GroupsRead = "groups:read" "Read groups and who is in them.",
    /// Changes groups.
    GroupsWrite = "groups:write" "Create and remove groups, and change who is in them; where superusers are, `superusers:write` is needed too.",
    /// Reads devices.
    DevicesRead = "devices:read" "Read devices and the metadata of credentials.",
    /// Changes devices.
    DevicesWrite = "devices:write" "Remove devices, and take them off hold; those of superusers need `superusers:write` too.",
    /// Reads sessions.
    SessionsRead = "sessions:read" "Read open sessions.",
    /// Ends sessions.
    SessionsWrite = "sessions:write" "End sessions.",
    /// Reads invitations.
    InvitationsRead = "invitations:read" "Read invitations.",
    /// Invites.
    InvitationsWrite = "invitations:write" "Invite people, and take invitations back; into groups needs `groups:write` too.",
    /// Reads passes.
    PassesRead = "passes:read" "Read which users have a temporary pass.",
    /// Issues passes.
    PassesWrite = "passes:write" "Issue temporary passes, and take them back; one for a superuser needs `superusers:write` too.",
    /// Reads lockouts.
    LockoutsRead = "lockouts:read" "Read what failed tries are counted on.",
    /// Clears lockouts.
    LockoutsWrite = "lockouts:write" "Clear lockouts; those of superusers, and all at once, need `superusers:write` too.",
    /// Reads policies.
    PoliciesRead = "policies:read" "Read policies, and try what they would do.",
    /// Changes policies.
    PoliciesWrite = "policies:write" "Draft policies, switch them on and take them back.",
    /// Reads validation services.
    ServicesRead = "services:read" "Read validation services.",
    /// Changes validation services.
    ServicesWrite = "services:write" "Add, change and remove validation services; while superusers or people with a role have YubiKeys that these vouch for, adding and changing need `superusers:write` too.",
    /// Reads validation clients.
    ClientsRead = "clients:read" "Read clients of the validation server.",
    /// Changes validation clients.
    ClientsWrite = "clients:write" "Add, change and revoke clients of the validation server.",
    /// Reads the inventory of keys.
    KeysRead = "keys:read" "Read the inventory of keys, and what is on them.",
    /// Changes the inventory of keys.
    KeysWrite = "keys:write" "Add and change keys, assign and hand them over, take them back, report them lost or found, and retire them.",
    /// Reads what waits for owners of keys.
    EnrolmentsRead = "enrolments:read" "Read what is registered on keys and waits for their owners.",
    /// Registers keys for their owners.
    EnrolmentsWrite = "enrolments:write" "Register keys for their owners, keep them for these in the inventory, issue activation codes, and withdraw them: whoever has the key and the code has a device of that user. Those of superusers need `superusers:write` too.",
    /// Reads reports.
    ReportsRead = "reports:read" "Read reports: numbers of people by their devices, and of keys by model and firmware.",
    /// Reads applications.
    ApplicationsRead = "applications:read" "Read applications and their rules.",
    /// Changes applications.
    ApplicationsWrite = "applications:write" "Add, change and remove applications.",
    /// Reads clients of the OpenID provider.
    OpenidClientsRead = "openid-clients:read" "Read clients of the OpenID provider, without their secrets.",
    /// Changes clients of the OpenID provider.
    OpenidClientsWrite = "openid-clients:write" "Add, change and remove clients of the OpenID provider, and give them new secrets.",
    /// Goes through forward-auth.
    ApplicationsEnter = "applications:enter" "Be let into applications as its owner, where their rules take tokens.",
    /// Reads API tokens.
    TokensRead = "tokens:read" "Read API tokens, without their secrets.",
    /// Revokes API tokens.
    TokensWrite = "tokens:write" "Revoke API tokens.",
    /// Reads the trail.
    EventsRead = "events:read" "Read the audit trail.",
    /// Asks who is there.
    SessionsCheck = "sessions:check" "Ask whose a session or a token is.",
    /// Verifies people.
    Verify = "verify" "Verify codes and passkeys of users, and ask whose a session or a token is.",
}

impl ApiScope {
    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_stored(text)
    }

    /// Reads a name that we wrote.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|scope| scope.as_str() == text)
    }

    /// Whether only a superuser has the right to give away, because it is about everybody. A token with
    /// the others acts for its owner alone.
    pub fn needs_superuser(self) -> bool {
        self != Self::ApplicationsEnter
    }

    /// Whether this one lets a token do what `other` does.
    pub fn includes(self, other: Self) -> bool {
        let reads = |written: Self, read: Self| self == written && other == read;
        self == other
            || reads(Self::UsersWrite, Self::UsersRead)
            || reads(Self::GroupsWrite, Self::GroupsRead)
            || reads(Self::DevicesWrite, Self::DevicesRead)
            || reads(Self::SessionsWrite, Self::SessionsRead)
            || reads(Self::InvitationsWrite, Self::InvitationsRead)
            || reads(Self::PassesWrite, Self::PassesRead)
            || reads(Self::LockoutsWrite, Self::LockoutsRead)
            || reads(Self::PoliciesWrite, Self::PoliciesRead)
            || reads(Self::ServicesWrite, Self::ServicesRead)
            || reads(Self::ClientsWrite, Self::ClientsRead)
            || reads(Self::KeysWrite, Self::KeysRead)
            || reads(Self::EnrolmentsWrite, Self::EnrolmentsRead)
            || reads(Self::ApplicationsWrite, Self::ApplicationsRead)
            || reads(Self::OpenidClientsWrite, Self::OpenidClientsRead)
            || reads(Self::TokensWrite, Self::TokensRead)
            || reads(Self::Verify, Self::SessionsCheck)
    }
}

/// What an administrator decides about a new token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiTokenPlan {
    /// What it is called: 1 to 64 characters, unique.
    pub name: String,
    /// What it may do: one scope at least.
    pub scopes: BTreeSet<ApiScope>,
    /// The networks from which it may be shown; empty where it may from anywhere.
    pub networks: Vec<IpNet>,
    /// When it ends; `None` where it does not.
    pub expires_at: Option<Timestamp>,
}

impl ApiTokenPlan {
    /// The longest name, in characters.
    pub const LONGEST_NAME: usize = 64;
    /// The most networks.
    pub const MOST_NETWORKS: usize = 64;

    /// Checks what types alone do not.
    ///
    /// # Errors
    /// `api_token.invalid` with the reason.
    pub fn checked(mut self, now: Timestamp) -> Result<Self> {
        let invalid = |why: &str| Err(Problem::new(codes::API_TOKEN_INVALID).detailed(why));
        let Some(name) = typed_name(&self.name, Self::LONGEST_NAME) else {
            return invalid(
                "a name has 1 to 64 characters on one line, and none that cannot be seen",
            );
        };
        self.name = name;
        if self.scopes.is_empty() {
            return invalid("a token needs one scope at least");
        }
        if self.networks.len() > Self::MOST_NETWORKS {
            return invalid("at most 64 networks can be allowed");
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return invalid("its end lies in the past");
        }
        Ok(self)
    }
}

/// A token, without its secret, which its owner alone has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// The row.
    pub id: ApiTokenId,
    /// Whose it is: it has no rights that this user has not.
    pub owner: UserId,
    /// What an administrator decided about it.
    pub plan: ApiTokenPlan,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last shown, to the minute.
    pub last_used_at: Option<Timestamp>,
}

impl ApiToken {
    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.plan.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether it may be shown from this address. IPv4 in IPv6's clothes is IPv4.
    pub fn allows(&self, address: IpAddr) -> bool {
        let (address, networks) = (address.to_canonical(), &self.plan.networks);
        networks.is_empty() || networks.iter().any(|net| net.contains(&address))
    }

    /// Whether one of its scopes lets it do what this one does.
    pub fn has(&self, scope: ApiScope) -> bool {
        self.plan.scopes.iter().any(|own| own.includes(scope))
    }
}

/// A token in a list, with the name of whose it is.
#[derive(Clone, Debug)]
pub struct ApiTokenSummary {
    /// The token.
    pub token: ApiToken,
    /// Its owner's name.
    pub owner: String,
}

/// The secret of a token: `kw_` and 43 characters, so that what looks for leaked secrets knows it.
pub struct ApiTokenSecret(Token);

impl ApiTokenSecret {
    /// What every one begins with.
    pub const PREFIX: &str = "kw_";

    /// A new one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Token::generate(entropy))
    }

    /// Reads a secret as it is handed out; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Token::parse(text.strip_prefix(Self::PREFIX)?).map(Self)
    }

    /// The secret in the form in which it is handed out.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}{}", Self::PREFIX, *self.0.expose()))
    }

    /// What is stored in its place.
    pub fn hash(&self) -> TokenHash {
        self.0.hash()
    }
}

impl fmt::Debug for ApiTokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiTokenSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    fn plan(name: &str) -> ApiTokenPlan {
        ApiTokenPlan {
            name: name.to_owned(),
            scopes: [ApiScope::UsersRead].into(),
            networks: Vec::new(),
            expires_at: None,
        }
    }

    #[test]
    fn a_scope_is_read_as_it_is_written_and_what_writes_reads_too() {
        for scope in ApiScope::ALL.iter().copied() {
            assert_eq!(ApiScope::parse(scope.as_str()), Some(scope));
            if let Some(noun) = scope.as_str().strip_suffix(":write")
                && let Some(read) = ApiScope::parse(&format!("{noun}:read"))
            {
                assert!(scope.includes(read), "{noun}");
                assert!(!read.includes(scope), "{noun}");
            }
        }
        assert!(!ApiScope::UsersWrite.includes(ApiScope::SuperusersWrite));
        assert!(ApiScope::Verify.includes(ApiScope::SessionsCheck));
    }

    #[test]
    fn a_secret_begins_with_what_scanners_look_for_and_does_not_print() {
        let secret = ApiTokenSecret::generate(&SystemEntropy);
        let written = secret.expose();
        assert!(written.starts_with("kw_") && written.len() == 46);
        let read = ApiTokenSecret::parse(&written).expect("a secret");
        assert_eq!(read.hash(), secret.hash());
        assert!(ApiTokenSecret::parse(&written["kw_".len()..]).is_none());
        assert_eq!(format!("{secret:?}"), "ApiTokenSecret(..)");
    }

    #[test]
    fn a_plan_needs_a_name_a_scope_and_an_end_to_come() {
        let now = Timestamp::from_seconds(100);
        assert!(
            plan(" deploy ")
                .checked(now)
                .is_ok_and(|plan| plan.name == "deploy")
        );
        assert!(plan("").checked(now).is_err());
        let without = ApiTokenPlan {
            scopes: BTreeSet::new(),
            ..plan("a")
        };
        assert!(without.checked(now).is_err());
        let over = ApiTokenPlan {
            expires_at: Some(now),
            ..plan("a")
        };
        assert!(over.checked(now).is_err());
    }
}
