//! `/api/v1/clients`: clients of the OpenID provider.

use actix_web::http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use super::users::given;
use crate::lists::OpenidClients;
use crate::rows::OpenidClientRow;
use crate::web::answer::Answer;
use keyward_actions::openid_client::{self, Former, NewSecret};
use keyward_core::clock::{SystemEntropy, Timestamp};
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::openid_client::{ClientFields, ClientId, ClientSecret, OpenidClientId};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Code, Problem, Result, codes};

const CLIENTS: &str = "/clients";
const CLIENT: &str = "/clients/{id}";
const INVALID: &[Code] = &[
    codes::OPENID_CLIENT_INVALID,
    codes::OPENID_CLIENT_TAKEN,
    codes::GROUP_UNKNOWN,
    codes::USER_UNKNOWN,
];

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::OpenidClientsRead, ApiScope::OpenidClientsWrite);
    let unknown = &[codes::OPENID_CLIENT_UNKNOWN];
    vec![
        list::<OpenidClients>("clients.list", reads),
        Operation::new(
            Method::POST,
            CLIENTS,
            "clients.create",
            writes,
            "Adds a client of the OpenID provider. A new secret of it is told this once",
            || to(create),
        )
        .takes::<NewOpenidClient>()
        .creates::<AddedOpenidClient>()
        .refuses(INVALID),
        Operation::new(
            Method::GET,
            CLIENT,
            "clients.read",
            reads,
            "One client of the OpenID provider",
            || to(read),
        )
        .reads::<OpenidClientRow>()
        .tagged()
        .refuses(unknown),
        Operation::new(
            Method::PATCH,
            CLIENT,
            "clients.change",
            writes,
            "Changes a client of the OpenID provider; its client id and its secret stay",
            || to(change),
        )
        .takes::<OpenidClientChange>()
        .tells::<OpenidClientRow>("The client as it is now.")
        .tagged()
        .conditional()
        .refuses(unknown)
        .refuses(INVALID),
        Operation::new(
            Method::DELETE,
            CLIENT,
            "clients.delete",
            writes,
            "Removes a client of the OpenID provider: nobody signs in to it any more, and its tokens are over",
            || to(remove),
        )
        .refuses(unknown),
        Operation::new(
            Method::POST,
            "/clients/{id}/rotate",
            "clients.rotate",
            writes,
            "Gives a client of the OpenID provider a new secret, which is told this once",
            || to(rotate),
        )
        .takes::<SecretRotation>()
        .creates::<RotatedSecret>()
        .refuses(unknown)
        .refuses(&[codes::OPENID_CLIENT_INVALID, codes::OPENID_CLIENT_CHANGED]),
    ]
}

