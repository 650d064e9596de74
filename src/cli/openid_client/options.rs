//! What `keyward client add` and `keyward client set` have in common.

use clap::Args;
use clap::builder::PossibleValuesParser;

use keyward_core::domain::json_web_key::SigningAlgorithm;
use keyward_core::domain::openid_client::{
    AccessTokenFormat, ClientAuthentication, ClientFields, GrantType, SubjectType,
};
use keyward_core::problem::{Problem, Result, codes};

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
    /// Its picture, at an address that begins with https://, for the sign-in page; empty for none
    #[arg(long, value_name = "URL")]
    logo_uri: Option<String>,
    /// How it proves that it is the one; `none` for a program in people's hands
    #[arg(long, value_name = "METHOD", value_parser = PossibleValuesParser::new(ClientAuthentication::NAMES))]
    authentication: Option<String>,
    /// The file of its public keys (JWKS), or the address at which it publishes them, for `private_key_jwt`
    #[arg(long, value_name = "FILE|URL")]
    keys: Option<String>,
    /// Of whom its certificate is, for `tls_client_auth`: dns:payroll.example.org, or dn:CN=payroll,O=Example
    #[arg(long, value_name = "SUBJECT")]
    certificate: Option<String>,
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
    /// What they say.
    ///
    /// # Errors
    /// `import.unreadable` for a file of keys that cannot be read.
    pub(super) fn fields(self) -> Result<ClientFields> {
        let some = |texts: Vec<String>| (!texts.is_empty()).then_some(texts);
        let is_yes = |word: Option<String>| word.map(|word| word == "yes");
        let scopes = some(self.scope).map(|texts| {
            let scopes = texts.iter().flat_map(|text| text.split_whitespace());
            scopes.map(str::to_owned).collect()
        });
        Ok(ClientFields {
            name: None,
            contact: self.contact,
            authentication: self.authentication,
            keys: self.keys.as_deref().map(keys).transpose()?,
            certificate: self.certificate,
            redirect_uris: some(self.redirect_uri),
            post_logout_redirect_uris: some(self.post_logout_redirect_uri),
            backchannel_logout_uri: self.backchannel_logout_uri,
            logo_uri: self.logo_uri,
            grants: some(self.grant),
            scopes,
            access: self.access,
            subject: self.subject,
            access_token: self.access_token,
            id_token_algorithm: self.id_token_algorithm,
            asks_consent: is_yes(self.consent),
            requires_pkce: is_yes(self.pkce),
        })
    }
}

fn keys(named: &str) -> Result<String> {
    match named.starts_with("https://") || named.starts_with("http://") {
        true => Ok(named.to_owned()),
        false => read(named),
    }
}

fn read(file: &str) -> Result<String> {
    std::fs::read_to_string(file).map_err(|error| {
        Problem::new(codes::IMPORT_UNREADABLE)
            .detailed(file)
            .caused_by(error)
    })
}
