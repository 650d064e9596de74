//! What `keyward client add` and `keyward client set` have in common.

use clap::Args;
use clap::builder::PossibleValuesParser;

use keyward_core::domain::application::Access;
use keyward_core::domain::json_web_key::SigningAlgorithm;
use keyward_core::domain::openid_client::{
    AccessTokenFormat, ClientAuthentication, ClientKeys, ClientSettings, GrantType, RedirectUri,
    Scope, SubjectType,
};
use keyward_core::problem::{Problem, Result, codes};
use url::Url;

/// What is said of a client.
#[derive(Debug, Args)]
pub struct Options {
    /// Where browsers may be led with an answer, letter by letter; may be given several times
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// Where browsers may be led after signing out; may be given several times
    #[arg(long, value_name = "URI")]
    post_logout_redirect_uri: Vec<String>,
    /// What is told that a session is over; empty for nothing
    #[arg(long, value_name = "URL")]
    backchannel_logout_uri: Option<String>,
    /// How it proves that it is the one; `none` for a program in people's hands
    #[arg(long, value_name = "METHOD", value_parser = PossibleValuesParser::new(ClientAuthentication::NAMES))]
    authentication: Option<String>,
    /// The file of its public keys (JWKS), for `private_key_jwt`
    #[arg(long, value_name = "FILE")]
    keys: Option<String>,
    /// In which ways it may ask for tokens; may be given several times
    #[arg(long, value_name = "GRANT", value_parser = PossibleValuesParser::new(GrantType::ALL.map(GrantType::as_str)))]
    grant: Vec<String>,
    /// What it may ask for; may be given several times
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// Who may sign in, and what they must have proved: "WHO [LEVEL] [within SPAN]", where WHO is anyone,
    /// deny, or names such as group:staff,user:anna, and LEVEL second-factor, phishing-resistant or hardware
    #[arg(long, value_name = "ACCESS")]
    access: Option<String>,
    /// What it knows users by
    #[arg(long, value_name = "TYPE", value_parser = PossibleValuesParser::new(SubjectType::ALL.map(SubjectType::as_str)))]
    subject: Option<String>,
    /// What its access tokens are
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(AccessTokenFormat::ALL.map(AccessTokenFormat::as_str)))]
    access_token: Option<String>,
    /// How its ID tokens are signed
    #[arg(long, value_name = "ALGORITHM", value_parser = PossibleValuesParser::new(SigningAlgorithm::ALL.map(SigningAlgorithm::as_str)))]
    id_token_algorithm: Option<String>,
    /// Ask people before it is told of them
    #[arg(long, value_name = "YES|NO", value_parser = PossibleValuesParser::new(["yes", "no"]))]
    consent: Option<String>,
    /// Whether codes are bound to whoever asked (PKCE); those of public clients always are
    #[arg(long, value_name = "YES|NO", value_parser = PossibleValuesParser::new(["yes", "no"]))]
    pkce: Option<String>,
    /// Whom to ask by people who may not go on
    #[arg(long, value_name = "TEXT")]
    contact: Option<String>,
}

impl Options {
    /// Puts what is named in the place of what is there.
    ///
    /// # Errors
    /// `openid_client.invalid`, `import.unreadable` for a file of keys that cannot be read.
    pub(super) fn apply(self, settings: &mut ClientSettings) -> Result<()> {
        if !self.redirect_uri.is_empty() {
            settings.redirect_uris = uris(&self.redirect_uri)?;
        }
        if !self.post_logout_redirect_uri.is_empty() {
            settings.post_logout_redirect_uris = uris(&self.post_logout_redirect_uri)?;
        }
        if let Some(named) = self.backchannel_logout_uri {
            let what = "the back-channel logout address";
            settings.backchannel_logout_uri = address(what, &named)?;
        }
        let keys = match self.keys.as_deref() {
            Some(named) => Some(keys(named)?),
            None => None,
        };
        match (self.authentication, keys) {
            (Some(name), None) if name == settings.authentication.as_str() => {}
            (Some(name), keys) => {
                settings.authentication = ClientAuthentication::parse(&name, keys)?
            }
            (None, Some(keys)) => {
                let name = settings.authentication.as_str();
                settings.authentication = ClientAuthentication::parse(name, Some(keys))?;
            }
            (None, None) => {}
        }
        if !self.grant.is_empty() {
            let grants = self.grant.iter().filter_map(|name| GrantType::parse(name));
            settings.grants = grants.collect();
        }
        if !self.scope.is_empty() {
            let scopes = self.scope.iter().flat_map(|text| text.split_whitespace());
            settings.scopes = scopes.map(Scope::parse).collect::<Result<_>>()?;
        }
        if let Some(access) = self.access {
            let access = Access::parse(&access)?;
            (settings.who, settings.requires) = (access.who, access.requires);
        }
        let subject = self.subject.as_deref().and_then(SubjectType::parse);
        settings.subject = subject.unwrap_or(settings.subject);
        let format = self
            .access_token
            .as_deref()
            .and_then(AccessTokenFormat::parse);
        settings.access_token = format.unwrap_or(settings.access_token);
        let algorithm = self
            .id_token_algorithm
            .as_deref()
            .and_then(SigningAlgorithm::parse);
        settings.id_token_algorithm = algorithm.unwrap_or(settings.id_token_algorithm);
        let says_yes = |word: Option<String>| word.map(|word| word == "yes");
        settings.asks_consent = says_yes(self.consent).unwrap_or(settings.asks_consent);
        settings.requires_pkce = says_yes(self.pkce).unwrap_or(settings.requires_pkce);
        settings.contact = self
            .contact
            .unwrap_or_else(|| std::mem::take(&mut settings.contact));
        Ok(())
    }
}

fn uris(texts: &[String]) -> Result<Vec<RedirectUri>> {
    let uris = texts.iter().map(|text| RedirectUri::parse(text));
    uris.collect()
}

fn address(what: &str, text: &str) -> Result<Option<Url>> {
    match text.is_empty() {
        true => Ok(None),
        false => ClientSettings::parse_address(what, text).map(Some),
    }
}

fn keys(named: &str) -> Result<ClientKeys> {
    let text = std::fs::read_to_string(named).map_err(|error| {
        Problem::new(codes::IMPORT_UNREADABLE)
            .detailed(named)
            .caused_by(error)
    })?;
    match ClientKeys::parse(&text)? {
        set @ ClientKeys::Set(_) => Ok(set),
        ClientKeys::At(_) => Err(Problem::new(codes::OPENID_CLIENT_INVALID)
            .detailed("keys are taken from a file, not from an address")),
    }
}
