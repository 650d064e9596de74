//! Several changes of clients that are made together.

use super::change::{NewSecret, checked, named, new};
use crate::{App, grounds};
use keyward_core::domain::event::EventKind;
use keyward_core::domain::openid_client::{
    ClientId, ClientSecret, ClientSettings, OpenidClient, OpenidClientId,
};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{openid_client_secrets, openid_clients};

/// One of several changes that are made together.
#[derive(Clone, Debug)]
pub enum ClientChange {
    /// A new client.
    Add(ClientSettings, NewSecret),
    /// Other settings or another secret for the one of this id, where it is of this version still.
    Change(
        OpenidClientId,
        i64,
        Option<ClientSettings>,
        Option<NewSecret>,
    ),
    /// The one of this id goes.
    Remove(OpenidClientId),
}

/// A client with other settings or another secret.
struct Changed {
    id: OpenidClientId,
    version: i64,
    settings: Option<ClientSettings>,
    secret: Option<ClientSecret>,
}

/// Changes by what they do, checked.
#[derive(Default)]
struct Together {
    added: Vec<(OpenidClient, Option<ClientSecret>)>,
    changed: Vec<Changed>,
    removed: Vec<OpenidClientId>,
    /// The secrets that were made.
    made: Vec<(ClientId, ClientSecret)>,
}

/// Makes several changes at once, or none of them, and gives the secrets that were made for them. Names
/// may go from one client to another. A secret that another takes the place of works for
/// [`ClientSettings::OVERLAP`] still.
///
/// # Errors
/// Those of [`add`](super::add), [`change`](super::change), [`rotate`](super::rotate) and
/// [`remove`](super::remove).
pub async fn change_together(
    app: &App,
    administrator: &Administrator,
    changes: Vec<(ClientId, ClientChange)>,
) -> Result<Vec<(ClientId, ClientSecret)>> {
    let Together {
        added,
        changed,
        removed,
        made,
    } = Together::of(app, changes)?;
    let [adds, changes, rotates, removes] = [
        EventKind::OpenidClientAdded,
        EventKind::OpenidClientChanged,
        EventKind::OpenidClientSecretRotated,
        EventKind::OpenidClientRemoved,
    ]
    .map(|kind| administrator.does(kind));
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let now = context.now;
        for id in removed {
            let gone =
                openid_clients::by_id(connection, id)?.ok_or(codes::OPENID_CLIENT_UNKNOWN)?;
            openid_clients::remove(connection, id)?;
            let event = removes.clone().detailed(named(&gone.settings));
            context.record(connection, &event)?;
        }
        for one in changed.iter().filter(|one| one.settings.is_some()) {
            openid_clients::release_name(connection, one.id)?;
        }
        for one in &changed {
            let is_of_version = match &one.settings {
                Some(settings) => {
                    openid_clients::update(connection, one.id, one.version, settings)?
                }
                None => openid_clients::raise(connection, one.id, one.version)?,
            };
            if !is_of_version {
                return Err(codes::OPENID_CLIENT_CHANGED.into());
            }
            let found =
                openid_clients::by_id(connection, one.id)?.ok_or(codes::OPENID_CLIENT_UNKNOWN)?;
            let settings = &found.settings;
            if one.settings.is_some() {
                context.record(connection, &changes.clone().detailed(named(settings)))?;
            }
            if !settings.authentication.is_by_secret() {
                openid_client_secrets::remove_all(connection, one.id)?;
            } else if let Some(secret) = &one.secret {
                let until = now + ClientSettings::OVERLAP;
                openid_client_secrets::replace(connection, one.id, &secret.hash(), now, until)?;
                context.record(connection, &rotates.clone().detailed(named(settings)))?;
            }
        }
        for (client, secret) in &added {
            openid_clients::insert(connection, client)?;
            if let Some(secret) = secret {
                openid_client_secrets::replace(connection, client.id, &secret.hash(), now, now)?;
            }
            context.record(connection, &adds.clone().detailed(named(&client.settings)))?;
        }
        Ok(())
    })
    .await?;
    app.openid.clients.forget();
    Ok(made)
}

impl Together {
    fn of(app: &App, changes: Vec<(ClientId, ClientChange)>) -> Result<Self> {
        let mut together = Self::default();
        for (client_id, change) in changes {
            match change {
                ClientChange::Add(settings, secret) => {
                    let (client, secret, is_made) = new(app, settings, secret)?;
                    if let (Some(secret), true) = (&secret, is_made) {
                        together.made.push((client_id, secret.clone()));
                    }
                    together.added.push((client, secret));
                }
                ClientChange::Change(id, version, settings, secret) => {
                    let settings = settings
                        .map(|settings| checked(app, settings))
                        .transpose()?;
                    if settings
                        .as_ref()
                        .is_some_and(|settings| settings.client_id != client_id)
                    {
                        return Err(Problem::internal("a client changes its client id"));
                    }
                    let secret = match secret {
                        Some(NewSecret::Generate) => {
                            let secret = ClientSecret::generate(&*app.entropy);
                            together.made.push((client_id, secret.clone()));
                            Some(secret)
                        }
                        Some(NewSecret::Given(secret)) => Some(secret),
                        None => None,
                    };
                    together.changed.push(Changed {
                        id,
                        version,
                        settings,
                        secret,
                    });
                }
                ClientChange::Remove(id) => together.removed.push(id),
            }
        }
        Ok(together)
    }
}
