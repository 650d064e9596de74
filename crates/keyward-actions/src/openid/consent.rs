//! What users agreed to let clients know, where a client asks them: remembered until they take it back.

use super::authorize::resolved;
use super::clients::{allowed, client_named, client_of};
use super::code::named;
use super::return_state::agreed;
use super::session_end::note_ends;
use crate::App;
use crate::grounds::write_for;
use crate::openid_client::registered_clients;
use keyward_core::clock::Timestamp;
use keyward_core::domain::client::Client;
use keyward_core::domain::event::{Actor, Event, EventKind};
use keyward_core::domain::openid_client::OpenidClient;
use keyward_core::domain::openid_grant::Scopes;
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::SignedIn;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::oauth::{AuthorizationRequest, Parameters};
use keyward_store::{openid_consents, openid_grants};

/// What a user agreed to.
#[derive(Clone, Debug)]
pub struct OwnConsent {
    /// What the client calls itself.
    pub client_id: String,
    /// What it is called.
    pub client: String,
    /// What it may know.
    pub scopes: Scopes,
    /// When it asked last.
    pub agreed_at: Timestamp,
}

/// A user agrees to a request of a client. Gives the query with which the request goes on.
///
/// # Errors
/// Those of [`authorize`](super::authorize()) for what cannot be read; `session.required` where the
/// session ended meanwhile.
pub async fn agree(
    app: &App,
    permit: &SignedIn,
    parameters: &Parameters,
    from: &Client,
) -> Result<String> {
    let (resolved, asked) = resolved(app, parameters).await?;
    let request = AuthorizationRequest::read(&resolved);
    let request = request
        .map_err(|refusal| Problem::new(codes::REQUEST_MALFORMED).detailed(refusal.description))?;
    let scopes = told_to(&asked.client, &request);
    let (user, client, now) = (permit.user().id, asked.client.id, app.now());
    let (context, event) = (
        app.context(),
        Event::new(EventKind::OpenidAgreed)
            .by(Actor::User(user))
            .about(user)
            .from(from)
            .detailed(named(&asked.client)),
    );
    write_for(app, permit.grounds(), move |connection| {
        openid_consents::put(connection, user, client, &scopes, now)?;
        context.record(connection, &event)
    })
    .await?;
    Ok(agreed(app, parameters, permit.session().id))
}

/// What a client is told by a request, as the user is asked about it: the scopes that it names, and those that
/// cover claims that it names one by one (OpenID Connect Core 1.0 §5.5), which are told as well.
pub(super) fn told_to(client: &OpenidClient, request: &AuthorizationRequest) -> Scopes {
    let named = &request.claims.named;
    let named = named.id_token.iter().chain(&named.userinfo);
    let scopes = request.scopes.iter().map(String::as_str);
    allowed(client, scopes.chain(named.map(|claim| claim.scope())))
}

/// Whether a user agreed to all of this before.
pub(super) async fn has_agreed(
    app: &App,
    user: UserId,
    client: &OpenidClient,
    scopes: &Scopes,
) -> Result<bool> {
    let id = client.id;
    let known = app
        .store
        .look(move |connection| openid_consents::scopes_of(connection, user, id))
        .await?;
    Ok(known.is_some_and(|known| scopes.are_within(&known)))
}

/// Whether any client asks its users before it is told who they are.
///
/// # Errors
/// The store's.
pub async fn does_any_ask(app: &App) -> Result<bool> {
    let all = registered_clients(app).await?;
    Ok(all.iter().any(|client| client.settings.asks_consent))
}

/// What a user agreed to, by the names of clients.
///
/// # Errors
/// The store's.
pub async fn own_consents(app: &App, permit: &SignedIn) -> Result<Vec<OwnConsent>> {
    let user = permit.user().id;
    let known = app
        .store
        .look(move |connection| openid_consents::of_user(connection, user))
        .await?;
    let mut own = Vec::new();
    for consent in known {
        if let Some(client) = client_of(app, consent.client).await? {
            own.push(OwnConsent {
                client_id: client.settings.client_id.as_str().to_owned(),
                client: client.settings.name.clone(),
                scopes: consent.scopes,
                agreed_at: consent.agreed_at,
            });
        }
    }
    own.sort_by(|one, other| one.client.cmp(&other.client));
    Ok(own)
}

/// A user takes back what they agreed to, and the tokens that the client has of them end; its back channel is
/// told so. Where they agreed to nothing, nothing changes.
///
/// # Errors
/// `openid.client` where there is no such client.
pub async fn take_back(app: &App, permit: &SignedIn, client_id: &str, from: &Client) -> Result<()> {
    let client = client_named(app, client_id)
        .await?
        .ok_or(codes::OPENID_CLIENT)?;
    let (user, id, now) = (permit.user().id, client.id, app.now());
    let is_told = client.settings.backchannel_logout_uri.is_some();
    let context = app.context();
    let event = Event::new(EventKind::OpenidAgreementEnded)
        .by(Actor::User(user))
        .about(user)
        .from(from)
        .detailed(named(&client));
    write_for(app, permit.grounds(), move |connection| {
        if !openid_consents::remove(connection, user, id)? {
            return Ok(());
        }
        let sids = openid_grants::end_of(connection, user, id, now)?;
        if is_told {
            note_ends(connection, &*context.entropy, (id, user), sids, now)?;
        }
        context.record(connection, &event)
    })
    .await
}
