//! OpenID providers of others at which our users may sign in, and whom their words are believed about.

use std::fmt;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use super::group::GroupName;
use super::id_type;
use super::ids::UserId;
use super::outgoing::AuthorityCertificates;
use crate::clock::Timestamp;

id_type!(
    /// The id of a link's row.
    UpstreamLinkId
);

/// What a provider is called in addresses: 1 to 32 lower-case letters, digits and dashes, of which a
/// dash is neither the first nor the last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UpstreamName(String);

impl UpstreamName {
    /// The longest name, in characters.
    pub const LONGEST: usize = 32;

    /// Reads a name; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = (1..=Self::LONGEST).contains(&text.len())
            && text.bytes().all(sound)
            && !text.starts_with('-')
            && !text.ends_with('-');
        is_name.then(|| Self(text.to_owned()))
    }

    /// As it stands in addresses.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UpstreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// For whom a first sign-in makes an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioning {
    /// The tenant whose members they are: the `tid` of their token, or its issuer where the provider
    /// has no tenants.
    pub tenant: String,
    /// The values of `groups` of which their token must hold one; empty for all members.
    pub members_of: Vec<String>,
    /// The groups here that they join.
    pub groups: Vec<GroupName>,
}

/// A provider, as the operator described it.
#[derive(Clone, Debug)]
pub struct UpstreamProvider {
    /// What it is called in addresses.
    pub name: UpstreamName,
    /// What people call it.
    pub label: String,
    /// Its issuer identifier, letter by letter (OpenID Connect Discovery 1.0 §3).
    pub issuer: String,
    /// The one tenant of Entra whose users are taken.
    pub tenant: Option<String>,
    /// Who we are there.
    pub client_id: String,
    /// What we prove that by; `None` for a public client.
    pub client_secret: Option<SecretString>,
    /// Where its answers go.
    pub redirect_uri: Url,
    /// Whether guests of the tenant are taken too.
    pub admits_guests: bool,
    /// Whether its multi-factor authentication can stand for the second factor.
    pub counts_as_second_factor: bool,
    /// How long ago that may have been.
    pub max_age: Duration,
    /// The classes of authentication that are asked for, as the provider names them.
    pub acr_values: Option<String>,
    /// For whom a first sign-in makes an account; `None` for nobody.
    pub provisioning: Option<Provisioning>,
    /// Whether signing out here leads to signing out there.
    pub sign_out_there: bool,
    /// Networks inside which it may stand.
    pub networks: Vec<IpNet>,
    /// Authorities besides those that browsers trust, for its certificate.
    pub authorities: Option<AuthorityCertificates>,
    /// How long it may take for one answer.
    pub timeout: Duration,
}

/// Who somebody is at a provider. Neither part is ever given to another person, which an e-mail address
/// is (OpenID Connect Core 1.0 §5.7).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UpstreamIdentity {
    /// The issuer.
    pub issuer: String,
    /// The `sub` there; at Entra the `oid`, which is the same for all applications of the tenant.
    pub subject: String,
}

/// A user of ours is somebody at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamLink {
    /// The row.
    pub id: UpstreamLinkId,
    /// The user here.
    pub user_id: UserId,
    /// Who they are there.
    pub identity: UpstreamIdentity,
    /// What they were called there when the link was made: to be told apart by people, and believed
    /// in nothing.
    pub called: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last signed in by.
    pub last_used_at: Option<Timestamp>,
}

/// The session at a provider that a session here hangs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamSession {
    /// By which link.
    pub link: UpstreamLinkId,
    /// The `sub` of the token, which may be another than the link's subject.
    pub sub: String,
    /// The `sid` there, where the provider told it (OpenID Connect Back-Channel Logout 1.0 §2.1).
    pub sid: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_part_of_an_address_and_nothing_else() {
        for text in ["entra", "e", "my-idp-2"] {
            assert!(UpstreamName::parse(text).is_some(), "{text}");
        }
        let long = "a".repeat(33);
        for text in ["", "-a", "a-", "Entra", "a/b", "a.b", "ä", " a", &long] {
            assert_eq!(UpstreamName::parse(text), None, "{text}");
        }
    }
}
