//! Signing in to a device that has no browser, by a code that its user types elsewhere (RFC 8628).

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::access_token::NewAccessToken;
use super::authorize::{Authorizing, Stop};
use super::claims::issuer;
use super::client_proof::{ClientCall, authenticated, count_failure, refuse_locked};
use super::clients::{client_of, some_allowed};
use super::code::{Issuing, named, new_grant};
use super::failure::{Answered, Failure};
use super::refresh;
use super::requirement::{as_last_proved, missing};
use super::return_state::ReturnState;
use super::standing::{lets_in, standing};
use super::token::{Giving, Tokens, given};
use crate::App;
use crate::application::visiting_of;
use crate::grounds::write_for;
use keyward_core::clock::Entropy;
use keyward_core::domain::client::Client;
use keyward_core::domain::event::{Actor, Event, EventKind};
use keyward_core::domain::openid_client::{GrantType, RegisteredClient};
use keyward_core::domain::openid_grant::{DeviceCodeState, Scopes};
use keyward_core::flows::permit::{Access, SignedIn};
use keyward_core::problem::{Result, codes};
use keyward_core::protocols::oauth::{AuthorizationRequest, OauthError, Parameters, Refusal};
use keyward_core::secret::Token;
use keyward_store::openid_device_codes::{self, DeviceCode};
use keyward_store::openid_grants;
use keyward_store::openid_tokens::{self, RefreshFamily};

/// How long a user has to type a code.
const LASTS: Duration = Duration::from_mins(10);
/// How long a device waits between two questions.
const INTERVAL: Duration = Duration::from_secs(5);
/// The letters of user codes: none that make words or look like another (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many letters a user code has: of 25 thousand million, at most 1024 of a client wait.
const LENGTH: usize = 8;

/// What a device shows its user, and what it asks with.
#[derive(Debug, Serialize)]
pub struct DeviceAuthorization {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    /// In seconds.
    expires_in: u64,
    /// In seconds.
    interval: u64,
}

/// Gives a device its codes (RFC 8628 §3.1).
///
/// # Errors
/// `invalid_client`, `unauthorized_client`, `invalid_scope`
pub async fn begin_device(app: &App, call: &ClientCall<'_>) -> Answered<DeviceAuthorization> {
    let client = authenticated(app, call).await?;
    if !client.settings.may(GrantType::DeviceCode) {
        let why = "this client may not use this kind of grant";
        return Err(Refusal::new(OauthError::UnauthorizedClient, why).into());
    }
    let asked = call.parameters.get("scope")?.unwrap_or_default();
    let scopes = some_allowed(&client, asked.split(' '))?;
    let device_code = Token::generate(&*app.entropy);
    let now = app.now();
    let user_code = user_code(&*app.entropy);
    let row = DeviceCode {
        hash: device_code.hash(),
        user_code: user_code.clone(),
        client: client.id,
        scopes,
        state: DeviceCodeState::Waiting,
        grant: None,
        next_poll_at: now,
        expires_at: now + LASTS,
    };
    let is_added = app
        .store
        .write(move |connection| openid_device_codes::insert(connection, &row))
        .await?;
    if !is_added {
        let why = "try again";
        return Err(Refusal::new(OauthError::TemporarilyUnavailable, why).into());
    }
    let shown = shown(&user_code);
    let verification_uri = format!("{}/device", issuer(app));
    Ok(DeviceAuthorization {
        device_code: device_code.expose().to_string(),
        verification_uri_complete: format!("{verification_uri}?user_code={shown}"),
        verification_uri,
        user_code: shown,
        expires_in: LASTS.as_secs(),
        interval: INTERVAL.as_secs(),
    })
}

/// Letters of which each is as likely as the others: bytes that would favour some are drawn again.
fn user_code(entropy: &dyn Entropy) -> String {
    let mut code = String::with_capacity(LENGTH);
    while code.len() < LENGTH {
        let drawn: [u8; 16] = entropy.bytes();
        for byte in drawn {
            let letter = LETTERS.get(usize::from(byte % 20));
            if let Some(letter) = letter.filter(|_| byte < 240 && code.len() < LENGTH) {
                code.push(char::from(*letter));
            }
        }
    }
    code
}

fn shown(user_code: &str) -> String {
    match user_code.split_at_checked(LENGTH / 2) {
        Some((first, second)) => format!("{first}-{second}"),
        None => user_code.to_owned(),
    }
}

