//! Requests that a client pushes before it sends its user (RFC 9126): nothing of them is in an address.
//!
//! Only clients that prove themselves may: what a stranger can have written down would have no bound.

use std::time::Duration;

use serde::Serialize;

use super::authorize::read_for;
use super::client_proof::{ClientCall, authenticated};
use super::failure::Answered;
use crate::App;
use keyward_core::domain::openid_client::RegisteredClient;
use keyward_core::problem::Result;
use keyward_core::protocols::oauth::{OauthError, Parameters, Refusal};
use keyward_core::secret::{Token, TokenHash};
use keyward_store::openid_pushed_requests::{self, PushedRequest};

/// What a reference begins with (RFC 9126 §2.2).
const FRONT: &str = "urn:ietf:params:oauth:request_uri:";
/// How long a request waits for its user, who may have to sign in first.
const LASTS: Duration = Duration::from_mins(10);
/// The longest request, in bytes.
const LONGEST: usize = 16 * 1024;

/// What a client sends its user with.
#[derive(Debug, Serialize)]
pub struct Pushed {
    request_uri: String,
    /// In seconds.
    expires_in: u64,
}

/// Takes a request, which is judged as it would be when the user brings it.
///
/// # Errors
/// `invalid_client`, `unauthorized_client`, and what is wrong with the request.
pub async fn push(app: &App, call: &ClientCall<'_>) -> Answered<Pushed> {
    let client = authenticated(app, call).await?;
    if client.settings.authentication.is_public() {
        let why = "a client that proves nothing may not push requests";
        return Err(Refusal::new(OauthError::UnauthorizedClient, why).into());
    }
    let mut parameters = call.parameters.clone();
    // What it proves itself by is no part of the request.
    for name in ["client_secret", "client_assertion", "client_assertion_type"] {
        parameters = parameters.without(name);
    }
    if parameters.has_doubled() {
        return Err(Refusal::request("a parameter stands there more than once").into());
    }
    let parameters = parameters.with("client_id", client.settings.client_id.as_str());
    if parameters.get("request_uri")?.is_some() {
        return Err(Refusal::parameter("request_uri", "is not pushed (RFC 9126 §2.1)").into());
    }
    read_for(&client, &parameters)?;
    let redirect_uri = parameters.required("redirect_uri")?;
    let mut registered = client.settings.redirect_uris.iter();
    if !registered.any(|one| one.matches(redirect_uri)) {
        return Err(Refusal::parameter("redirect_uri", "is none of this client").into());
    }
    let text = parameters.to_text();
    if text.len() > LONGEST {
        return Err(Refusal::request("the request is too long").into());
    }
    let reference = Token::generate(&*app.entropy);
    let row = PushedRequest {
        reference: reference.hash(),
        client: client.id,
        parameters: text,
        expires_at: app.now() + LASTS,
    };
    app.store
        .write(move |connection| openid_pushed_requests::insert(connection, &row))
        .await?;
    Ok(Pushed {
        request_uri: format!("{FRONT}{}", reference.expose().as_str()),
        expires_in: LASTS.as_secs(),
    })
}

/// A request that a client pushed, and the reference that is spent with its code.
pub(super) struct Taken {
    pub parameters: Parameters,
    pub reference: TokenHash,
}

/// The request that a user brings the reference of; `None` where they bring none of ours.
///
/// # Errors
/// `invalid_request_uri` within, for one that is unknown, too old or another client's.
pub(super) async fn taken(
    app: &App,
    client: &RegisteredClient,
    brought: &Parameters,
) -> Result<Option<Result<Taken, Refusal>>> {
    let Ok(Some(uri)) = brought.get("request_uri") else {
        return Ok(None);
    };
    let Some(reference) = uri.strip_prefix(FRONT) else {
        return Ok(None);
    };
    let over = || {
        let why = "the pushed request is none, was used, or is too old";
        Refusal::new(OauthError::InvalidRequestUri, why)
    };
    let Some(reference) = Token::parse(reference) else {
        return Ok(Some(Err(over())));
    };
    let hash = reference.hash();
    let looked_up = hash.clone();
    let found = app
        .store
        .look(move |connection| openid_pushed_requests::by_reference(connection, &looked_up))
        .await?;
    let now = app.now();
    let found = found.filter(|found| found.client == client.id && now < found.expires_at);
    let read = found.and_then(|found| Parameters::read(found.parameters.as_bytes()).ok());
    Ok(Some(read.ok_or_else(over).map(|parameters| Taken {
        parameters,
        reference: hash,
    })))
}
