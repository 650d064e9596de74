//! `/console/openid-clients`

use actix_web::HttpResponse;
use actix_web::web::{Data, Form, Path, Query};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::confirming::ConfirmingSuperuser;
use crate::views::console::{
    Chosen, ClientAddresses, ClientSecretRow, ConfirmationPage, Consequence, NewOpenidClientPage,
    OpenidClientForm, OpenidClientPage, OpenidClientRow, OpenidClientSecretPage, OpenidClientsPage,
    Question,
};
use crate::views::{Notice, Page};
use crate::web::Site;
use crate::web::answer::{Answer, Refused};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::App;
use keyward_actions::openid_client::{self, Former, NewSecret};
use keyward_core::clock::SystemEntropy;
use keyward_core::domain::application::Who;
use keyward_core::domain::openid_client::{
    ClientAuthentication, ClientFields, ClientId, ClientSecret, ClientSettings, OpenidClient,
    OpenidClientId,
};
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, SteppedUp, Superuser};
use keyward_core::problem::{Problem, Result, codes};

const HERE: &str = "/console/openid-clients";

/// The fields of a client's form. A box that is not ticked is not sent.
#[derive(Deserialize)]
pub struct FormData {
    name: String,
    contact: String,
    #[serde(default)]
    client_id: String,
    client_secret: Option<SecretString>,
    authentication: String,
    keys: String,
    #[serde(default)]
    certificate: String,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    backchannel_logout_uri: String,
    logo_uri: String,
    access: String,
    #[serde(rename = "grant.authorization_code")]
    authorization_code: Option<String>,
    #[serde(rename = "grant.refresh_token")]
    refresh_token: Option<String>,
    #[serde(rename = "grant.device_code")]
    device_code: Option<String>,
    #[serde(rename = "grant.client_credentials")]
    client_credentials: Option<String>,
    scopes: String,
    subject: String,
    access_token: String,
    id_token_algorithm: String,
    asks_consent: Option<String>,
    requires_pkce: Option<String>,
    /// Which state of the client the form was filled in from.
    #[serde(default)]
    version: i64,
}

/// What becomes of the secret before.
#[derive(Deserialize)]
pub struct Rotation {
    at_once: Option<String>,
}

impl Rotation {
    fn former(&self) -> Former {
        match self.at_once.as_deref() {
            Some("true") => Former::Ends,
            _ => Former::Overlaps,
        }
    }
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let all = openid_client::list(&site.app, &by).await?;
    let page = OpenidClientsPage {
        clients: all.iter().map(OpenidClientRow::from).collect(),
    };
    reader.at_console(&auditor).show(&page)
}

/// Asks for a new one.
pub async fn ask_for_new(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    reader: Reader,
) -> Answer {
    let mut usual = ClientSettings::usual(ClientId::from_stored(""), "");
    let offered = &site.app.settings().openid.algorithms;
    if !offered.contains(&usual.id_token_algorithm) {
        usual.id_token_algorithm = offered.first().copied().unwrap_or(usual.id_token_algorithm);
    }
    let page = NewOpenidClientPage {
        form: OpenidClientForm::of(&usual, 0, offered),
    };
    reader.at_console(&superuser).show(&page)
}

/// Adds one, and answers with its secret: nothing could carry it to another page but the database.
pub async fn add(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let added = match fields.new_client() {
        Ok((settings, secret)) => {
            let told = (settings.name.clone(), settings.client_id.clone());
            let is_given = matches!(secret, NewSecret::Given(_));
            let added = openid_client::add(&site.app, &administrator, settings, secret).await;
            added.map(|(id, secret)| (id, told, secret.filter(|_| !is_given)))
        }
        Err(problem) => Err(problem),
    };
    match added {
        Ok((id, (name, client_id), Some(secret))) => {
            let page = OpenidClientSecretPage {
                id,
                name,
                addresses: addresses(&site.app, &client_id),
                secret: secret.expose().to_owned(),
                is_another: false,
                former_until: None,
            };
            reader.at_console(&superuser).show(&page)
        }
        Ok((id, (name, _), None)) => reader.tell(&address(id), Notice::ApplicationAdded { name }),
        Err(problem) => again(reader.at_console(&superuser), problem, || {
            NewOpenidClientPage {
                form: fields.typed(&site.app),
            }
        }),
    }
}

