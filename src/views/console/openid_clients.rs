//! Clients of the OpenID provider: the list, a new one with its secret, and one with what its application
//! needs and its settings.

use serde::Serialize;
use url::Url;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::application::Access;
use keyward_core::domain::json_web_key::SigningAlgorithm;
use keyward_core::domain::openid_client::{
    AccessTokenFormat, ClientAuthentication, ClientKeys, ClientSettings, GrantType, OpenidClient,
    OpenidClientId, RedirectUri, Scope, StoredClientSecret, SubjectType,
};

/// A client in the list.
#[derive(Clone, Serialize)]
pub struct OpenidClientRow {
    /// The row.
    pub id: OpenidClientId,
    /// What people read.
    pub name: String,
    /// What it calls itself by.
    pub client_id: String,
    /// How it proves that it is the one, by the registered name.
    pub authentication: &'static str,
    /// Who may sign in, as rules have it.
    pub access: String,
    /// Where browsers are led with an answer.
    pub redirect_uris: Vec<String>,
}

impl From<&OpenidClient> for OpenidClientRow {
    fn from(client: &OpenidClient) -> Self {
        let settings = &client.settings;
        Self {
            id: client.id,
            name: settings.name.clone(),
            client_id: settings.client_id.to_string(),
            authentication: settings.authentication.as_str(),
            access: access(settings),
            redirect_uris: texts(&settings.redirect_uris),
        }
    }
}

fn access(settings: &ClientSettings) -> String {
    let who = settings.who.clone();
    let requires = settings.requires;
    Access { who, requires }.to_string()
}

fn texts(uris: &[RedirectUri]) -> Vec<String> {
    uris.iter().map(ToString::to_string).collect()
}

/// `GET /console/openid-clients`.
#[derive(Clone, Serialize)]
pub struct OpenidClientsPage {
    /// The clients by name.
    pub clients: Vec<OpenidClientRow>,
}

impl Page for OpenidClientsPage {
    const TEMPLATE: &'static str = "console/openid-clients.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let row = OpenidClientRow::from(&sample());
        let robot = OpenidClientRow {
            name: "Robot".to_owned(),
            authentication: "client_secret_basic",
            redirect_uris: Vec::new(),
            ..row.clone()
        };
        [Vec::new(), vec![row, robot]]
            .map(|clients| Self { clients })
            .into()
    }
}

/// Something that may be ticked or chosen.
#[derive(Clone, Serialize)]
pub struct ClientOption {
    /// Its stable name.
    pub name: &'static str,
    /// Whether it is.
    pub is_chosen: bool,
}

/// The fields of a client's form, as they were typed or as they stand.
#[derive(Clone, Serialize)]
pub struct OpenidClientForm {
    /// What people read.
    pub name: String,
    /// Whom to ask.
    pub contact: String,
    /// What a new client calls itself by; empty for a new one.
    pub client_id: String,
    /// How it proves that it is the one.
    pub authentication: Vec<ClientOption>,
    /// Its public keys, as a JWK set in JSON.
    pub keys: String,
    /// Of whom its certificate is.
    pub certificate: String,
    /// Where browsers may be led with an answer, one a line.
    pub redirect_uris: String,
    /// Where browsers may be led after signing out, one a line.
    pub post_logout_redirect_uris: String,
    /// What is told that a session is over.
    pub backchannel_logout_uri: String,
    /// The address of its picture.
    pub logo_uri: String,
    /// Who may sign in, and what they must have proved.
    pub access: String,
    /// In which ways it may ask for tokens.
    pub grants: Vec<ClientOption>,
    /// What it may ask for, with white space between.
    pub scopes: String,
    /// What it knows users by.
    pub subject: Vec<ClientOption>,
    /// What its access tokens are.
    pub access_token: Vec<ClientOption>,
    /// How its ID tokens are signed.
    pub id_token_algorithm: Vec<ClientOption>,
    /// Whether people are asked before it is told of them.
    pub asks_consent: bool,
    /// Whether codes are bound to whoever asked.
    pub requires_pkce: bool,
    /// Which state of the client this is.
    pub version: i64,
}

/// What a client's choices were chosen to be, by their stable names.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// How it proves that it is the one.
    pub authentication: &'a str,
    /// In which ways it may ask for tokens.
    pub grants: &'a [String],
    /// What it knows users by.
    pub subject: &'a str,
    /// What its access tokens are.
    pub access_token: &'a str,
    /// How its ID tokens are signed.
    pub id_token_algorithm: &'a str,
}

