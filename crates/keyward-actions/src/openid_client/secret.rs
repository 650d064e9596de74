//! What clients prove themselves by, and how one secret takes the place of another.

use super::change::{created, named};
use crate::App;
use crate::grounds;
use keyward_core::clock::Timestamp;
use keyward_core::domain::answered_request::Created;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::openid_client::{
    ClientSecret, ClientSettings, OpenidClientId, StoredClientSecret,
};
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{openid_client_secrets, openid_clients};

/// What becomes of the secrets that a client has, when it gets another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Former {
    /// They work on for [`ClientSettings::OVERLAP`], so that the client can be told of the new one.
    Overlaps,
    /// They work no more: somebody else may know them.
    Ends,
}

/// A client's new secret.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// It, shown once.
    pub secret: ClientSecret,
    /// Until when those before it work; `None` where they work no more.
    pub former_until: Option<Timestamp>,
}

/// Gives a client another secret, where it is of this version still, a new one or one that it has
/// already.
///
/// # Errors
/// `openid_client.unknown`, `openid_client.changed`; `openid_client.invalid` for a client that
/// authenticates itself in another way, and for a secret that another client has.
pub async fn rotate(
    app: &App,
    administrator: &Administrator,
    (id, version): (OpenidClientId, i64),
    given: Option<ClientSecret>,
    former: Former,
) -> Result<Rotated> {
    let secret = given.unwrap_or_else(|| ClientSecret::generate(&*app.entropy));
    let event = administrator.does(EventKind::OpenidClientSecretRotated);
    let (context, hash) = (app.context(), secret.hash());
    let until = match former {
        Former::Overlaps => context.now + ClientSettings::OVERLAP,
        Former::Ends => context.now,
    };
    let (made, created) = (secret.clone(), created_for_once as fn(&_) -> _);
    let (_, _, had_some) = grounds::create_for(app, administrator, created, move |connection| {
        let client = openid_clients::by_id(connection, id)?.ok_or(codes::OPENID_CLIENT_UNKNOWN)?;
        if !client.settings.authentication.is_by_secret() {
            return Err(Problem::new(codes::OPENID_CLIENT_INVALID)
                .detailed("this client authenticates itself in another way than by a secret"));
        }
        // The row is held from here on: of two at once one is refused.
        if !openid_clients::raise(connection, id, version)? {
            return Err(codes::OPENID_CLIENT_CHANGED.into());
        }
        let before = openid_client_secrets::of_client(connection, id)?;
        openid_client_secrets::replace(connection, id, &hash, context.now, until)?;
        context.record(connection, &event.detailed(named(&client.settings)))?;
        let had_some = before.iter().any(|secret| secret.is_good(context.now));
        Ok((id, made, had_some))
    })
    .await?;
    app.openid.clients.forget();
    Ok(Rotated {
        secret,
        former_until: (had_some && former == Former::Overlaps).then_some(until),
    })
}

fn created_for_once((id, secret, _): &(OpenidClientId, ClientSecret, bool)) -> Created {
    created(*id, Some(secret))
}

/// The secrets of a client that work, the newest first, without what they are.
///
/// # Errors
/// The store's.
pub async fn secrets(
    app: &App,
    _: &MayAudit,
    id: OpenidClientId,
) -> Result<Vec<StoredClientSecret>> {
    let now = app.now();
    let found = app
        .store
        .look(move |connection| openid_client_secrets::of_client(connection, id))
        .await?;
    let good = found.into_iter().filter(|secret| secret.is_good(now));
    Ok(good.collect())
}
