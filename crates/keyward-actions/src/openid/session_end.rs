//! Telling clients that a session is over (OpenID Connect Back-Channel Logout 1.0).
//!
//! Whatever ends a session takes its row away, and with it the reference of its grants: nobody who ends one
//! has to know of clients. What is left behind is looked for twice a second, ends, and becomes a row for each
//! client that wants to be told; so a restart loses none.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, json};

use super::claims::{issuer, subject_of};
use super::clients::client_of;
use crate::App;
use crate::openid_key::sign;
use keyward_core::clock::{Entropy, Timestamp};
use keyward_core::domain::openid_client::OpenidClientId;
use keyward_core::domain::openid_grant::SessionEndId;
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;
use keyward_core::secret::Token;
pub use keyward_store::openid_session_ends::SessionEnd;
use keyward_store::{AnyConnection, openid_grants, openid_session_ends};

/// How many grants are ended in one transaction.
const PIECE: i64 = 64;
/// How many ends are claimed at once.
const AT_ONCE: i64 = 16;
/// How long a try may take before another node may try.
const LEASE: Duration = Duration::from_secs(30);
/// The wait after the first try; it doubles.
const WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// When a client is given up: by then its own session is over, or it asks us.
const GIVE_UP: Duration = Duration::from_hours(2);
/// How long a logout token counts (§4).
const TOKEN_LASTS: Duration = Duration::from_mins(2);

/// Ends the grants that were left behind, and notes whom to tell; `true` where there may be more.
///
/// # Errors
/// The store's.
pub async fn end_left_behind(app: &App) -> Result<bool> {
    let now = app.now();
    let left = app
        .store
        .look(move |connection| openid_session_ends::left_behind(connection, now, PIECE))
        .await?;
    if left.is_empty() {
        return Ok(false);
    }
    let mut told = Vec::with_capacity(left.len());
    for grant in left {
        let client = client_of(app, grant.client).await?;
        let is_told = client.is_some_and(|one| one.settings.backchannel_logout_uri.is_some());
        told.push((grant, is_told));
    }
    let entropy = app.entropy.clone();
    app.store
        .write(move |connection| {
            for (grant, is_told) in told {
                // Of two nodes one ends it, and notes the end.
                if !openid_grants::end(connection, grant.id, now)? || !is_told {
                    continue;
                }
                let end = SessionEnd {
                    id: SessionEndId::generate(now, &*entropy),
                    client: grant.client,
                    sid: grant.sid,
                    user: grant.user,
                    tries: 0,
                    due_at: now,
                    expires_at: now + GIVE_UP,
                };
                openid_session_ends::insert(connection, &end)?;
            }
            Ok(true)
        })
        .await
}

/// Notes, in the caller's transaction, that a client is to be told of the ends of what a user let it have in
/// these sessions, as it knows them.
pub(super) fn note_ends(
    connection: &mut AnyConnection,
    entropy: &dyn Entropy,
    (client, user): (OpenidClientId, UserId),
    sids: BTreeSet<String>,
    now: Timestamp,
) -> Result<()> {
    for sid in sids {
        let end = SessionEnd {
            id: SessionEndId::generate(now, entropy),
            client,
            sid,
            user: Some(user),
            tries: 0,
            due_at: now,
            expires_at: now + GIVE_UP,
        };
        openid_session_ends::insert(connection, &end)?;
    }
    Ok(())
}

/// Claims ends that are due. No other node gets them before the lease is over, and a lease is over by
/// itself.
///
/// # Errors
/// The store's.
pub async fn claim_session_ends(app: &App) -> Result<Vec<SessionEnd>> {
    let now = app.now();
    let due = app
        .store
        .look(move |connection| openid_session_ends::due(connection, now, AT_ONCE))
        .await?;
    if due.is_empty() {
        return Ok(due);
    }
    let until = now + LEASE;
    app.store
        .write(move |connection| {
            let mut claimed = Vec::with_capacity(due.len());
            for end in due {
                if openid_session_ends::claim(connection, &end, until)? {
                    claimed.push(SessionEnd {
                        tries: end.tries.saturating_add(1),
                        due_at: until,
                        ..end
                    });
                }
            }
            Ok(claimed)
        })
        .await
}

/// Tells a client of an end, once, and notes what came of it.
///
/// # Errors
/// The store's.
pub async fn tell_session_end(app: &App, end: SessionEnd) -> Result<()> {
    let client = client_of(app, end.client).await?;
    let settings = client.as_ref().map(|client| &client.settings);
    let address = settings.and_then(|settings| settings.backchannel_logout_uri.clone());
    let (Some(client), Some(address)) = (&client, address) else {
        return forget(app, end.id).await;
    };
    let now = app.now();
    let mut claims = Map::new();
    let said = json!({
        "iss": issuer(app),
        "aud": client.settings.client_id.as_str(),
        "iat": now.seconds(),
        "exp": (now + TOKEN_LASTS).seconds(),
        "jti": Token::generate(&*app.entropy).expose().as_str(),
        "sid": end.sid,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    if let serde_json::Value::Object(said) = said {
        claims.extend(said);
    }
    if let Some(user) = end.user {
        claims.insert("sub".to_owned(), subject_of(app, client, user).into());
    }
    let algorithm = client.settings.id_token_algorithm;
    let token = sign(
        app,
        algorithm,
        "logout+jwt",
        serde_json::Value::Object(claims),
    )
    .await?;
    match app.gateways.back_channel.send(&address, &token).await {
        Ok(()) => forget(app, end.id).await,
        Err(why) => {
            let name = client.settings.client_id.as_str();
            tracing::warn!(client = name, "an end was not taken: the client {why}");
            put_off(app, end, now).await
        }
    }
}

async fn forget(app: &App, id: SessionEndId) -> Result<()> {
    app.store
        .write(move |connection| openid_session_ends::remove(connection, id))
        .await
}

async fn put_off(app: &App, end: SessionEnd, now: Timestamp) -> Result<()> {
    let doubled = WAIT.saturating_mul(2_u32.saturating_pow(end.tries.saturating_sub(1)));
    let until = now + doubled.min(LONGEST_WAIT);
    if until >= end.expires_at {
        return forget(app, end.id).await;
    }
    app.store
        .write(move |connection| openid_session_ends::put_off(connection, &end, until).map(drop))
        .await
}
