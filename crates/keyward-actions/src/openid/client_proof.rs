//! Which client calls an endpoint, and whether it proves that (RFC 6749 §2.3).
//!
//! A wrong proof is counted on the address that it comes from, never on the client: who knows a client's
//! name must not be able to lock it. All that is wrong is answered alike, and takes the same time.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::clients::client_named;
use super::failure::{Answered, Failure};
use crate::{App, attempt, openid_client};
use keyward_core::clock::Timestamp;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::client::Client;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::json_web_key::{Algorithm, JwkSet};
use keyward_core::domain::openid_client::{ClientAuthentication, ClientKeys, RegisteredClient};
use keyward_core::factors::client_certificate::ClientCertificate;
use keyward_core::factors::upstream::needs_other_keys;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::jose::{self, Expectation};
use keyward_core::protocols::oauth::{ClientProof, OauthError, Parameters, Refusal};
use keyward_core::secret::ExposeSecret as _;
use keyward_store::attempts::{self, Admission};
use keyward_store::openid_assertions;

/// A call of an endpoint by a program.
#[derive(Debug)]
pub struct ClientCall<'a> {
    /// What it says.
    pub parameters: &'a Parameters,
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The certificate of its connection, where TLS ends here and it has shown one.
    pub certificate: Option<&'a ClientCertificate>,
    /// From where it comes.
    pub from: &'a Client,
}

/// How far the clocks of a client and ours may differ.
const LEEWAY: Duration = Duration::from_secs(30);
/// How long an assertion may count, so that what has to be remembered of those that were used has an end. There
/// are libraries that make all of theirs for an hour.
const LONGEST_ASSERTION: Duration = Duration::from_hours(1);

/// The client that calls.
///
/// # Errors
/// `invalid_client`; `openid.too_many` where too many wrong proofs came from there.
pub(super) async fn authenticated(
    app: &App,
    call: &ClientCall<'_>,
) -> Answered<Arc<RegisteredClient>> {
    let proof = ClientProof::read(call.authorization, call.parameters)?;
    let named = match &proof {
        ClientProof::Name { client_id }
        | ClientProof::Basic { client_id, .. }
        | ClientProof::Post { client_id, .. } => client_id.clone(),
        ClientProof::Assertion { assertion, .. } => issuer_of(assertion).unwrap_or_default(),
    };
    let client = client_named(app, &named).await?;
    if let Some(client) = &client
        && has_secret_of(app, client, &proof)
    {
        // A secret of 256 bits is not guessed: wrong ones from the same address lock nobody out who has it.
        return Ok(Arc::clone(client));
    }
    if let (Some(client), ClientProof::Name { .. }) = (&client, &proof)
        && client.settings.authentication.is_public()
    {
        // Where there is no secret none is guessed: the wrong ones of others behind the same address lock
        // nobody out of a program that has none.
        return Ok(Arc::clone(client));
    }
    if let (Some(client), ClientProof::Name { .. }) = (&client, &proof)
        && let Some(subject) = client.settings.authentication.certificate()
        && call
            .certificate
            .is_some_and(|shown| shown.is_of(subject, app.now()))
    {
        // RFC 8705 §2.1: its key was proved when the connection began, and is not guessed either.
        return Ok(Arc::clone(client));
    }
    refuse_locked(app, call.from).await?;
    let is_proved = match &client {
        Some(client) => is_proved(app, client, &proof).await?,
        None => false,
    };
    match client.filter(|_| is_proved) {
        Some(client) => Ok(client),
        None => Err(refuse(app, call.from, &named).await?),
    }
}

fn has_secret_of(app: &App, client: &RegisteredClient, proof: &ClientProof) -> bool {
    match (&client.settings.authentication, proof) {
        (ClientAuthentication::SecretBasic, ClientProof::Basic { secret, .. })
        | (ClientAuthentication::SecretPost, ClientProof::Post { secret, .. }) => {
            client.has_secret(secret.expose_secret(), app.now())
        }
        // In no other way than the one that is registered.
        _ => false,
    }
}

/// Whether a proof without a secret holds.
async fn is_proved(app: &App, client: &Arc<RegisteredClient>, proof: &ClientProof) -> Result<bool> {
    let authentication = &client.settings.authentication;
    Ok(match (authentication, proof) {
        (
            ClientAuthentication::PrivateKeyJwt(_),
            ClientProof::Assertion {
                client_id,
                assertion,
            },
        ) => {
            let is_named = client_id
                .as_ref()
                .is_none_or(|named| named == client.settings.client_id.as_str());
            is_named && is_asserted(app, client, assertion).await?
        }
        // In no other way than the one that is registered.
        _ => false,
    })
}

