//! How keys take each other's place.

use std::time::Duration;

use super::ring::{make, named, ring, signing};
use crate::App;
use crate::grounds;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{Event, EventKind};
use keyward_core::domain::json_web_key::SigningAlgorithm;
use keyward_core::domain::openid_key::{OpenidKey, OpenidKeyState};
use keyward_core::flows::permit::{Administrator, Grounds, MayAudit};
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::openid_keys;

/// How long a key is published before it signs by itself: whoever verifies may keep what they read for
/// a day.
const AHEAD: Duration = Duration::from_hours(24);

/// What becomes of tokens that a key signed which is retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retired {
    /// They are verified until the last of them is over.
    Verifies,
    /// They are refused from now on: somebody else may have the key.
    Refused,
}

/// All keys by algorithm, the newest first.
///
/// # Errors
/// The store's.
pub async fn list(app: &App, _: &MayAudit) -> Result<Vec<OpenidKey>> {
    let now = app.now();
    let keys = app.store.read(openid_keys::all).await?;
    Ok(keys.into_iter().filter(|key| key.verifies(now)).collect())
}

/// Lets the next key of an algorithm sign from now on, and makes one that will be next after it. Gives the
/// name of the key that signs.
///
/// # Errors
/// `openid_key.rotated` where another rotation was faster, `openid_key.not_offered`
pub async fn rotate(
    app: &App,
    administrator: &Administrator,
    algorithm: SigningAlgorithm,
    retired: Retired,
) -> Result<String> {
    if !app.settings.openid.algorithms.contains(&algorithm) {
        return Err(Problem::new(codes::OPENID_KEY_NOT_OFFERED).detailed(algorithm.as_str()));
    }
    let event = administrator.does(EventKind::OpenidKeyRotated);
    let grounds = administrator.grounds();
    let active = signing(app, algorithm).await?.kid().to_owned();
    replace(app, grounds, event, (algorithm, &active), retired).await?;
    Ok(signing(app, algorithm).await?.kid().to_owned())
}

/// What the server does by itself: makes the keys that will be next, and lets those sign whose time has
/// come. Where there are no keys yet it makes none. Says how many were rotated.
///
/// # Errors
/// The store's.
pub async fn tend(app: &App) -> Result<usize> {
    let (now, keys) = (app.now(), ring(app).await?);
    let mut rotated = 0;
    let of_state = |state| keys.keys.iter().filter(move |key| key.state == state);
    for active in of_state(OpenidKeyState::Active) {
        let algorithm = active.algorithm;
        let next = of_state(OpenidKeyState::Next).find(|key| key.algorithm == algorithm);
        let since = active.activated_at.unwrap_or(active.created_at);
        let is_due = now.since(since) >= app.settings.openid.key_rotation;
        match next {
            None => drop(make(app, algorithm, OpenidKeyState::Next).await?),
            Some(next) if is_due && now.since(next.created_at) >= AHEAD => {
                let event = Event::new(EventKind::OpenidKeyRotated);
                let of = (algorithm, active.kid.as_str());
                match replace(app, Grounds::Server, event, of, Retired::Verifies).await {
                    Ok(()) => rotated += 1,
                    Err(problem) if problem.code() == codes::OPENID_KEY_ROTATED => {}
                    Err(problem) => return Err(problem),
                }
            }
            Some(_) => {}
        }
    }
    Ok(rotated)
}

async fn replace(
    app: &App,
    grounds: Grounds,
    event: Event,
    (algorithm, active): (SigningAlgorithm, &str),
    retired: Retired,
) -> Result<()> {
    // Where there is one, nothing is made.
    if !has_next(app, algorithm).await? {
        make(app, algorithm, OpenidKeyState::Next).await?;
    }
    let (context, active) = (app.context(), active.to_owned());
    let until = match retired {
        Retired::Verifies => context.now + verified_for(app),
        Retired::Refused => context.now,
    };
    grounds::write_for(app, grounds, move |connection| {
        if !openid_keys::rotate(connection, algorithm, &active, context.now, until)? {
            return Err(codes::OPENID_KEY_ROTATED.into());
        }
        context.record(connection, &event.detailed(named(algorithm, &active)))
    })
    .await?;
    app.openid.keys.forget();
    make(app, algorithm, OpenidKeyState::Next).await.map(drop)
}

async fn has_next(app: &App, algorithm: SigningAlgorithm) -> Result<bool> {
    let keys = app.store.read(openid_keys::all).await?;
    let is_next = |key: &OpenidKey| key.algorithm == algorithm && key.state == OpenidKeyState::Next;
    Ok(keys.iter().any(is_next))
}

/// How long what a key signed is verified: an application shows the ID token of a session when that is
/// over (OpenID Connect RP-Initiated Logout 1.0 §2).
fn verified_for(app: &App) -> Duration {
    app.settings.session.absolute + AHEAD
}

/// When the key that signs is replaced by itself.
pub fn due_at(app: &App, key: &OpenidKey) -> Option<Timestamp> {
    let since = key.activated_at?;
    (key.state == OpenidKeyState::Active).then(|| since + app.settings.openid.key_rotation)
}
