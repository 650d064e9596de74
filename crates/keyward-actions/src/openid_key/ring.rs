//! All keys, and how one comes to be.

use std::sync::Arc;
use std::time::Instant;

use crate::App;
use crate::services::KeyRing;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::json_web_key::{JwkSet, SigningAlgorithm};
use keyward_core::domain::openid_key::OpenidKeyState;
use keyward_core::problem::{Problem, Result};
use keyward_core::protocols::jose::SigningKey;
use keyward_store::openid_keys::{self, NewKey};

/// The public keys by which tokens of ours are verified, those that will sign next among them (RFC 7517
/// §5). Of each algorithm that is offered there is one at least: where there is none yet, it is made now.
///
/// # Errors
/// The store's; `master_key.wrong` where a key does not open.
pub async fn published(app: &App) -> Result<JwkSet> {
    let mut keys = ring(app).await?;
    for algorithm in &app.settings.openid.algorithms {
        if !keys.signing.contains_key(algorithm) {
            signing(app, *algorithm).await?;
            keys = ring(app).await?;
        }
    }
    Ok(keys.published(app.now()))
}

/// The key that signs by an algorithm; one is made where there is none yet.
///
/// # Errors
/// As [`published`].
pub(super) async fn signing(app: &App, algorithm: SigningAlgorithm) -> Result<Arc<SigningKey>> {
    let found = |keys: &KeyRing| keys.signing.get(&algorithm).map(Arc::clone);
    if let Some(key) = found(&*ring(app).await?) {
        return Ok(key);
    }
    // One at a time: whoever asks for the keys orders no more than these, however often they ask.
    let _turn = app.openid.making.lock().await;
    if let Some(key) = found(&*ring(app).await?) {
        return Ok(key);
    }
    make(app, algorithm, OpenidKeyState::Active).await?;
    found(&*ring(app).await?).ok_or_else(|| Problem::internal("a key that was made is not there"))
}

/// Makes a key; `false` where there is one in this state already.
pub(super) async fn make(
    app: &App,
    algorithm: SigningAlgorithm,
    state: OpenidKeyState,
) -> Result<bool> {
    let entropy = Arc::clone(&app.entropy);
    let made = tokio::task::spawn_blocking(move || {
        let pkcs8 = SigningKey::generate(algorithm, &*entropy)?;
        let key = SigningKey::from_pkcs8(algorithm, &pkcs8)?;
        Ok::<_, Problem>((pkcs8, key))
    });
    let (pkcs8, key) = made.await.map_err(Problem::internal)??;
    let (context, master_key) = (app.context(), Arc::clone(&app.master_key));
    let event = Event::new(EventKind::OpenidKeyAdded).detailed(named(algorithm, key.kid()));
    let added = app
        .store
        .write(move |connection| {
            let new = NewKey {
                algorithm,
                kid: key.kid(),
                jwk: key.jwk(),
                pkcs8: &pkcs8,
            };
            let sealing = (&*master_key, &*context.entropy);
            let added = openid_keys::insert(connection, &new, state, context.now, sealing)?;
            if added {
                context.record(connection, &event)?;
            }
            Ok(added)
        })
        .await?;
    app.openid.keys.forget();
    Ok(added)
}

/// All keys, as they were two seconds ago at most.
pub(super) async fn ring(app: &App) -> Result<Arc<KeyRing>> {
    let keys = &app.openid.keys;
    if let Some(all) = keys.known(Instant::now()) {
        return Ok(all);
    }
    let (store, master_key) = (&app.store, Arc::clone(&app.master_key));
    let read = Box::pin(keys.read(
        || store.look(openid_keys::changes),
        || {
            store.read(move |connection| {
                let keys = openid_keys::all(connection)?;
                let active = openid_keys::active(connection, &master_key)?;
                let opened = active.into_iter().map(|(algorithm, pkcs8)| {
                    let key = SigningKey::from_pkcs8(algorithm, &pkcs8)?;
                    Ok((algorithm, Arc::new(key)))
                });
                Ok(KeyRing {
                    signing: opened.collect::<Result<_>>()?,
                    keys,
                })
            })
        },
    ));
    read.await
}

pub(super) fn named(algorithm: SigningAlgorithm, kid: &str) -> EventDetail {
    EventDetail::Named {
        name: format!("{} {kid}", algorithm.as_str()),
    }
}