/// Whether the client's key signed an assertion for us, which nobody has shown before (RFC 7523 §3, OpenID
/// Connect Core 1.0 §9).
async fn is_asserted(app: &App, client: &Arc<RegisteredClient>, assertion: &str) -> Result<bool> {
    let Some(published) = keys_for(app, client, assertion).await? else {
        return Ok(false);
    };
    let (client_id, now) = (client.settings.client_id.as_str(), app.now());
    let issuer = super::claims::issuer(app);
    // RFC 9126 §2 has the second taken, whichever of the two is called.
    let endpoints = ["token", "par"].map(|name| format!("{issuer}/oauth2/{name}"));
    let expected = Expectation {
        issuer: client_id,
        audiences: &[&issuer, &endpoints[0], &endpoints[1]],
        algorithms: &[
            Algorithm::Es256,
            Algorithm::Es384,
            Algorithm::Rs256,
            Algorithm::Ps256,
            Algorithm::EdDsa,
        ],
        types: Expectation::PLAIN,
        leeway: LEEWAY,
        even_expired: false,
    };
    let Ok(verified) = jose::verify(assertion, &published, &expected, now) else {
        return Ok(false);
    };
    let is_bounded = verified.expires_at.since(now) <= LONGEST_ASSERTION + LEEWAY;
    let (Some(id), true) = (&verified.id, is_bounded) else {
        return Ok(false);
    };
    if verified.subject.as_deref() != Some(client_id) || id.len() > 256 {
        return Ok(false);
    }
    let digest = Sha256::new()
        .chain_update(client.id.to_string())
        .chain_update(id)
        .finalize();
    let digest = data_encoding::HEXLOWER.encode(&digest);
    let until = verified.expires_at + LEEWAY;
    app.store
        .write(move |connection| openid_assertions::spend(connection, &digest, until))
        .await
}

/// The client's keys, fetched where they are at an address of its; `None` where there are none.
async fn keys_for<'a>(
    app: &App,
    client: &'a RegisteredClient,
    assertion: &str,
) -> Result<Option<Cow<'a, JwkSet>>> {
    let address = match client.settings.authentication.keys() {
        None => return Ok(None),
        Some(ClientKeys::Set(published)) => return Ok(Some(Cow::Borrowed(published))),
        Some(ClientKeys::At(address)) => address,
    };
    let (cache, gateway) = (&app.openid.client_keys, &app.gateways.client_keys);
    let is_among = |keys: &JwkSet| !needs_other_keys(keys, assertion);
    // In a box, so that no other call carries this one's state about.
    let fetched = Box::pin(cache.at(gateway, address, is_among, app.now())).await;
    // It may have got other keys, or have been removed, while its address was asked.
    let still = openid_client::registered(app, &client.settings.client_id).await?;
    let is_same = still.is_some_and(|now| now.id == client.id && now.version == client.version);
    Ok(fetched
        .filter(|_| is_same)
        .map(|keys| Cow::Owned(JwkSet::clone(&keys))))
}

/// Who says that they signed an assertion; it is verified to be so after.
fn issuer_of(assertion: &str) -> Option<String> {
    let claims = assertion
        .split('.')
        .nth(1)
        .filter(|part| part.len() <= 8192)?;
    let claims: serde_json::Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

/// Refuses an address from which too many wrong proofs came.
///
/// # Errors
/// `openid.too_many`
pub(super) async fn refuse_locked(app: &App, from: &Client) -> Result<()> {
    let (scope, now) = (AttemptScope::openid_clients(from.address), app.now());
    let lock = app
        .store
        .look(move |connection| attempts::lock_of(connection, &scope, now))
        .await?;
    match lock {
        Some(until) => Err(too_many(until, now)),
        None => Ok(()),
    }
}

fn too_many(until: Timestamp, now: Timestamp) -> Problem {
    Problem::new(codes::OPENID_CLIENT_TOO_MANY).retry_after(until.since(now))
}

/// Counts a code of a device that none waits with, where it was typed.
///
/// # Errors
/// `openid.too_many` where too many came from there.
pub(super) async fn count_failure(app: &App, from: &Client) -> Result<()> {
    let named = "device";
    match refuse(app, from, named).await? {
        Failure::Refused(_) => Ok(()),
        Failure::Problem(problem) => Err(problem),
    }
}

/// Counts a wrong proof on the address, and says with what it is answered.
async fn refuse(app: &App, from: &Client, named: &str) -> Result<Failure> {
    let refusal = Refusal::new(OauthError::InvalidClient, "the client did not prove itself");
    let (scope, now) = (AttemptScope::openid_clients(from.address), app.now());
    let limit = app.settings.lockout.per_address(from.address);
    let (context, from) = (app.context(), from.clone());
    let name: String = named.chars().filter(|c| !c.is_control()).take(64).collect();
    let event = Event::new(EventKind::OpenidClientRefused)
        .refused(keyward_core::domain::event::Refusal::Unknown)
        .from(&from)
        .detailed(EventDetail::Named { name });
    app.store
        .write_unsynced(move |connection| {
            if let Some(limit) = limit {
                match attempts::admit(connection, &scope, &limit, now)? {
                    Admission::LockedUntil(until) => return Ok(too_many(until, now).into()),
                    Admission::Admitted => {}
                }
                if let Some(until) = attempts::lock_if_spent(connection, &scope, &limit, now)? {
                    let locked = attempt::locked_out(&scope, until, &from);
                    context.record(connection, &locked)?;
                }
            }
            context.record(connection, &event)?;
            Ok(refusal.into())
        })
        .await
}