/// A code as it was typed, however that was: `None` for what can be none.
fn typed(text: &str) -> Option<String> {
    let letters = text
        .chars()
        .filter(|one| !one.is_whitespace() && *one != '-');
    let code: String = letters
        .map(|one| one.to_ascii_uppercase())
        .take(64)
        .collect();
    let is_sound = code.len() == LENGTH && code.bytes().all(|byte| LETTERS.contains(&byte));
    is_sound.then_some(code)
}

/// What a user is asked who typed a code.
#[derive(Debug)]
pub struct DeviceAsk {
    /// The client.
    pub client: Arc<RegisteredClient>,
    /// The code, for comparison with what the device shows.
    pub user_code: String,
    /// What the client may know.
    pub scopes: Scopes,
}

/// Looks up the code that a user typed; `None` where no device waits with it, which counts on the address
/// that it came from.
///
/// # Errors
/// `openid.too_many`
pub async fn find_device(app: &App, text: &str, from: &Client) -> Result<Option<DeviceAsk>> {
    refuse_locked(app, from).await?;
    let found = match typed(text) {
        Some(code) => waiting(app, code).await?,
        None => return Ok(None),
    };
    match found {
        Some((row, client)) => Ok(Some(DeviceAsk {
            client,
            user_code: shown(&row.user_code),
            scopes: row.scopes,
        })),
        None => {
            count_failure(app, from).await?;
            Ok(None)
        }
    }
}

async fn waiting(
    app: &App,
    user_code: String,
) -> Result<Option<(DeviceCode, Arc<RegisteredClient>)>> {
    let now = app.now();
    let found = app
        .store
        .look(move |connection| openid_device_codes::by_user_code(connection, &user_code))
        .await?;
    let found = found.filter(|row| row.state == DeviceCodeState::Waiting && now < row.expires_at);
    let Some(row) = found else {
        return Ok(None);
    };
    let client = client_of(app, row.client).await?;
    Ok(client.map(|client| (row, client)))
}

/// What becomes of what a user said.
#[derive(Debug)]
pub enum DeviceDecision {
    /// It is said.
    Done,
    /// No device waits with this code any more.
    Over,
    /// The client's rules do not let this user in.
    Denied(Arc<RegisteredClient>),
    /// Something has to be proved first.
    First(Box<Authorizing>),
}

/// Grants what a device asks for, in the session of its user, or declines it.
///
/// # Errors
/// `session.required` where the session ended meanwhile, `openid.too_many`.
pub async fn decide_device(
    app: &App,
    permit: SignedIn,
    user_code: &str,
    is_granted: bool,
    from: &Client,
) -> Result<DeviceDecision> {
    refuse_locked(app, from).await?;
    let found = match typed(user_code) {
        Some(code) => waiting(app, code).await?,
        None => None,
    };
    let Some((row, client)) = found else {
        // Nobody gets more tries by this way than by the page before it.
        count_failure(app, from).await?;
        return Ok(DeviceDecision::Over);
    };
    let (grounds, session, now) = (permit.grounds(), permit.session().clone(), app.now());
    let Some(mut visiting) = visiting_of(app, Access::Full(permit), None).await? else {
        return Err(codes::SESSION_REQUIRED.into());
    };
    if is_granted && !lets_in(&client, &visiting.user, &visiting.groups) {
        return Ok(DeviceDecision::Denied(client));
    }
    let reached = as_last_proved(&mut visiting);
    let request = AuthorizationRequest {
        scopes: row.scopes.iter().map(str::to_owned).collect(),
        ..AuthorizationRequest::default()
    };
    if is_granted {
        let state = ReturnState::of(app, &Parameters::default(), None);
        let needs = missing(app, &client, &request, &visiting, reached, state).await;
        let needs = needs.map_err(Stop::into_problem)?;
        if let Some(first) = needs {
            return Ok(DeviceDecision::First(Box::new(first)));
        }
    }
    let Some(context) = &visiting.context else {
        return Err(codes::SESSION_UNVERIFIED.into());
    };
    let grant = is_granted.then(|| {
        let issuing = Issuing {
            client: &client,
            redirect_uri: "",
            reference: None,
            request: &request,
            session: &session,
            context,
            from,
        };
        new_grant(app, &issuing)
    });
    let event = Event::new(EventKind::OpenidSignedIn)
        .by(Actor::User(session.user_id))
        .about(session.user_id)
        .from(from)
        .detailed(named(&client));
    let context = app.context();
    let is_settled = write_for(app, grounds, move |connection| {
        if let Some(grant) = &grant {
            openid_grants::insert(connection, grant, row.expires_at)?;
        }
        let id = grant.as_ref().map(|grant| grant.id);
        if !openid_device_codes::settle(connection, &row.hash, id, now)? {
            // What was inserted is undone with the transaction.
            return Err(codes::OPENID_PUSHED.into());
        }
        match grant {
            Some(_) => context.record(connection, &event),
            None => Ok(()),
        }
    })
    .await;
    match is_settled {
        Ok(()) => Ok(DeviceDecision::Done),
        Err(problem) if problem.code() == codes::OPENID_PUSHED => Ok(DeviceDecision::Over),
        Err(problem) => Err(problem),
    }
}

