//! Authorization codes: made for a grant, and spent for its tokens.

use std::sync::Arc;

use super::claims::sid_of;
use super::clients::allowed;
use crate::App;
use crate::grounds::write_for;
use keyward_core::domain::authentication_context::AuthenticationContext;
use keyward_core::domain::client::Client;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::openid_client::{OpenidClient, RegisteredClient};
use keyward_core::domain::openid_grant::{CODE_LASTS, Grant, GrantId, GrantProof};
use keyward_core::domain::session::Session;
use keyward_core::flows::permit::Grounds;
use keyward_core::problem::{Result, codes};
use keyward_core::protocols::oauth::{AuthorizationRequest, CodeChallenge};
use keyward_core::secret::{Token, TokenHash};
use keyward_store::openid_codes::AuthorizationCode;
use keyward_store::{openid_codes, openid_grants, openid_pushed_requests};

/// How long a grant of which no token was taken is known.
const UNUSED_LASTS: std::time::Duration = std::time::Duration::from_hours(1);

/// What a code is made of.
pub(super) struct Issuing<'a> {
    pub client: &'a Arc<RegisteredClient>,
    pub redirect_uri: &'a str,
    /// The pushed request that the code spends.
    pub reference: Option<&'a TokenHash>,
    pub request: &'a AuthorizationRequest,
    pub session: &'a Session,
    pub context: &'a AuthenticationContext,
    pub from: &'a Client,
}

/// Makes a grant and its code, on grounds that must stand still.
///
/// # Errors
/// `session.required` where the session ended meanwhile, `openid.request_uri` where the pushed request was used.
pub(super) async fn issue(app: &App, grounds: Grounds, issuing: &Issuing<'_>) -> Result<Token> {
    let Issuing {
        client,
        redirect_uri,
        reference,
        request,
        session,
        from,
        ..
    } = *issuing;
    let now = app.now();
    let grant = new_grant(app, issuing);
    let code = Token::generate(&*app.entropy);
    let row = AuthorizationCode {
        hash: code.hash(),
        grant: grant.id,
        client: client.id,
        redirect_uri: redirect_uri.to_owned(),
        challenge: request
            .challenge
            .as_ref()
            .map(|one| one.as_str().to_owned()),
        nonce: request.nonce.clone(),
        expires_at: now + CODE_LASTS,
        spent_at: None,
    };
    let event = Event::new(EventKind::OpenidSignedIn)
        .by(Actor::User(session.user_id))
        .about(session.user_id)
        .from(from)
        .detailed(named(client));
    let context = app.context();
    let reference = reference.cloned();
    write_for(app, grounds, move |connection| {
        if let Some(reference) = &reference
            && !openid_pushed_requests::spend(connection, reference, now)?
        {
            return Err(codes::OPENID_PUSHED.into());
        }
        openid_grants::insert(connection, &grant, now + UNUSED_LASTS)?;
        openid_codes::insert(connection, &row)?;
        context.record(connection, &event)
    })
    .await?;
    Ok(code)
}

/// A grant of what is asked for, in the session as it is now.
pub(super) fn new_grant(app: &App, issuing: &Issuing<'_>) -> Grant {
    let Issuing {
        client,
        request,
        session,
        context,
        ..
    } = *issuing;
    let now = app.now();
    let device = session.proving_device();
    Grant {
        id: GrantId::generate(now, &*app.entropy),
        client: client.id,
        user: Some(session.user_id),
        session: Some(session.id),
        sid: sid_of(app, client, session.id),
        scopes: allowed(client, request.scopes.iter().map(String::as_str)),
        claims: request.claims.named.clone(),
        proof: Some(GrantProof {
            // A trusted browser stood in where nothing was proved since: then the sign-in counts.
            auth_time: context.proved_at.unwrap_or(session.opened_at),
            acr: context.class.as_str().to_owned(),
            methods: context.methods.clone(),
            device,
            is_by_device: device.is_some(),
        }),
        created_at: now,
        ended_at: None,
    }
}

/// A client in the particulars of an event.
pub(super) fn named(client: &OpenidClient) -> EventDetail {
    EventDetail::Named {
        name: client.settings.client_id.as_str().to_owned(),
    }
}

/// Whether a verifier is the one of a code: there must be one exactly where there was a challenge, so that
/// an attacker who strips the challenge from a request gains nothing by it (PKCE downgrade, RFC 9700
/// §4.8.2).
pub(super) fn is_verified(code: &AuthorizationCode, verifier: Option<&str>) -> bool {
    match (&code.challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            CodeChallenge::from_stored(challenge).is_met_by(verifier)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}