impl OpenidClientForm {
    /// A form of which nothing is typed yet, with these chosen; `offered` are the algorithms that there
    /// are keys for.
    pub fn chosen(chosen: &Chosen<'_>, offered: &[SigningAlgorithm]) -> Self {
        fn among<const N: usize>(names: [&'static str; N], chosen: &str) -> Vec<ClientOption> {
            let option = |name: &'static str| ClientOption {
                name,
                is_chosen: name == chosen,
            };
            names.map(option).into()
        }
        let is_granted = |name: &str| chosen.grants.iter().any(|grant| grant == name);
        let mut algorithms = among(
            SigningAlgorithm::ALL.map(SigningAlgorithm::as_str),
            chosen.id_token_algorithm,
        );
        // One that is there and offered no more is shown, so that saving does not change it unseen.
        algorithms.retain(|option| {
            let is_offered = offered.iter().any(|one| one.as_str() == option.name);
            is_offered || option.is_chosen
        });
        Self {
            name: String::new(),
            contact: String::new(),
            client_id: String::new(),
            authentication: among(ClientAuthentication::NAMES, chosen.authentication),
            keys: String::new(),
            certificate: String::new(),
            redirect_uris: String::new(),
            post_logout_redirect_uris: String::new(),
            backchannel_logout_uri: String::new(),
            logo_uri: String::new(),
            access: String::new(),
            grants: GrantType::ALL
                .map(GrantType::as_str)
                .map(|name| ClientOption {
                    name,
                    is_chosen: is_granted(name),
                })
                .into(),
            scopes: String::new(),
            subject: among(SubjectType::ALL.map(SubjectType::as_str), chosen.subject),
            access_token: among(
                AccessTokenFormat::ALL.map(AccessTokenFormat::as_str),
                chosen.access_token,
            ),
            id_token_algorithm: algorithms,
            asks_consent: false,
            requires_pkce: false,
            version: 0,
        }
    }

    /// What stands there.
    pub fn of(settings: &ClientSettings, version: i64, offered: &[SigningAlgorithm]) -> Self {
        let grants = settings.grants.iter();
        let grants: Vec<String> = grants.map(|grant| grant.as_str().to_owned()).collect();
        let chosen = Chosen {
            authentication: settings.authentication.as_str(),
            grants: &grants,
            subject: settings.subject.as_str(),
            access_token: settings.access_token.as_str(),
            id_token_algorithm: settings.id_token_algorithm.as_str(),
        };
        let keys = settings.authentication.keys();
        let certificate = settings.authentication.certificate();
        let scopes: Vec<&str> = settings.scopes.iter().map(Scope::as_str).collect();
        let address = |uri: &Option<Url>| uri.as_ref().map(ToString::to_string);
        Self {
            name: settings.name.clone(),
            contact: settings.contact.clone(),
            keys: keys.map(ClientKeys::to_text).unwrap_or_default(),
            certificate: certificate.map(ToString::to_string).unwrap_or_default(),
            redirect_uris: texts(&settings.redirect_uris).join("\n"),
            post_logout_redirect_uris: texts(&settings.post_logout_redirect_uris).join("\n"),
            backchannel_logout_uri: address(&settings.backchannel_logout_uri).unwrap_or_default(),
            logo_uri: address(&settings.logo_uri).unwrap_or_default(),
            access: access(settings),
            scopes: scopes.join(" "),
            asks_consent: settings.asks_consent,
            requires_pkce: settings.requires_pkce,
            version,
            ..Self::chosen(&chosen, offered)
        }
    }
}

/// `GET /console/openid-clients/new`.
#[derive(Clone, Serialize)]
pub struct NewOpenidClientPage {
    /// What was typed before, where something was refused.
    pub form: OpenidClientForm,
}

impl Page for NewOpenidClientPage {
    const TEMPLATE: &'static str = "console/new-openid-client.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let (client, offered) = (sample(), [SigningAlgorithm::Rs256]);
        let mut form = OpenidClientForm::of(&client.settings, 0, &offered);
        form.client_id = "wiki".to_owned();
        vec![Self { form }]
    }
}

/// What an application is given to find us and itself.
#[derive(Clone, Serialize)]
pub struct ClientAddresses {
    /// Who we are (OpenID Connect Discovery 1.0 §3).
    pub issuer: String,
    /// Where the rest is found.
    pub discovery: String,
    /// What it calls itself by.
    pub client_id: String,
}