/// One client.
pub async fn show(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let found = openid_client::find(&site.app, &by, id(&path)?).await?;
    let page = page(&site.app, &by, &found).await?;
    reader.at_console(&auditor).show(&page)
}

/// Changes it.
pub async fn change(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let found = openid_client::find(&site.app, &administrator, id).await?;
    let mut settings = found.settings.clone();
    let changed = match fields.fields().apply(&mut settings) {
        Ok(()) => {
            openid_client::change(&site.app, &administrator, id, fields.version, settings).await
        }
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(()) => {
            let name = fields.name.trim().to_owned();
            reader.tell(&address(id), Notice::ApplicationSaved { name })
        }
        Err(problem) => {
            let before = page(&site.app, &administrator, &found).await?;
            again(reader.at_console(&superuser), problem, || {
                OpenidClientPage {
                    form: fields.typed(&site.app),
                    ..before
                }
            })
        }
    }
}

/// Asks before it gets a new secret.
pub async fn ask_to_rotate(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    path: Path<String>,
    Query(rotation): Query<Rotation>,
) -> Answer {
    let id = id(&path)?;
    let found = openid_client::find(&site.app, &asked.administrator, id).await?;
    let former = rotation.former();
    let back = address(id);
    let ends = former == Former::Ends;
    let page = ConfirmationPage {
        question: Question::RotateClientSecret,
        name: found.settings.name,
        consequences: vec![Consequence::plain(if ends { "ends" } else { "both" })],
        action: format!("{back}/rotate"),
        fields: vec![("at_once", ends.to_string())],
        back,
    };
    asked.reader.show(&page)
}

/// Gives it a new secret, and answers with that.
pub async fn rotate(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    Form(rotation): Form<Rotation>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let found = openid_client::find(&site.app, &administrator, id(&path)?).await?;
    let row = (found.id, found.version);
    let former = rotation.former();
    let rotated = openid_client::rotate(&site.app, &administrator, row, None, former).await?;
    let page = OpenidClientSecretPage {
        id: found.id,
        addresses: addresses(&site.app, &found.settings.client_id),
        name: found.settings.name,
        secret: rotated.secret.expose().to_owned(),
        is_another: true,
        former_until: rotated.former_until,
    };
    reader.at_console(&superuser).show(&page)
}

/// Asks before it is removed.
pub async fn ask_to_remove(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    path: Path<String>,
) -> Answer {
    let id = id(&path)?;
    let found = openid_client::find(&site.app, &asked.administrator, id).await?;
    let back = address(id);
    let page = ConfirmationPage {
        question: Question::RemoveOpenidClient,
        name: found.settings.name,
        consequences: ["nobody", "tokens", "for-good"]
            .map(Consequence::plain)
            .into(),
        action: format!("{back}/remove"),
        fields: Vec::new(),
        back,
    };
    asked.reader.show(&page)
}

/// Removes it.
pub async fn remove(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let removed = openid_client::remove(&site.app, &administrator, id(&path)?).await?;
    let name = removed.settings.name;
    reader.tell(HERE, Notice::OpenidClientRemoved { name })
}

async fn page(app: &App, by: &MayAudit, found: &OpenidClient) -> Result<OpenidClientPage> {
    let secrets = openid_client::secrets(app, by, found.id).await?;
    let settings = &found.settings;
    Ok(OpenidClientPage {
        id: found.id,
        name: settings.name.clone(),
        created_at: found.created_at,
        addresses: addresses(app, &settings.client_id),
        authentication: settings.authentication.as_str(),
        is_by_secret: settings.authentication.is_by_secret(),
        secrets: secrets.iter().map(ClientSecretRow::from).collect(),
        is_denied: matches!(settings.who, Who::Deny | Who::Bypass),
        form: OpenidClientForm::of(settings, found.version, &app.settings().openid.algorithms),
    })
}

fn addresses(app: &App, client_id: &ClientId) -> ClientAddresses {
    let issuer = app.settings().server.origin();
    ClientAddresses {
        discovery: format!("{issuer}/.well-known/openid-configuration"),
        issuer,
        client_id: client_id.to_string(),
    }
}

