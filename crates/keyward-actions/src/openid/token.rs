//! The token endpoint (RFC 6749 §3.2).

use std::sync::Arc;

use serde::Serialize;

use super::access_token::NewAccessToken;
use super::claims::id_token;
use super::client_proof::{ClientCall, authenticated};
use super::code::{is_verified, named};
use super::failure::{Answered, Failure};
use super::standing::{Standing, standing};
use super::{device, machine, refresh};
use crate::App;
use keyward_core::domain::event::{Actor, Event, EventKind};
use keyward_core::domain::openid_client::{GrantType, OpenidClient, RegisteredClient, Scope};
use keyward_core::domain::openid_grant::{ACCESS_TOKEN_LASTS, Scopes};
use keyward_core::problem::Result;
use keyward_core::protocols::oauth::{OauthError, Parameters, Refusal};
use keyward_core::secret::Token;
use keyward_store::openid_codes::{self, AuthorizationCode};
use keyward_store::openid_tokens::{self, RefreshFamily};
use keyward_store::{AnyConnection, openid_grants};

/// Tokens, as the endpoint gives them (RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3).
#[derive(Serialize)]
pub struct Tokens {
    access_token: zeroize::Zeroizing<String>,
    token_type: &'static str,
    /// In seconds.
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<zeroize::Zeroizing<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    scope: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(..)")
    }
}

/// Gives a client tokens for what it shows.
///
/// # Errors
/// Those of RFC 6749 §5.2.
pub async fn token(app: &App, call: &ClientCall<'_>) -> Answered<Tokens> {
    let client = authenticated(app, call).await?;
    let kind = call.parameters.required("grant_type")?;
    let mut known = GrantType::ALL.into_iter();
    let kind = known
        .find(|one| one.registered() == kind)
        .ok_or(Refusal::new(
            OauthError::UnsupportedGrantType,
            "this kind of grant is not known here",
        ))?;
    if !client.settings.may(kind) {
        let why = "this client may not use this kind of grant";
        return Err(Refusal::new(OauthError::UnauthorizedClient, why).into());
    }
    match kind {
        GrantType::AuthorizationCode => by_code(app, &client, call).await,
        GrantType::RefreshToken => refresh::by_refresh_token(app, &client, call).await,
        GrantType::ClientCredentials => machine::by_client_credentials(app, &client, call).await,
        GrantType::DeviceCode => device::by_device_code(app, &client, call).await,
    }
}

/// What is given for a grant that stands.
pub(super) struct Giving {
    pub standing: Standing,
    pub access: NewAccessToken,
    /// The refresh token, in both halves.
    pub refresh: Option<(Token, Token)>,
    pub nonce: Option<String>,
}

/// Writes tokens down for a client.
pub(super) async fn given(app: &App, client: &OpenidClient, giving: Giving) -> Answered<Tokens> {
    let Giving {
        standing,
        access,
        refresh,
        nonce,
    } = giving;
    let user = standing.person.as_ref().map(|person| person.user.id);
    let access_token = access.written(app, client, user).await?;
    let is_openid = standing.grant.scopes.contains(Scope::OPENID);
    let id_token = match &standing.person {
        Some(person) if is_openid => {
            let made = id_token(
                app,
                client,
                &standing.grant,
                person,
                nonce.as_deref(),
                &access_token,
            );
            Some(made.await?)
        }
        Some(_) | None => None,
    };
    Ok(Tokens {
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LASTS.as_secs(),
        refresh_token: refresh.map(|(family, own)| refresh::written(&family, &own)),
        scope: access.row.scopes.joined(),
        access_token,
        id_token,
    })
}

/// What became of a code in the transaction.
enum Redeemed {
    Given(Box<Giving>),
    Over,
}

async fn by_code(
    app: &App,
    client: &Arc<RegisteredClient>,
    call: &ClientCall<'_>,
) -> Answered<Tokens> {
    let over = || Failure::grant("the code is none, was used, is too old, or is for somebody else");
    let parameters = call.parameters;
    let code = Token::parse(parameters.required("code")?).ok_or_else(over)?;
    let hash = code.hash();
    // A stranger's code, which is none, does not come to the one writer.
    let looked_up = hash.clone();
    let found = app
        .store
        .look(move |connection| openid_codes::by_hash(connection, &looked_up))
        .await?;
    let found = found
        .filter(|code| code.client == client.id)
        .ok_or_else(over)?;
    if !is_verified(&found, parameters.get("code_verifier")?) {
        return Err(Failure::grant("code_verifier is not the one of the code"));
    }
    let redirect_uri = redirect_uri(&found, parameters)?;
    match redeem(app, client, call, found, redirect_uri).await? {
        Redeemed::Given(giving) => given(app, client, *giving).await,
        Redeemed::Over => Err(over()),
    }
}

