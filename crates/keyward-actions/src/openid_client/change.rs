//! Adding, changing and removing clients.

use zeroize::Zeroizing;

use crate::App;
use crate::grounds;
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::openid_client::{
    ClientKeys, ClientSecret, ClientSettings, OpenidClient, OpenidClientId,
};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{openid_client_secrets, openid_clients};

/// What a new client proves itself by, where that is a secret.
#[derive(Clone, Debug)]
pub enum NewSecret {
    /// A new one.
    Generate,
    /// One that the client has already.
    Given(ClientSecret),
}

/// Adds a client, and gives its secret, which is not shown again; `None` for a client that has none.
///
/// # Errors
/// `openid_client.invalid`, `openid_client.taken`, `group.unknown`, `user.unknown`
pub async fn add(
    app: &App,
    administrator: &Administrator,
    settings: ClientSettings,
    secret: NewSecret,
) -> Result<(OpenidClientId, Option<ClientSecret>)> {
    let (client, secret, _) = new(app, settings, secret)?;
    let event = administrator
        .does(EventKind::OpenidClientAdded)
        .detailed(named(&client.settings));
    let context = app.context();
    let once =
        |(id, secret): &(OpenidClientId, Option<ClientSecret>)| created(*id, secret.as_ref());
    let added = grounds::create_for(app, administrator, once, move |connection| {
        openid_clients::insert(connection, &client)?;
        if let Some(secret) = &secret {
            let (hash, now) = (secret.hash(), context.now);
            openid_client_secrets::replace(connection, client.id, &hash, now, now)?;
        }
        context.record(connection, &event)?;
        Ok((client.id, secret))
    })
    .await?;
    app.openid.clients.forget();
    Ok(added)
}

/// Changes a client that is of this version still. What it calls itself by stays; where it proves itself
/// by a secret no more, it has none from then on.
///
/// # Errors
/// `openid_client.unknown`, `openid_client.changed`, `openid_client.invalid`, `openid_client.taken`,
/// `group.unknown`, `user.unknown`
pub async fn change(
    app: &App,
    administrator: &Administrator,
    id: OpenidClientId,
    version: i64,
    settings: ClientSettings,
) -> Result<()> {
    let settings = checked(app, settings)?;
    let event = administrator
        .does(EventKind::OpenidClientChanged)
        .detailed(named(&settings));
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let before = openid_clients::by_id(connection, id)?.ok_or(codes::OPENID_CLIENT_UNKNOWN)?;
        if before.settings.client_id != settings.client_id {
            return Err(Problem::new(codes::OPENID_CLIENT_INVALID).detailed(
                "a client keeps its client id: whoever needs another is another client",
            ));
        }
        if !openid_clients::update(connection, id, version, &settings)? {
            return Err(codes::OPENID_CLIENT_CHANGED.into());
        }
        if !settings.authentication.is_by_secret() {
            openid_client_secrets::remove_all(connection, id)?;
        }
        context.record(connection, &event)
    })
    .await?;
    app.openid.clients.forget();
    Ok(())
}

/// Removes a client, and gives it back: nobody signs in to it any more, and its tokens are over.
///
/// # Errors
/// `openid_client.unknown`
pub async fn remove(
    app: &App,
    administrator: &Administrator,
    id: OpenidClientId,
) -> Result<OpenidClient> {
    let event = administrator.does(EventKind::OpenidClientRemoved);
    let context = app.context();
    let removed = grounds::write_for(app, administrator.grounds(), move |connection| {
        let client = openid_clients::by_id(connection, id)?.ok_or(codes::OPENID_CLIENT_UNKNOWN)?;
        if !openid_clients::remove(connection, id)? {
            return Err(codes::OPENID_CLIENT_UNKNOWN.into());
        }
        let event = event.detailed(named(&client.settings));
        context.record(connection, &event)?;
        Ok(client)
    })
    .await?;
    app.openid.clients.forget();
    Ok(removed)
}

/// A new client with its secret, and whether that was made for it.
pub(super) fn new(
    app: &App,
    settings: ClientSettings,
    secret: NewSecret,
) -> Result<(OpenidClient, Option<ClientSecret>, bool)> {
    let client = OpenidClient {
        id: OpenidClientId::generate(app.now(), &*app.entropy),
        settings: checked(app, settings)?,
        version: 0,
        created_at: app.now(),
    };
    let (secret, is_made) = match (client.settings.authentication.is_by_secret(), secret) {
        (true, NewSecret::Generate) => (Some(ClientSecret::generate(&*app.entropy)), true),
        (true, NewSecret::Given(secret)) => (Some(secret), false),
        (false, NewSecret::Generate) => (None, false),
        (false, NewSecret::Given(_)) => {
            return Err(Problem::new(codes::OPENID_CLIENT_INVALID)
                .detailed("a client that authenticates itself in another way has no secret"));
        }
    };
    Ok((client, secret, is_made))
}

/// Settings that hold together, and whose ID tokens we sign in the way that they say.
pub(crate) fn checked(app: &App, settings: ClientSettings) -> Result<ClientSettings> {
    let settings = settings.checked()?;
    if let Some(ClientKeys::At(address)) = settings.authentication.keys() {
        app.gateways.client_keys.can_reach(address)?;
    }
    if settings.authentication.certificate().is_some()
        && !app.settings.server.asks_for_certificates()
    {
        return Err(Problem::new(codes::OPENID_CLIENT_INVALID).detailed(
            "tls_client_auth needs server.tls.client_ca: no client is asked for a certificate",
        ));
    }
    let offered = &app.settings.openid.algorithms;
    if offered.contains(&settings.id_token_algorithm) {
        return Ok(settings);
    }
    let names: Vec<&str> = offered.iter().map(|one| one.as_str()).collect();
    Err(Problem::new(codes::OPENID_CLIENT_INVALID).detailed(format!(
        "ID tokens are signed by one of {}: openid.algorithms names no other",
        names.join(", ")
    )))
}

/// What is kept of a secret's making for a request that may be sent again.
pub fn created(id: OpenidClientId, secret: Option<&ClientSecret>) -> Created {
    Created {
        id: id.to_string(),
        secret: secret.map(|secret| Zeroizing::new(secret.expose().to_owned())),
    }
}

pub(super) fn named(settings: &ClientSettings) -> EventDetail {
    EventDetail::Named {
        name: settings.name.clone(),
    }
}