/// A name of a group or a user that is not there is mended in the form too.
fn again<P: Page>(
    reader: Reader,
    problem: Problem,
    page: impl FnOnce() -> P,
) -> Result<HttpResponse, Refused> {
    match problem.code() {
        codes::GROUP_UNKNOWN | codes::USER_UNKNOWN => reader.show_refused(&page(), &problem),
        _ => reader.show_again(problem, page),
    }
}

fn address(id: OpenidClientId) -> String {
    format!("{HERE}/{id}")
}

fn id(path: &str) -> Result<OpenidClientId> {
    OpenidClientId::parse(path).ok_or_else(|| codes::OPENID_CLIENT_UNKNOWN.into())
}

fn is_ticked(field: &Option<String>) -> bool {
    field.as_deref() == Some("true")
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

impl FormData {
    fn grants(&self) -> Vec<String> {
        let all = [
            ("authorization_code", &self.authorization_code),
            ("refresh_token", &self.refresh_token),
            ("device_code", &self.device_code),
            ("client_credentials", &self.client_credentials),
        ];
        let ticked = all.into_iter().filter(|(_, field)| is_ticked(field));
        ticked.map(|(name, _)| name.to_owned()).collect()
    }

    fn fields(&self) -> ClientFields {
        // Those of another way to prove itself may stand there still.
        let keys = match self.authentication.as_str() {
            "private_key_jwt" => self.keys.trim(),
            _ => "",
        };
        let certificate = match self.authentication.as_str() {
            ClientAuthentication::TLS => self.certificate.trim(),
            _ => "",
        };
        ClientFields {
            name: Some(self.name.clone()),
            contact: Some(self.contact.clone()),
            authentication: Some(self.authentication.clone()),
            keys: (!keys.is_empty()).then(|| keys.to_owned()),
            certificate: (!certificate.is_empty()).then(|| certificate.to_owned()),
            redirect_uris: Some(words(&self.redirect_uris)),
            post_logout_redirect_uris: Some(words(&self.post_logout_redirect_uris)),
            backchannel_logout_uri: Some(self.backchannel_logout_uri.clone()),
            logo_uri: Some(self.logo_uri.clone()),
            grants: Some(self.grants()),
            scopes: Some(words(&self.scopes)),
            access: Some(self.access.clone()),
            subject: Some(self.subject.clone()),
            access_token: Some(self.access_token.clone()),
            id_token_algorithm: Some(self.id_token_algorithm.clone()),
            asks_consent: Some(is_ticked(&self.asks_consent)),
            requires_pkce: Some(is_ticked(&self.requires_pkce)),
        }
    }

    fn new_client(&self) -> Result<(ClientSettings, NewSecret)> {
        let client_id = match self.client_id.trim() {
            "" => ClientId::generate(&SystemEntropy),
            text => ClientId::parse(text)?,
        };
        let given = self.client_secret.as_ref();
        let secret = match given.map_or("", |secret| secret.expose_secret().trim()) {
            "" => NewSecret::Generate,
            text => NewSecret::Given(ClientSecret::parse(text)?),
        };
        Ok((self.fields().new_client(client_id)?, secret))
    }

    /// What was typed, save the secret.
    fn typed(&self, app: &App) -> OpenidClientForm {
        let chosen = Chosen {
            authentication: &self.authentication,
            grants: &self.grants(),
            subject: &self.subject,
            access_token: &self.access_token,
            id_token_algorithm: &self.id_token_algorithm,
        };
        OpenidClientForm {
            name: self.name.clone(),
            contact: self.contact.clone(),
            client_id: self.client_id.clone(),
            keys: self.keys.clone(),
            certificate: self.certificate.clone(),
            redirect_uris: self.redirect_uris.clone(),
            post_logout_redirect_uris: self.post_logout_redirect_uris.clone(),
            backchannel_logout_uri: self.backchannel_logout_uri.clone(),
            logo_uri: self.logo_uri.clone(),
            access: self.access.clone(),
            scopes: self.scopes.clone(),
            asks_consent: is_ticked(&self.asks_consent),
            requires_pkce: is_ticked(&self.requires_pkce),
            version: self.version,
            ..OpenidClientForm::chosen(&chosen, &app.settings().openid.algorithms)
        }
    }
}
