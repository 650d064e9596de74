//! Looking clients up.

use std::sync::Arc;
use std::time::Instant;

use crate::App;
use keyward_core::domain::openid_client::{
    ClientId, OpenidClient, OpenidClientId, OpenidClients, RegisteredClient,
};
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{openid_client_secrets, openid_clients};

/// All clients, by name.
///
/// # Errors
/// The store's.
pub async fn list(app: &App, _: &MayAudit) -> Result<Vec<OpenidClient>> {
    app.store.read(openid_clients::all).await
}

/// All clients by name, with the hashes of their secrets.
///
/// # Errors
/// The store's.
pub async fn list_with_secrets(app: &App, _: &Administrator) -> Result<Vec<RegisteredClient>> {
    app.store.read(openid_client_secrets::registered).await
}

/// The client of this row.
///
/// # Errors
/// `openid_client.unknown`
pub async fn find(app: &App, _: &MayAudit, id: OpenidClientId) -> Result<OpenidClient> {
    app.store
        .look(move |connection| openid_clients::by_id(connection, id))
        .await?
        .ok_or_else(|| codes::OPENID_CLIENT_UNKNOWN.into())
}

/// The client that calls itself so, or that people know by this name.
///
/// # Errors
/// `openid_client.unknown`
pub async fn find_by_name(app: &App, _: &MayAudit, name: &str) -> Result<OpenidClient> {
    let wanted = name.to_owned();
    app.store
        .look(move |connection| {
            let client_id = ClientId::from_stored(&wanted);
            match openid_clients::by_client_id(connection, &client_id)? {
                Some(client) => Ok(Some(client)),
                None => openid_clients::by_name(connection, &wanted),
            }
        })
        .await?
        .ok_or_else(|| Problem::new(codes::OPENID_CLIENT_UNKNOWN).detailed(name))
}

/// The client that calls itself so, as it was two seconds ago at most.
///
/// # Errors
/// The store's.
pub async fn registered(app: &App, client_id: &ClientId) -> Result<Option<Arc<RegisteredClient>>> {
    Ok(registered_clients(app)
        .await?
        .get(client_id)
        .map(Arc::clone))
}

/// All clients, as they were two seconds ago at most.
///
/// # Errors
/// The store's.
pub async fn registered_clients(app: &App) -> Result<Arc<OpenidClients>> {
    let clients = &app.openid.clients;
    if let Some(all) = clients.known(Instant::now()) {
        return Ok(all);
    }
    let store = &app.store;
    // In a box, so that no request carries its state about.
    let read = Box::pin(clients.read(
        || store.look(openid_clients::changes),
        || async {
            let all = store.read(openid_client_secrets::registered).await?;
            Ok(OpenidClients::new(all))
        },
    ));
    read.await
}