/// What became of a device's question in the transaction.
enum Asked {
    Given(Box<Giving>),
    Refused(OauthError),
}

/// Gives a device its tokens, once its user has said so (RFC 8628 §3.4, §3.5).
///
/// # Errors
/// `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, `invalid_grant`
pub(super) async fn by_device_code(
    app: &App,
    client: &Arc<RegisteredClient>,
    call: &ClientCall<'_>,
) -> Answered<Tokens> {
    let none = || Failure::grant("the device code is none, or was used");
    let code = Token::parse(call.parameters.required("device_code")?).ok_or_else(none)?;
    let hash = code.hash();
    let looked_up = hash.clone();
    let found = app
        .store
        .look(move |connection| openid_device_codes::by_hash(connection, &looked_up))
        .await?;
    let found = found
        .filter(|row| row.client == client.id)
        .ok_or_else(none)?;
    let (settings, now) = (app.settings.clone(), app.now());
    if found.expires_at <= now {
        return Err(refused(OauthError::ExpiredToken).into());
    }
    let may_refresh = client.settings.may(GrantType::RefreshToken);
    let (own, app_for, client_for) = (
        may_refresh.then(|| refresh::draw(app)),
        app.clone(),
        Arc::clone(client),
    );
    let asked = app
        .store
        .write(move |connection| {
            let next = now + INTERVAL;
            if !openid_device_codes::note_poll(connection, &hash, now, next)? {
                return Ok(Asked::Refused(OauthError::SlowDown));
            }
            if openid_device_codes::spend(connection, &hash, client_for.id, now)?
                && let Some(grant) = found.grant
            {
                let standing = standing(connection, &settings, &client_for, grant, now)?;
                let Some((standing, until)) = standing.and_then(|standing| {
                    let until = standing.person.as_ref()?.session.expires_at;
                    Some((standing, until))
                }) else {
                    return Ok(Asked::Refused(OauthError::AccessDenied));
                };
                openid_grants::keep_until(connection, grant, until)?;
                let scopes = standing.grant.scopes.clone();
                let access = NewAccessToken::draw(&app_for, &standing.grant, scopes);
                openid_tokens::insert_access(connection, &access.row)?;
                if let Some((family, own)) = &own {
                    let family = RefreshFamily {
                        family: family.hash(),
                        grant,
                        client: client_for.id,
                        current: own.hash(),
                        expires_at: until,
                    };
                    openid_tokens::insert_family(connection, &family)?;
                }
                return Ok(Asked::Given(Box::new(Giving {
                    standing,
                    access,
                    refresh: own,
                    nonce: None,
                })));
            }
            let row = openid_device_codes::by_hash(connection, &hash)?;
            Ok(Asked::Refused(match row.map(|row| row.state) {
                Some(DeviceCodeState::Waiting) => OauthError::AuthorizationPending,
                Some(DeviceCodeState::Declined) => OauthError::AccessDenied,
                Some(DeviceCodeState::Granted) | None => OauthError::InvalidGrant,
            }))
        })
        .await?;
    match asked {
        Asked::Given(giving) => given(app, client, *giving).await,
        Asked::Refused(error) => Err(refused(error).into()),
    }
}

fn refused(error: OauthError) -> Refusal {
    let why = match error {
        OauthError::AuthorizationPending => "the user has not answered yet",
        OauthError::SlowDown => "ask five seconds after the last question",
        OauthError::AccessDenied => "the user does not want that, or has left",
        OauthError::ExpiredToken => "the user did not answer in time",
        _ => "the device code is none, or was used",
    };
    Refusal::new(error, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyward_core::clock::SystemEntropy;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = user_code(&SystemEntropy);
        assert_eq!(typed(&shown(&code)), Some(code.clone()));
        assert_eq!(typed(&format!(" {} ", code.to_lowercase())), Some(code));
        for text in ["", "BCDF-GHJ", "BCDF-GHJA", "BCDF-GHJKL", "BCDF-GHJ1"] {
            assert_eq!(typed(text), None, "{text}");
        }
    }
}