/// The redirect URI that a code is spent for. It must be the one of the request (RFC 6749 §4.1.3); where
/// PKCE binds the code it may be left out.
fn redirect_uri(code: &AuthorizationCode, parameters: &Parameters) -> Result<String, Refusal> {
    match parameters.get("redirect_uri")? {
        Some(given) => Ok(given.to_owned()),
        None if code.challenge.is_some() => Ok(code.redirect_uri.clone()),
        None => Err(Refusal::parameter("redirect_uri", "is missing")),
    }
}

/// Spends a code for its tokens. One that comes a second time ends everything that the first one gave
/// (RFC 6749 §4.1.2, RFC 9700 §4.2.4): one of the two was an attacker.
async fn redeem(
    app: &App,
    client: &Arc<RegisteredClient>,
    call: &ClientCall<'_>,
    code: AuthorizationCode,
    redirect_uri: String,
) -> Result<Redeemed> {
    let (settings, context, now) = (app.settings.clone(), app.context(), app.now());
    let (client, from) = (Arc::clone(client), call.from.clone());
    let may_refresh = client.settings.may(GrantType::RefreshToken);
    let halves = may_refresh.then(|| refresh::draw(app));
    let app = app.clone();
    let store = app.store.clone();
    store
        .write(move |connection| {
            if !openid_codes::spend(connection, &code.hash, client.id, &redirect_uri, now)? {
                let again = openid_codes::by_hash(connection, &code.hash)?;
                if again.is_some_and(|code| code.spent_at.is_some())
                    && openid_grants::end(connection, code.grant, now)?
                {
                    let reused = reused(connection, EventKind::OpenidCodeReused, &code, &client)?;
                    context.record(connection, &reused.from(&from))?;
                }
                return Ok(Redeemed::Over);
            }
            // It ended while the code was on its way.
            let Some(standing) = standing(connection, &settings, &client, code.grant, now)? else {
                return Ok(Redeemed::Over);
            };
            let Some(person) = &standing.person else {
                return Ok(Redeemed::Over);
            };
            let until = person.session.expires_at;
            openid_grants::keep_until(connection, code.grant, until)?;
            let access = NewAccessToken::draw(&app, &standing.grant, standing.grant.scopes.clone());
            openid_tokens::insert_access(connection, &access.row)?;
            if let Some((family, own)) = &halves {
                let family = RefreshFamily {
                    family: family.hash(),
                    grant: code.grant,
                    client: client.id,
                    current: own.hash(),
                    expires_at: until,
                };
                openid_tokens::insert_family(connection, &family)?;
            }
            Ok(Redeemed::Given(Box::new(Giving {
                standing,
                access,
                refresh: halves,
                nonce: code.nonce.clone(),
            })))
        })
        .await
}

fn reused(
    connection: &mut AnyConnection,
    kind: EventKind,
    code: &AuthorizationCode,
    client: &OpenidClient,
) -> Result<Event> {
    let grant = openid_grants::by_id(connection, code.grant)?;
    let event = Event::new(kind)
        .by(Actor::Anonymous)
        .detailed(named(client));
    Ok(match grant.and_then(|grant| grant.user) {
        Some(user) => event.about(user),
        None => event,
    })
}

/// The scopes that a request asks for of those that were granted (RFC 6749 §6).
pub(super) fn narrowed(parameters: &Parameters, granted: &Scopes) -> Result<Scopes, Refusal> {
    let Some(asked) = parameters.get("scope")? else {
        return Ok(granted.clone());
    };
    let asked = Scopes::from_stored(asked);
    match !asked.is_empty() && asked.are_within(granted) {
        true => Ok(granted.within(&asked)),
        false => Err(Refusal::new(
            OauthError::InvalidScope,
            "more is asked for than was granted",
        )),
    }
}
