//! What is said of a client, field by field.

use url::Url;

use super::authentication::{ClientAuthentication, ClientKeys};
use super::certificate_subject::CertificateSubject;
use super::client_id::ClientId;
use super::grant::GrantType;
use super::invalid;
use super::redirect_uri::RedirectUri;
use super::scope::Scope;
use super::settings::{AccessTokenFormat, ClientSettings, SubjectType};
use crate::domain::application::Access;
use crate::domain::json_web_key::SigningAlgorithm;
use crate::problem::Result;

/// What is said of a client, as it is typed: on the command line, in a file, at the console, by a program.
/// `None` says nothing, and leaves what is there.
#[derive(Clone, Debug, Default)]
pub struct ClientFields {
    /// What people read.
    pub name: Option<String>,
    /// Whom to ask by people who may not go on.
    pub contact: Option<String>,
    /// The address of its picture; empty for none.
    pub logo_uri: Option<String>,
    /// How it proves that it is the one, by the registered name.
    pub authentication: Option<String>,
    /// Its public keys, as a JWK set in JSON, or their address.
    pub keys: Option<String>,
    /// Of whom its certificate is: `dns:` and a name, or `dn:` and a distinguished name.
    pub certificate: Option<String>,
    /// Where browsers may be led with an answer.
    pub redirect_uris: Option<Vec<String>>,
    /// Where browsers may be led after signing out.
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// What is told that a session is over; empty for nothing.
    pub backchannel_logout_uri: Option<String>,
    /// In which ways it may ask for tokens, by the registered names.
    pub grants: Option<Vec<String>>,
    /// What it may ask for.
    pub scopes: Option<Vec<String>>,
    /// Who may sign in, and what they must have proved.
    pub access: Option<String>,
    /// What it knows users by.
    pub subject: Option<String>,
    /// What its access tokens are.
    pub access_token: Option<String>,
    /// How its ID tokens are signed.
    pub id_token_algorithm: Option<String>,
    /// Whether people are asked before it is told of them.
    pub asks_consent: Option<bool>,
    /// Whether codes are bound to whoever asked.
    pub requires_pkce: Option<bool>,
}

impl ClientFields {
    /// A new client, of which what is not said is as usual. Who says that it is a program alone need not
    /// say what follows from that, nor who has asked for `offline_access`.
    ///
    /// # Errors
    /// `openid_client.invalid`
    pub fn new_client(self, client_id: ClientId) -> Result<ClientSettings> {
        let mut settings = self.usual_for(client_id);
        self.apply(&mut settings)?;
        let mut scopes = settings.scopes.iter().map(Scope::as_str);
        if scopes.any(|scope| scope == Scope::OFFLINE_ACCESS) {
            settings.grants.insert(GrantType::RefreshToken);
        }
        settings.checked()
    }

    /// What holds where nothing else is said, of a client that asks for tokens in these ways.
    pub fn usual_for(&self, client_id: ClientId) -> ClientSettings {
        let mut usual = ClientSettings::usual(client_id, "");
        let mut grants = self.grants.iter().flatten();
        let is_of_programs =
            |name: &String| GrantType::parse(name) == Some(GrantType::ClientCredentials);
        if grants.next().is_some_and(is_of_programs) && grants.all(is_of_programs) {
            usual.scopes.clear();
        }
        usual
    }

    /// Puts what is said in the place of what is there. Whether all of it holds together is asked by
    /// [`ClientSettings::checked`].
    ///
    /// # Errors
    /// `openid_client.invalid`
    pub fn apply(self, settings: &mut ClientSettings) -> Result<()> {
        if let Some(texts) = &self.redirect_uris {
            settings.redirect_uris = uris(texts)?;
        }
        if let Some(texts) = &self.post_logout_redirect_uris {
            settings.post_logout_redirect_uris = uris(texts)?;
        }
        if let Some(text) = &self.logo_uri {
            settings.logo_uri = uri("the picture's address", text)?;
        }
        if let Some(text) = &self.backchannel_logout_uri {
            settings.backchannel_logout_uri = uri("the back-channel logout address", text)?;
        }
        let keys = self.keys.as_deref().map(ClientKeys::parse).transpose()?;
        let present = settings.authentication.as_str();
        let certificate = self.certificate.as_deref().map(CertificateSubject::parse);
        let certificate = certificate.transpose()?;
        match (self.authentication.as_deref(), keys, certificate) {
            (Some(name), None, None) if name == present => {}
            (None, None, None) => {}
            (named, keys, certificate) => {
                let name = named.unwrap_or(present);
                settings.authentication = ClientAuthentication::parse(name, keys, certificate)?;
            }
        }
        if let Some(names) = &self.grants {
            let grants = names
                .iter()
                .map(|name| word("grant", name, GrantType::parse));
            settings.grants = grants.collect::<Result<_>>()?;
        }
        if let Some(texts) = &self.scopes {
            let scopes = texts.iter().map(|text| Scope::parse(text));
            settings.scopes = scopes.collect::<Result<_>>()?;
        }
        if let Some(text) = &self.access {
            let access = Access::parse(text)
                .map_err(|problem| invalid(problem.detail().unwrap_or_default()))?;
            (settings.who, settings.requires) = (access.who, access.requires);
        }
        if let Some(name) = &self.subject {
            settings.subject = word("subject", name, SubjectType::parse)?;
        }
        if let Some(name) = &self.access_token {
            settings.access_token = word("access token", name, AccessTokenFormat::parse)?;
        }
        if let Some(name) = &self.id_token_algorithm {
            settings.id_token_algorithm = word("algorithm", name, SigningAlgorithm::parse)?;
        }
        settings.asks_consent = self.asks_consent.unwrap_or(settings.asks_consent);
        settings.requires_pkce = self.requires_pkce.unwrap_or(settings.requires_pkce);
        if let Some(name) = self.name {
            settings.name = name;
        }
        if let Some(contact) = self.contact {
            settings.contact = contact;
        }
        Ok(())
    }
}

fn word<T>(what: &str, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
    parse(name).ok_or_else(|| {
        let shown: String = name.chars().take(64).collect();
        invalid(format!("no {what} is called \"{shown}\""))
    })
}

fn uris(texts: &[String]) -> Result<Vec<RedirectUri>> {
    // Each is parsed, and what it is refused for quoted: a list of any length must not cost that.
    if texts.len() > ClientSettings::MOST_URIS {
        return Err(invalid("a client has at most 64 addresses of a kind"));
    }
    let uris = texts.iter().map(|text| RedirectUri::parse(text.trim()));
    uris.collect()
}

fn uri(what: &str, text: &str) -> Result<Option<Url>> {
    match text.trim() {
        "" => Ok(None),
        text => ClientSettings::parse_address(what, text).map(Some),
    }
}
