//! What a user lets an application have: one authorization of one client in one session, on which its
//! codes and tokens hang.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::id_type;
use super::ids::{DeviceId, SessionId, UserId};
use super::openid_client::OpenidClientId;
use super::session::Methods;
use crate::clock::Timestamp;

id_type!(
    /// The id of a grant's row.
    GrantId
);

id_type!(
    /// The id of the row of an end that a client is to be told of.
    SessionEndId
);

/// How long a code is good for: what RFC 6749 §4.1.2 allows is ten times as long.
pub const CODE_LASTS: Duration = Duration::from_mins(1);
/// How long an access token is good for, where nothing ends it before.
pub const ACCESS_TOKEN_LASTS: Duration = Duration::from_mins(10);
/// How long an ID token is taken: it is read when it arrives.
pub const ID_TOKEN_LASTS: Duration = Duration::from_mins(5);
/// How long after a rotation the token before it is taken for one whose answer was lost, from a client
/// that proves itself.
pub const ROTATION_GRACE: Duration = Duration::from_secs(10);

/// What became of the code of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceCodeState {
    /// Its user has not said yet.
    Waiting,
    /// Its user let the client have what it asks for.
    Granted,
    /// Its user did not want that.
    Declined,
}

impl DeviceCodeState {
    const ALL: [Self; 3] = [Self::Waiting, Self::Granted, Self::Declined];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Granted => "granted",
            Self::Declined => "declined",
        }
    }

    /// The state of a row.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A claim about the user that can be asked for by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimName {
    /// What they are called.
    Name,
    /// The name that they type.
    PreferredUsername,
    /// Their mail address.
    Email,
    /// Whether mail is known to reach them there.
    EmailVerified,
    /// Their groups.
    Groups,
}

impl ClaimName {
    /// Every claim, with its name and the scope that covers it (OpenID Connect Core 1.0 §5.4).
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Name, "name", "profile"),
        (Self::PreferredUsername, "preferred_username", "profile"),
        (Self::Email, "email", "email"),
        (Self::EmailVerified, "email_verified", "email"),
        (Self::Groups, "groups", "groups"),
    ];

    /// Reads a name; `None` for a claim that is not made here.
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(claim, name, _)| (name == text).then_some(claim))
    }

    /// The scope that covers it.
    pub fn scope(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(claim, _, scope)| (claim == self).then_some(scope))
            .unwrap_or_default()
    }
}

/// Claims that a client asked for by their names, besides those of its scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedClaims {
    /// In the ID token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token: Vec<ClaimName>,
    /// At the userinfo endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo: Vec<ClaimName>,
}

impl NamedClaims {
    /// The stored form.
    pub fn to_stored(&self) -> String {
        match self == &Self::default() {
            true => String::new(),
            false => serde_json::to_string(self).unwrap_or_default(),
        }
    }

    /// Those of a row; `None` where they cannot be read.
    pub fn from_stored(text: &str) -> Option<Self> {
        match text {
            "" => Some(Self::default()),
            text => serde_json::from_str(text).ok(),
        }
    }
}

/// Scopes, each once, in the order in which they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Those of these that are allowed.
    pub fn among<'a>(asked: impl IntoIterator<Item = &'a str>, allowed: &[&str]) -> Self {
        let mut scopes: Vec<String> = Vec::new();
        for scope in asked {
            if allowed.contains(&scope) && !scopes.iter().any(|known| known == scope) {
                scopes.push(scope.to_owned());
            }
        }
        Self(scopes)
    }

    /// The scopes of a row.
    pub fn from_stored(text: &str) -> Self {
        Self(
            text.split(' ')
                .filter(|scope| !scope.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    /// With a space between each two, as they are stored and sent (RFC 6749 §3.3).
    pub fn joined(&self) -> String {
        self.0.join(" ")
    }

    /// Whether a scope is among them.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|known| known == scope)
    }

    /// Those of these that are among `others`.
    #[must_use]
    pub fn within(&self, others: &Self) -> Self {
        let both = self.iter().filter(|scope| others.contains(scope));
        Self(both.map(str::to_owned).collect())
    }

    /// Whether all of these are among `others`.
    pub fn are_within(&self, others: &Self) -> bool {
        self.0.iter().all(|scope| others.contains(scope))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// What a user proved when they let a client have this. It is told as it was, whatever their session
/// proves later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantProof {
    /// When they proved themselves last.
    pub auth_time: Timestamp,
    /// The value of `acr`.
    pub acr: String,
    /// The values of `amr`.
    pub methods: Methods,
    /// The device that proved the session; `None` where none did, or where it is gone.
    pub device: Option<DeviceId>,
    /// Whether a device proved the session.
    pub is_by_device: bool,
}

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The row.
    pub id: GrantId,
    /// To whom.
    pub client: OpenidClientId,
    /// By whom; `None` where the client acts for itself, or where the user is gone.
    pub user: Option<UserId>,
    /// In which session; `None` where there was none, or where it ended.
    pub session: Option<SessionId>,
    /// What the client knows the session by (OpenID Connect Back-Channel Logout 1.0 §2.1); empty where
    /// there was none.
    pub sid: String,
    /// What it covers.
    pub scopes: Scopes,
    /// Claims besides.
    pub claims: NamedClaims,
    /// What the user had proved; `None` where the client acts for itself.
    pub proof: Option<GrantProof>,
    /// When it was given.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_that_are_not_allowed_or_doubled_are_left_out() {
        let asked = ["openid", "admin", "email", "openid"];
        let scopes = Scopes::among(asked, &["openid", "email", "profile"]);
        assert_eq!(scopes.joined(), "openid email");
        assert!(Scopes::from_stored("email").are_within(&scopes));
        assert!(!Scopes::from_stored("email groups").are_within(&scopes));
        assert!(Scopes::from_stored("").is_empty());
    }

    #[test]
    fn named_claims_are_read_as_they_are_written() {
        let named = NamedClaims {
            id_token: vec![ClaimName::Groups],
            userinfo: Vec::new(),
        };
        for claims in [named, NamedClaims::default()] {
            assert_eq!(NamedClaims::from_stored(&claims.to_stored()), Some(claims));
        }
        assert_eq!(NamedClaims::from_stored("{"), None);
    }
}
