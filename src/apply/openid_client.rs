//! A client of the OpenID provider, from its table.

use std::path::Path;

use secrecy::ExposeSecret as _;

use super::beside::{beside, secret_file};
use super::table::Table;
use keyward_core::domain::declared::{Declaration, SharedKey};
use keyward_core::domain::openid_client::{ClientFields, ClientId, ClientSecret};
use keyward_core::problem::Result;

/// The keys of a client.
pub(super) const KEYS: [&str; 20] = [
    "client_id",
    "name",
    "contact",
    "authentication",
    "keys",
    "keys_file",
    "certificate",
    "redirect_uris",
    "post_logout_redirect_uris",
    "logo_uri",
    "backchannel_logout_uri",
    "grants",
    "scopes",
    "access",
    "subject",
    "access_token",
    "id_token_algorithm",
    "asks_consent",
    "requires_pkce",
    "secret_file",
];

/// Reads one.
///
/// # Errors
/// `declared.invalid`
pub(super) fn openid_client(mut table: Table, folder: &Path) -> Result<Declaration> {
    let client_id = table.needed_text("client_id")?;
    let client_id =
        ClientId::parse(&client_id).map_err(|problem| table.refused("client_id", &problem))?;
    let fields = ClientFields {
        name: Some(table.needed_text("name")?),
        contact: table.text("contact")?,
        authentication: table.text("authentication")?,
        keys: keys(&mut table, folder)?,
        certificate: table.text("certificate")?,
        redirect_uris: table.texts("redirect_uris")?,
        post_logout_redirect_uris: table.texts("post_logout_redirect_uris")?,
        logo_uri: table.text("logo_uri")?,
        backchannel_logout_uri: table.text("backchannel_logout_uri")?,
        grants: table.texts("grants")?,
        scopes: table.texts("scopes")?,
        access: table.text("access")?,
        subject: table.text("subject")?,
        access_token: table.text("access_token")?,
        id_token_algorithm: table.text("id_token_algorithm")?,
        asks_consent: table.truth("asks_consent")?,
        requires_pkce: table.truth("requires_pkce")?,
    };
    let settings = fields.new_client(client_id);
    let settings = settings.map_err(|problem| table.refused_whole(&problem))?;
    let secret = match table.text("secret_file")? {
        None => SharedKey::Kept,
        Some(_) if !settings.authentication.is_by_secret() => {
            let why = "is for a client that authenticates itself by a secret";
            return Err(table.wrong("secret_file", why));
        }
        Some(path) => {
            let secret = secret_file(&table, "secret_file", &path, folder)?;
            ClientSecret::parse(secret.expose_secret())
                .map_err(|problem| table.refused("secret_file", &problem))?;
            SharedKey::Given(secret)
        }
    };
    Ok(Declaration::OpenidClient(Box::new(settings), secret))
}

fn keys(table: &mut Table, folder: &Path) -> Result<Option<String>> {
    match (table.text("keys")?, table.text("keys_file")?) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(table.wrong("keys", "and keys_file are both given; keep one")),
        (Some(text), None) => Ok(Some(text)),
        (None, Some(path)) => {
            let text = beside(table, "keys_file", &path, folder)?;
            Ok(Some(text.to_string()))
        }
    }
}
