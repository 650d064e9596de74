//! Clients as the endpoints see them.

use std::sync::Arc;

use crate::App;
use crate::openid_client::{registered, registered_clients};
use keyward_core::domain::openid_client::{
    ClientId, OpenidClient, OpenidClientId, RedirectUri, RegisteredClient, Scope,
};
use keyward_core::domain::openid_grant::Scopes;
use keyward_core::problem::Result;
use keyward_core::protocols::oauth::{OauthError, Refusal};

/// The client that calls itself so.
pub(super) async fn client_named(
    app: &App,
    client_id: &str,
) -> Result<Option<Arc<RegisteredClient>>> {
    registered(app, &ClientId::from_stored(client_id)).await
}

/// The client of a row.
pub(super) async fn client_of(
    app: &App,
    id: OpenidClientId,
) -> Result<Option<Arc<RegisteredClient>>> {
    let all = registered_clients(app).await?;
    Ok(all.iter().find(|one| one.client.id == id).cloned())
}

/// Those of these scopes of users that the client may ask for. Others are ignored (OpenID Connect Core 1.0
/// §3.1.2.1).
pub(super) fn allowed<'a>(
    client: &OpenidClient,
    asked: impl IntoIterator<Item = &'a str>,
) -> Scopes {
    let of_users = client
        .settings
        .scopes
        .iter()
        .filter(|one| one.is_of_users());
    let of_users: Vec<&str> = of_users.map(Scope::as_str).collect();
    Scopes::among(asked, &of_users)
}

/// The same, of which there has to be one: no scope is meant where none is named.
///
/// # Errors
/// `invalid_scope` (RFC 6749 §3.3)
pub(super) fn some_allowed<'a>(
    client: &OpenidClient,
    asked: impl IntoIterator<Item = &'a str>,
) -> std::result::Result<Scopes, Refusal> {
    let scopes = allowed(client, asked);
    match scopes.is_empty() {
        true => {
            let why = "no scope is asked for that this client may have";
            Err(Refusal::new(OauthError::InvalidScope, why))
        }
        false => Ok(scopes),
    }
}

/// Those of these scopes that are of the client itself.
pub(super) fn own<'a>(client: &OpenidClient, asked: impl IntoIterator<Item = &'a str>) -> Scopes {
    let own = client
        .settings
        .scopes
        .iter()
        .filter(|one| !one.is_of_users());
    let own: Vec<&str> = own.map(Scope::as_str).collect();
    Scopes::among(asked, &own)
}

/// What a client is called.
///
/// # Errors
/// The store's.
pub async fn client_name(app: &App, client_id: &str) -> Result<Option<String>> {
    let client = client_named(app, client_id).await?;
    Ok(client.map(|client| client.settings.name.clone()))
}

/// Whether scripts of an origin are a public client's: one of its redirect URIs is there.
///
/// # Errors
/// The store's.
pub async fn is_origin_of_client(app: &App, origin: &str) -> Result<bool> {
    let all = registered_clients(app).await?;
    let mut public = all
        .iter()
        .filter(|one| one.settings.authentication.is_public());
    Ok(public.any(|client| {
        let mut origins = client
            .settings
            .redirect_uris
            .iter()
            .filter_map(RedirectUri::origin);
        origins.any(|one| one == origin)
    }))
}
