//! What an administrator decides about a client.

use std::collections::BTreeSet;
use std::time::Duration;

use url::Url;

use super::authentication::{ClientAuthentication, ClientKeys};
use super::client_id::ClientId;
use super::grant::GrantType;
use super::invalid;
use super::redirect_uri::RedirectUri;
use super::scope::Scope;
use crate::domain::application::{Requirement, Rule, Who};
use crate::domain::json_web_key::SigningAlgorithm;
use crate::domain::spelling::{fold, typed_name, typed_note};
use crate::problem::Result;

/// What a client knows a user by, as `sub` (OpenID Connect Core 1.0 §8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubjectType {
    /// As all clients do.
    #[default]
    Public,
    /// By something of its own, so that two clients cannot find out that they have the same user.
    Pairwise,
}

impl SubjectType {
    /// Every type.
    pub const ALL: [Self; 2] = [Self::Public, Self::Pairwise];

    /// The registered name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Pairwise => "pairwise",
        }
    }

    /// Reads a registered name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_stored(text)
    }

    /// The one of a row.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// What access tokens of a client are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessTokenFormat {
    /// A random text, which nobody but us can say anything of.
    #[default]
    Opaque,
    /// Signed, so that a resource server need not ask; it counts until its time is over (RFC 9068).
    Jwt,
}

impl AccessTokenFormat {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Opaque, Self::Jwt];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opaque => "opaque",
            Self::Jwt => "jwt",
        }
    }

    /// Reads a stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_stored(text)
    }

    /// The one of a row.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// What an administrator decides about a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSettings {
    /// What it calls itself by. It stays when everything else is changed.
    pub client_id: ClientId,
    /// What people read: 1 to 64 characters that can be seen, unlike those of all other clients.
    pub name: String,
    /// Whom to ask by people who may not go on: up to 256 characters.
    pub contact: String,
    /// Its picture, by `https`.
    pub logo_uri: Option<Url>,
    /// How it proves that it is the one.
    pub authentication: ClientAuthentication,
    /// Where browsers may be led with an answer.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where browsers may be led after signing out (OpenID Connect RP-Initiated Logout 1.0 §3).
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// What is told that a session is over (OpenID Connect Back-Channel Logout 1.0 §2.2).
    pub backchannel_logout_uri: Option<Url>,
    /// In which ways it may ask for tokens.
    pub grants: BTreeSet<GrantType>,
    /// What it may ask for.
    pub scopes: BTreeSet<Scope>,
    /// Who may sign in to it.
    pub who: Who,
    /// What they must have proved.
    pub requires: Requirement,
    /// What it knows users by.
    pub subject: SubjectType,
    /// What its access tokens are.
    pub access_token: AccessTokenFormat,
    /// How its ID tokens are signed.
    pub id_token_algorithm: SigningAlgorithm,
    /// Whether people are asked before it is told of them.
    pub asks_consent: bool,
    /// Whether codes are bound to whoever asked (RFC 7636); those of public clients always are.
    pub requires_pkce: bool,
}

impl ClientSettings {
    /// The longest name, in characters.
    pub const LONGEST_NAME: usize = 64;
    /// The longest contact, in characters.
    pub const LONGEST_CONTACT: usize = 256;
    /// The longest address, in bytes.
    pub const LONGEST_URL: usize = 2048;
    /// The most addresses of a kind.
    pub const MOST_URIS: usize = 64;
    /// The most scopes.
    pub const MOST_SCOPES: usize = 64;
    /// How long a secret works on after another took its place.
    pub const OVERLAP: Duration = Duration::from_hours(24);

    /// What holds of a client of which nobody says otherwise: an application on a server, which everybody
    /// may sign in to.
    pub fn usual(client_id: ClientId, name: &str) -> Self {
        Self {
            client_id,
            name: name.to_owned(),
            contact: String::new(),
            logo_uri: None,
            authentication: ClientAuthentication::SecretBasic,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: None,
            grants: [GrantType::AuthorizationCode, GrantType::RefreshToken].into(),
            scopes: [Scope::OPENID, Scope::PROFILE, Scope::EMAIL]
                .map(Scope::from_stored)
                .into(),
            who: Who::Anyone,
            requires: Requirement::default(),
            subject: SubjectType::Public,
            access_token: AccessTokenFormat::Opaque,
            id_token_algorithm: SigningAlgorithm::Rs256,
            asks_consent: false,
            requires_pkce: true,
        }
    }

    /// Checks what types alone do not, drops white space around texts and addresses that stand there
    /// twice, and binds the codes of public clients to whoever asked (RFC 9700 §2.1.1).
    ///
    /// # Errors
    /// `openid_client.invalid` with the reason.
    pub fn checked(mut self) -> Result<Self> {
        self.name = typed_name(&self.name, Self::LONGEST_NAME).ok_or_else(|| {
            invalid("a name has 1 to 64 characters that can be seen, on one line")
        })?;
        self.contact = typed_note(&self.contact, Self::LONGEST_CONTACT).ok_or_else(|| {
            invalid(
                "whom to ask has at most 256 characters on one line, and none that cannot be seen",
            )
        })?;
        for uris in [&mut self.redirect_uris, &mut self.post_logout_redirect_uris] {
            let mut seen = BTreeSet::new();
            uris.retain(|uri| seen.insert(uri.clone()));
            if uris.len() > Self::MOST_URIS {
                return Err(invalid("a client has at most 64 addresses of a kind"));
            }
        }
        self.requires_pkce |= self.authentication.is_public();
        self.check_grants()?;
        self.check_scopes()?;
        self.check_addresses()?;
        if self.who == Who::Bypass {
            return Err(invalid(
                "nobody signs in to a client without being asked who they are",
            ));
        }
        Rule::check_access(&self.who, &self.requires)
            .map_err(|problem| invalid(problem.detail().unwrap_or_default()))?;
        if self.subject == SubjectType::Pairwise && self.sector().is_none() {
            return Err(invalid(
                "a client that knows users by something of its own has all its redirect addresses at one host",
            ));
        }
        Ok(self)
    }