/// The answer to `POST /console/openid-clients` and to `POST /console/openid-clients/{id}/rotate`: a
/// secret, this once.
#[derive(Clone, Serialize)]
pub struct OpenidClientSecretPage {
    /// The row.
    pub id: OpenidClientId,
    /// What people read.
    pub name: String,
    /// What its application needs beside it.
    pub addresses: ClientAddresses,
    /// It.
    pub secret: String,
    /// Whether it takes the place of another.
    pub is_another: bool,
    /// Until when the one before works; `None` where it works no more.
    pub former_until: Option<Timestamp>,
}

impl Page for OpenidClientSecretPage {
    const TEMPLATE: &'static str = "console/openid-client-secret.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let until = Timestamp::from_seconds(1_795_319_000);
        let client = sample();
        [(false, None), (true, Some(until)), (true, None)]
            .map(|(is_another, former_until)| Self {
                id: client.id,
                name: client.settings.name.clone(),
                addresses: addresses(),
                secret: "kwc_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmM".to_owned(),
                is_another,
                former_until,
            })
            .into()
    }
}

/// A secret of a client, without what it is.
#[derive(Clone, Serialize)]
pub struct ClientSecretRow {
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working; `None` for the present one.
    pub expires_at: Option<Timestamp>,
}

impl From<&StoredClientSecret> for ClientSecretRow {
    fn from(secret: &StoredClientSecret) -> Self {
        Self {
            created_at: secret.created_at,
            expires_at: secret.expires_at,
        }
    }
}

/// `GET /console/openid-clients/{id}`.
#[derive(Clone, Serialize)]
pub struct OpenidClientPage {
    /// The row.
    pub id: OpenidClientId,
    /// What people read, as it is stored.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// What its application needs.
    pub addresses: ClientAddresses,
    /// How it proves that it is the one, by the registered name.
    pub authentication: &'static str,
    /// Whether that is by a secret.
    pub is_by_secret: bool,
    /// Its secrets that work, the newest first.
    pub secrets: Vec<ClientSecretRow>,
    /// Whether nobody may sign in.
    pub is_denied: bool,
    /// The settings.
    pub form: OpenidClientForm,
}

impl Page for OpenidClientPage {
    const TEMPLATE: &'static str = "console/openid-client.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let (client, offered) = (sample(), [SigningAlgorithm::Es256]);
        let at = client.created_at;
        let secret = |expires_at| ClientSecretRow {
            created_at: at,
            expires_at,
        };
        let of = |is_by_secret, secrets: Vec<ClientSecretRow>| Self {
            id: client.id,
            name: client.settings.name.clone(),
            created_at: at,
            addresses: addresses(),
            authentication: match is_by_secret {
                true => "client_secret_post",
                false => client.settings.authentication.as_str(),
            },
            is_by_secret,
            secrets,
            is_denied: !is_by_secret,
            form: OpenidClientForm::of(&client.settings, 7, &offered),
        };
        vec![
            of(false, Vec::new()),
            of(true, Vec::new()),
            of(true, vec![secret(None), secret(Some(at))]),
        ]
    }
}

#[cfg(test)]
fn addresses() -> ClientAddresses {
    let issuer = "https://keys.example.org".to_owned();
    ClientAddresses {
        discovery: format!("{issuer}/.well-known/openid-configuration"),
        issuer,
        client_id: "wiki".to_owned(),
    }
}

#[cfg(test)]
fn sample() -> OpenidClient {
    use keyward_core::domain::openid_client::ClientId;
    let mut settings = ClientSettings::usual(ClientId::from_stored("wiki"), "Wiki \"east\" <b>");
    let keys = ClientKeys::parse(
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    );
    settings.authentication = ClientAuthentication::PrivateKeyJwt(keys.expect("keys"));
    let uris = ["https://wiki.example.org/callback", "http://127.0.0.1/"];
    settings.redirect_uris = uris.map(RedirectUri::from_stored).into();
    settings.post_logout_redirect_uris =
        vec![RedirectUri::from_stored("https://wiki.example.org/")];
    settings.backchannel_logout_uri = "https://wiki.example.org/out".parse().ok();
    settings.logo_uri = "https://wiki.example.org/logo.png".parse().ok();
    settings.contact = "it@example.org".to_owned();
    (settings.asks_consent, settings.requires_pkce) = (true, false);
    OpenidClient {
        id: crate::views::tests::id(1, OpenidClientId::parse),
        settings,
        version: 7,
        created_at: Timestamp::from_seconds(1_795_000_000),
    }
}