macro_rules! bodies {
    ($($(#[$says:meta])* $field:ident: $type:ty,)*) => {
        /// A new client. What is not named is as usual: an application on a server, which everybody may sign
        /// in to.
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        struct NewOpenidClient {
            /// What people read.
            name: String,
            /// What it calls itself by, 1 to 64 letters, digits, `-`, `.`, `_` or `~`; a new one otherwise.
            #[serde(default)]
            client_id: Option<String>,
            /// The secret that it has already, 43 to 256 characters; a new one is made otherwise.
            #[serde(default)]
            #[schema(value_type = Option<String>)]
            client_secret: Option<SecretString>,
            $($(#[$says])* #[serde(default)] #[schema(nullable = false)] $field: Option<$type>,)*
            /// Its public keys, as a JWK set in JSON, or the address at which it publishes them, with
            /// `private_key_jwt`.
            #[serde(default)]
            keys: Option<String>,
            /// Of whom its certificate is, with `tls_client_auth`: `dns:payroll.example.org`, or
            /// `dn:CN=payroll,O=Example`.
            #[serde(default)]
            certificate: Option<String>,
            /// What is told that a session is over.
            #[serde(default)]
            backchannel_logout_uri: Option<String>,
            /// Its picture, at an address that begins with `https://`, for the sign-in page.
            #[serde(default)]
            logo_uri: Option<String>,
        }

        /// What shall be different; what is not named stays.
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        struct OpenidClientChange {
            /// What people read.
            #[serde(default)]
            #[schema(nullable = false)]
            name: Option<String>,
            $($(#[$says])* #[serde(default)] #[schema(nullable = false)] $field: Option<$type>,)*
            /// Its public keys, as a JWK set in JSON, or the address at which it publishes them, with
            /// `private_key_jwt`.
            #[serde(default)]
            #[schema(nullable = false)]
            keys: Option<String>,
            /// Of whom its certificate is, with `tls_client_auth`: `dns:payroll.example.org`, or
            /// `dn:CN=payroll,O=Example`.
            #[serde(default)]
            #[schema(nullable = false)]
            certificate: Option<String>,
            /// What is told that a session is over; null for nothing.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = Option<String>)]
            backchannel_logout_uri: Option<Option<String>>,
            /// Its picture, at an address that begins with `https://`; null for none.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = Option<String>)]
            logo_uri: Option<Option<String>>,
        }

        impl NewOpenidClient {
            fn fields(self) -> ClientFields {
                ClientFields {
                    name: Some(self.name),
                    keys: self.keys,
                    certificate: self.certificate,
                    backchannel_logout_uri: self.backchannel_logout_uri,
                    logo_uri: self.logo_uri,
                    $($field: self.$field,)*
                }
            }
        }

        impl OpenidClientChange {
            fn fields(self) -> ClientFields {
                ClientFields {
                    name: self.name,
                    keys: self.keys,
                    certificate: self.certificate,
                    backchannel_logout_uri: self.backchannel_logout_uri.map(Option::unwrap_or_default),
                    logo_uri: self.logo_uri.map(Option::unwrap_or_default),
                    $($field: self.$field,)*
                }
            }
        }
    };
}

bodies! {
    /// How it proves that it is the one: `none`, `client_secret_basic`, `client_secret_post`,
    /// `private_key_jwt` or `tls_client_auth`.
    authentication: String,
    /// Where browsers may be led with an answer.
    redirect_uris: Vec<String>,
    /// Where browsers may be led after signing out.
    post_logout_redirect_uris: Vec<String>,
    /// In which ways it may ask for tokens: `authorization_code`, `refresh_token`, `device_code`,
    /// `client_credentials`.
    grants: Vec<String>,
    /// What it may ask for.
    scopes: Vec<String>,
    /// Who may sign in, and what they must have proved: `anyone`, or `group:staff hardware within 1h`.
    access: String,
    /// What it knows users by: `public` or `pairwise`.
    subject: String,
    /// What its access tokens are: `opaque` or `jwt`.
    access_token: String,
    /// How its ID tokens are signed: `ES256`, `RS256` or `EdDSA`, as far as `openid.algorithms` has it.
    id_token_algorithm: String,
    /// Whether people are asked before it is told of them.
    asks_consent: bool,
    /// Whether codes are bound to whoever asked (RFC 7636); those of public clients always are.
    requires_pkce: bool,
    /// Whom to ask by people who may not go on.
    contact: String,
}

/// A client that was added.
#[derive(Serialize, ToSchema)]
struct AddedOpenidClient {
    /// Its secret, which is told this once; null where it has none, or brought it along.
    client_secret: Option<String>,
    /// The client.
    client: OpenidClientRow,
}

/// What becomes of the secret before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SecretRotation {
    /// Whether it ends at once, because somebody else may know it; it works for a day still otherwise.
    #[serde(default)]
    at_once: bool,
}

/// A new secret.
#[derive(Serialize, ToSchema)]
struct RotatedSecret {
    /// It, which is told this once.
    client_secret: String,
    /// Until when the one before works; null where it works no more.
    #[schema(format = "date-time")]
    former_secret_until: Option<String>,
}

fn client_of(call: &Call) -> Result<OpenidClientId> {
    let id = call.path("id", |text| Some(OpenidClientId::parse(text)))?;
    id.ok_or_else(|| codes::OPENID_CLIENT_UNKNOWN.into())
}

fn address(id: OpenidClientId) -> String {
    format!("{CLIENTS}/{id}")
}

async fn create(call: Call) -> Answer {
    let mut new: NewOpenidClient = call.body()?;
    let client_id = match new.client_id.take() {
        Some(text) => ClientId::parse(&text)?,
        None => ClientId::generate(&SystemEntropy),
    };
    let given = new.client_secret.take();
    let is_given = given.is_some();
    let secret = match given {
        Some(secret) => NewSecret::Given(ClientSecret::parse(secret.expose_secret())?),
        None => NewSecret::Generate,
    };
    let settings = new.fields().new_client(client_id)?;
    let app = call.app();
    let created = async |by| {
        let (id, secret) = openid_client::add(app, &by, settings, secret).await?;
        Ok(openid_client::created(id, secret.as_ref()))
    };
    let shown = async |by: &Administrator, created: &Created| {
        let id = OpenidClientId::parse(&created.id).ok_or(codes::INTERNAL)?;
        let found = openid_client::find(app, by, id).await?;
        let secret = created.secret.as_ref().filter(|_| !is_given);
        let added = AddedOpenidClient {
            client_secret: secret.map(|secret| secret.to_string()),
            client: OpenidClientRow::from(&found),
        };
        Ok((address(id), added))
    };
    call.create(created, shown).await
}

async fn read(call: Call) -> Answer {
    let found = openid_client::find(call.app(), &call.audits()?, client_of(&call)?).await?;
    call.read(&OpenidClientRow::from(&found), Some(&found.edition()))
}

async fn change(call: Call) -> Answer {
    let (by, id, edition) = (call.administrator()?, client_of(&call)?, call.if_match()?);
    let change: OpenidClientChange = call.body()?;
    let app = call.app();
    let before = openid_client::find(app, &by, id).await?;
    before.edition().require(edition.as_ref())?;
    let mut settings = before.settings;
    change.fields().apply(&mut settings)?;
    // The version is asked for once more by the statement that changes it.
    let changed = openid_client::change(app, &by, id, before.version, settings).await;
    changed.map_err(|problem| match problem.code() {
        codes::OPENID_CLIENT_CHANGED => Problem::new(codes::RESOURCE_OVERTAKEN),
        _ => problem,
    })?;
    let found = openid_client::find(app, &by, id).await?;
    call.changed(&OpenidClientRow::from(&found), Some(&found.edition()))
}

async fn remove(call: Call) -> Answer {
    openid_client::remove(call.app(), &call.administrator()?, client_of(&call)?).await?;
    done()
}

async fn rotate(call: Call) -> Answer {
    let (id, rotation): (_, SecretRotation) = (client_of(&call)?, call.body()?);
    let former = match rotation.at_once {
        true => Former::Ends,
        false => Former::Overlaps,
    };
    let app = call.app();
    let created = async |by: Administrator| {
        let found = openid_client::find(app, &by, id).await?;
        let row = (found.id, found.version);
        let rotated = openid_client::rotate(app, &by, row, None, former).await?;
        Ok(openid_client::created(id, Some(&rotated.secret)))
    };
    let shown = async |by: &Administrator, created: &Created| {
        let secrets = openid_client::secrets(app, by, id).await?;
        let former = secrets.iter().find_map(|secret| secret.expires_at);
        let secret = created.secret.as_ref().map(|secret| secret.to_string());
        let rotated = RotatedSecret {
            client_secret: secret.unwrap_or_default(),
            former_secret_until: former.map(Timestamp::rfc3339),
        };
        Ok((address(id), rotated))
    };
    call.create(created, shown).await
}