    /// The one host of all redirect addresses: clients of one sector know a user by the same pairwise
    /// `sub` (OpenID Connect Core 1.0 §8.1). `None` where there are several, or none.
    pub fn sector(&self) -> Option<String> {
        let mut hosts = self.redirect_uris.iter().map(RedirectUri::host);
        let first = hosts.next()??;
        hosts
            .all(|host| host.as_ref() == Some(&first))
            .then_some(first)
    }

    /// How its name is looked up: two names that look the same are one.
    pub fn folded_name(&self) -> String {
        fold(&self.name)
    }

    /// Whether it may ask for tokens in this way.
    pub fn may(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    fn check_grants(&self) -> Result<()> {
        use GrantType as G;
        if self.grants.is_empty() {
            return Err(invalid("a client without a grant type can ask for nothing"));
        }
        if self.may(G::ClientCredentials) && self.authentication.is_public() {
            return Err(invalid(
                "a client that proves nothing cannot ask for tokens of its own (client_credentials)",
            ));
        }
        if self.may(G::RefreshToken) && !self.may(G::AuthorizationCode) && !self.may(G::DeviceCode)
        {
            return Err(invalid(
                "refresh tokens come with those of authorization_code or device_code",
            ));
        }
        Ok(())
    }

    fn check_scopes(&self) -> Result<()> {
        if self.scopes.len() > Self::MOST_SCOPES {
            return Err(invalid("a client has at most 64 scopes"));
        }
        let has = |name: &str| self.scopes.iter().any(|scope| scope.as_str() == name);
        if self.grants.iter().any(|grant| grant.is_for_users()) != has(Scope::OPENID) {
            return Err(invalid(
                "a client to which people sign in has the scope openid, and no other has it",
            ));
        }
        if !has(Scope::OPENID) && self.scopes.iter().any(Scope::is_of_users) {
            return Err(invalid("scopes that tell of a user need openid"));
        }
        if has(Scope::OFFLINE_ACCESS) && !self.may(GrantType::RefreshToken) {
            return Err(invalid("offline_access needs the grant type refresh_token"));
        }
        let own = self.scopes.iter().find(|scope| !scope.is_of_users());
        match own {
            Some(own) if !self.may(GrantType::ClientCredentials) => Err(invalid(format!(
                "{own} is none of {}, and others go with client_credentials alone",
                Scope::OF_USERS.join(", ")
            ))),
            _ => Ok(()),
        }
    }

    fn check_addresses(&self) -> Result<()> {
        let leads = self.may(GrantType::AuthorizationCode);
        if leads == self.redirect_uris.is_empty() {
            return Err(invalid(match leads {
                true => "a client with authorization_code has at least one redirect address",
                false => "only a client with authorization_code has redirect addresses",
            }));
        }
        let all = self
            .redirect_uris
            .iter()
            .chain(&self.post_logout_redirect_uris);
        let own_scheme = all.clone().find(|uri| uri.is_private_use());
        if let Some(uri) = own_scheme.filter(|_| !self.authentication.is_public()) {
            return Err(invalid(format!(
                "{uri} has a scheme of its own, which is for public clients: a secret in a program that people have is none"
            )));
        }
        // Its origin stands in the policy of pages, where a `;` would begin another directive (CSP3 §2.2.1).
        let is_plain = |uri: &Url| uri.scheme() == "https" && has_plain_host(uri);
        if self.logo_uri.as_ref().is_some_and(|uri| !is_plain(uri)) {
            return Err(invalid(
                "the picture's address begins with https://, and a name or an IP address",
            ));
        }
        if let Some(ClientKeys::Set(set)) = self.authentication.keys()
            && set.keys().is_empty()
        {
            return Err(invalid(
                "among the client's keys is none that verifies a signature",
            ));
        }
        Ok(())
    }
}

/// Reads an address of a client that we call or show: `https` or `http`, up to 2048 bytes, without a user
/// and without a fragment.
///
/// # Errors
/// `openid_client.invalid`
pub(super) fn address(what: &str, text: &str) -> Result<Url> {
    let wrong = |why: &str| invalid(format!("{what} {why}"));
    let url =
        Url::parse(text.trim()).map_err(|_| wrong("is none such as https://app.example.org/"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong("begins with https:// or http://"));
    }
    if url.as_str().len() > ClientSettings::LONGEST_URL {
        return Err(wrong("has more than 2048 bytes"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(wrong("has a user or a fragment in it"));
    }
    Ok(url)
}

/// Whether the host is written with what names and addresses have alone. URLs take more, such as `;`.
pub(super) fn has_plain_host(url: &Url) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    url.host_str()
        .is_some_and(|host| host.bytes().all(is_plain))
}

impl ClientSettings {
    /// Reads an address that we call or show.
    ///
    /// # Errors
    /// `openid_client.invalid`, naming `what` it is.
    pub fn parse_address(what: &str, text: &str) -> Result<Url> {
        address(what, text)
    }
}
