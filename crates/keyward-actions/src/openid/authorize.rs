//! The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core 1.0 §3.1.2): whether a client gets a code
//! for the user who comes, and what they have to do before.

use std::sync::Arc;

use super::claims::subject_of;
use super::clients::{client_named, some_allowed};
use super::code::{self, Issuing};
use super::consent::{has_agreed, told_to};
use super::pushed;
use super::requirement::{as_last_proved, missing};
use super::return_state::ReturnState;
use super::standing::lets_in;
use crate::App;
use crate::application::{Obstacle, Visiting, visiting_of};
use keyward_core::domain::application::Level;
use keyward_core::domain::authentication_context::AuthenticationContext;
use keyward_core::domain::client::Client;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::openid_client::{GrantType, RedirectUri, RegisteredClient};
use keyward_core::domain::openid_grant::Scopes;
use keyward_core::flows::permit::{Access, Grounds};
use keyward_core::problem::{Code, Problem, Result, codes};
use keyward_core::protocols::oauth::{
    AuthorizationRequest, OauthError, Parameters, Refusal, ResponseMode,
};
use keyward_core::secret::TokenHash;

/// Where an answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseTarget {
    /// The redirect URI, one of the client's.
    pub redirect_uri: String,
    /// How the answer travels.
    pub mode: ResponseMode,
    /// What it says.
    pub fields: Vec<(&'static str, String)>,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Authorizing {
    /// The browser takes an answer to the client.
    Answer(ResponseTarget),
    /// No user is signed in.
    SignIn,
    /// They prove themselves again, so well.
    StepUp(Level),
    /// They have nothing yet that proves so much.
    Enrol {
        /// The client.
        client: Arc<RegisteredClient>,
        /// What is asked for.
        level: Level,
        /// What proves that and can be added.
        kind: DeviceKind,
    },
    /// They are asked whether they want to go on.
    Ask {
        /// The client.
        client: Arc<RegisteredClient>,
        /// Where the answer goes.
        redirect_uri: RedirectUri,
        /// What they are called.
        user: String,
        /// What the client may know.
        scopes: Scopes,
    },
    /// They can never prove so much here.
    Unprovable {
        /// The client.
        client: Arc<RegisteredClient>,
        /// Why not.
        obstacle: Obstacle,
    },
}

/// A request of a client that is known, whose answer goes to an address of the client's.
pub(super) struct Asked {
    /// What a pushed request is called by, which its code spends.
    reference: Option<TokenHash>,
    pub client: Arc<RegisteredClient>,
    redirect_uri: String,
    mode: ResponseMode,
    state: Option<String>,
}

/// Looks at a request that a browser brings.
///
/// # Errors
/// `openid.client`, `openid.redirect_uri`: what must not be answered to an address that nobody vouches for
/// (RFC 6749 §4.1.2.1, RFC 9700 §4.11).
pub async fn authorize(
    app: &App,
    access: Access,
    parameters: &Parameters,
    from: &Client,
) -> Result<Authorizing> {
    let session = match &access {
        Access::Full(permit) => Some(permit.session().id),
        Access::EnrolmentOnly(_) | Access::Nothing => None,
    };
    let state = ReturnState::of(app, parameters, session);
    let (parameters, asked) = resolved(app, parameters).await?;
    match answered(app, access, &parameters, &asked, state, from).await {
        Ok(authorizing) => Ok(authorizing),
        Err(Stop::Refused(refusal)) => Ok(Authorizing::Answer(asked.refused(app, &refusal))),
        Err(Stop::Problem(problem)) => Err(problem),
    }
}

/// The answer to a client whose user does not want to go on (RFC 6749 §4.1.2.1).
///
/// # Errors
/// As [`authorize`].
pub async fn declined(app: &App, parameters: &Parameters) -> Result<ResponseTarget> {
    let (_, asked) = resolved(app, parameters).await?;
    let refusal = Refusal::new(OauthError::AccessDenied, "the user does not want to go on");
    Ok(asked.refused(app, &refusal))
}

/// The parameters of a request, those that were pushed where a reference is brought, and who asks.
pub(super) async fn resolved(app: &App, brought: &Parameters) -> Result<(Parameters, Asked)> {
    let client = client_of(app, brought).await?;
    // Nothing that stands beside the reference counts (RFC 9126 §4).
    let (parameters, reference) = match pushed::taken(app, &client, brought).await? {
        None => (brought.clone(), None),
        Some(Ok(taken)) => (taken.parameters, Some(taken.reference)),
        // It may have been anybody's: there is no address to answer to.
        Some(Err(refusal)) => return Err(unreadable(codes::OPENID_PUSHED, refusal)),
    };
    let asked = Asked {
        reference,
        ..who_asks(client, &parameters)?
    };
    Ok((parameters, asked))
}

/// What ends a request early.
pub(super) enum Stop {
    Refused(Refusal),
    Problem(Problem),
}

impl Stop {
    /// As a problem, where there is no client to tell of a refusal.
    pub(super) fn into_problem(self) -> Problem {
        match self {
            Self::Refused(refusal) => unreadable(codes::REQUEST_MALFORMED, refusal),
            Self::Problem(problem) => problem,
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

fn unreadable(code: Code, refusal: Refusal) -> Problem {
    Problem::new(code).detailed(refusal.description.into_owned())
}

async fn client_of(app: &App, parameters: &Parameters) -> Result<Arc<RegisteredClient>> {
    let client_id = parameters
        .required("client_id")
        .map_err(|refusal| unreadable(codes::OPENID_CLIENT, refusal))?;
    client_named(app, client_id)
        .await?
        .ok_or_else(|| codes::OPENID_CLIENT.into())
}

fn who_asks(client: Arc<RegisteredClient>, parameters: &Parameters) -> Result<Asked> {
    let redirect_uri = parameters
        .required("redirect_uri")
        .map_err(|refusal| unreadable(codes::OPENID_REDIRECT, refusal))?;
    let mut registered = client.settings.redirect_uris.iter();
    if !registered.any(|one| one.matches(redirect_uri)) {
        return Err(
            Problem::new(codes::OPENID_REDIRECT).detailed(client.settings.client_id.as_str())
        );
    }
    Ok(Asked {
        reference: None,
        client,
        redirect_uri: redirect_uri.to_owned(),
        mode: ResponseMode::of(parameters),
        state: parameters.get("state").ok().flatten().map(str::to_owned),
    })
}

impl Asked {
    fn target(&self, app: &App, fields: Vec<(&'static str, String)>) -> ResponseTarget {
        let state = self.state.clone().map(|state| ("state", state));
        // Who answers: a client that talks with several providers compares it (RFC 9207 §2, mix-up).
        let issuer = ("iss", app.settings.server.origin());
        ResponseTarget {
            redirect_uri: self.redirect_uri.clone(),
            mode: self.mode,
            fields: fields.into_iter().chain(state).chain([issuer]).collect(),
        }
    }

    fn refused(&self, app: &App, refusal: &Refusal) -> ResponseTarget {
        let fields = vec![
            ("error", refusal.error.as_str().to_owned()),
            ("error_description", refusal.description.to_string()),
        ];
        self.target(app, fields)
    }
}

/// Reads what a client asks for, as far as it may.
///
/// # Errors
/// What is sent to the client (RFC 6749 §4.1.2.1). A request that is for nothing the client may have is one of
/// them (§3.3): there is no scope that is meant where none is named.
pub(super) fn read_for(
    client: &RegisteredClient,
    parameters: &Parameters,
) -> Result<AuthorizationRequest, Refusal> {
    let request = AuthorizationRequest::read(parameters)?;
    if !client.settings.may(GrantType::AuthorizationCode) {
        let why = "this client may not ask for codes";
        return Err(Refusal::new(OauthError::UnauthorizedClient, why));
    }
    if request.challenge.is_none() && client.settings.requires_pkce {
        return Err(Refusal::parameter(
            "code_challenge",
            "is missing (RFC 7636)",
        ));
    }
    some_allowed(client, request.scopes.iter().map(String::as_str))?;
    Ok(request)
}

async fn answered(
    app: &App,
    access: Access,
    parameters: &Parameters,
    asked: &Asked,
    state: ReturnState,
    from: &Client,
) -> Result<Authorizing, Stop> {
    let client = &asked.client;
    if parameters.has_doubled() {
        return Err(Refusal::request("a parameter stands there more than once").into());
    }
    let request = read_for(client, parameters)?;
    let is_silent = request.prompts.none;
    let grounds = match &access {
        Access::Full(permit) => Some((permit.grounds(), permit.session().clone())),
        Access::EnrolmentOnly(_) | Access::Nothing => None,
    };
    let Some(mut visiting) = visiting_of(app, access, None).await? else {
        return match is_silent {
            true => Err(Refusal::new(OauthError::SignInRequired, "no user is signed in").into()),
            false => Ok(Authorizing::SignIn),
        };
    };
    expect_person(app, client, &request, &visiting).await?;
    if !lets_in(client, &visiting.user, &visiting.groups) {
        let why = "the rules of this client do not let this user in";
        return Err(Refusal::new(OauthError::AccessDenied, why).into());
    }
    let reached = as_last_proved(&mut visiting);
    if let Some(need) = missing(app, client, &request, &visiting, reached, state).await? {
        return match (need, is_silent) {
            (need, false) => Ok(need),
            (Authorizing::Unprovable { .. }, true) => Err(unmet()),
            (_, true) if reached.is_none() => Err(silent("the user has to add a device")),
            (_, true) => Err(Refusal::new(
                OauthError::SignInRequired,
                "the user has to prove themselves again",
            )
            .into()),
        };
    }
    let (Some((grounds, session)), Some(context)) = (grounds, &visiting.context) else {
        return Err(silent("the user has to add a device"));
    };
    let scopes = told_to(client, &request);
    let user = &visiting.user;
    if !state.has_agreed
        && (must_ask_now(asked, &request)
            || client.settings.asks_consent && !has_agreed(app, user.id, client, &scopes).await?)
    {
        if is_silent {
            let why = "the user has to be asked";
            return Err(Refusal::new(OauthError::ConsentRequired, why).into());
        }
        return Ok(Authorizing::Ask {
            client: Arc::clone(client),
            redirect_uri: RedirectUri::from_stored(&asked.redirect_uri),
            user: user.called().to_owned(),
            scopes,
        });
    }
    issue(app, asked, &request, &grounds, &session, context, from).await
}

/// Whether the user is asked before the client gets a code, whatever they agreed to before. Where a program of the user's own machine gets
/// it, any other one there may pretend to be this client (RFC 8252 §8.6): the user is asked each time.
fn must_ask_now(asked: &Asked, request: &AuthorizationRequest) -> bool {
    let settings = &asked.client.settings;
    let is_own_machine = !asked.redirect_uri.starts_with("https:");
    request.prompts.consent
        || request.prompts.select_account
        || settings.authentication.is_public() && is_own_machine
}

fn silent(why: &'static str) -> Stop {
    Refusal::new(OauthError::InteractionRequired, why).into()
}

pub(super) fn unmet() -> Stop {
    Refusal::new(
        OauthError::UnmetAuthenticationRequirements,
        "the user cannot prove as much as is asked for",
    )
    .into()
}

/// Whether the user is the one whom the client means (OpenID Connect Core 1.0 §3.1.2.2, `id_token_hint`;
/// §5.5.1, `sub`).
async fn expect_person(
    app: &App,
    client: &Arc<RegisteredClient>,
    request: &AuthorizationRequest,
    visiting: &Visiting,
) -> Result<(), Stop> {
    let hinted = match &request.id_token_hint {
        None => None,
        Some(hint) => {
            let hint = super::claims::read_hint(app, hint, Some(client)).await?;
            let unread = || Refusal::parameter("id_token_hint", "is no ID token for this client");
            Some(hint.ok_or_else(unread)?.subject)
        }
    };
    let subject = subject_of(app, client, visiting.user.id);
    let mut meant = hinted.iter().chain(&request.claims.subject);
    match meant.all(|meant| *meant == subject) {
        true => Ok(()),
        false => Err(Refusal::new(OauthError::SignInRequired, "another user is signed in").into()),
    }
}

async fn issue(
    app: &App,
    asked: &Asked,
    request: &AuthorizationRequest,
    grounds: &Grounds,
    session: &keyward_core::domain::session::Session,
    context: &AuthenticationContext,
    from: &Client,
) -> Result<Authorizing, Stop> {
    let issuing = Issuing {
        client: &asked.client,
        reference: asked.reference.as_ref(),
        redirect_uri: &asked.redirect_uri,
        request,
        session,
        context,
        from,
    };
    let code = match code::issue(app, grounds.clone(), &issuing).await {
        Ok(code) => code,
        Err(problem) if problem.code() == codes::SESSION_REQUIRED => {
            return match request.prompts.none {
                true => Err(Refusal::new(OauthError::SignInRequired, "the session ended").into()),
                false => Ok(Authorizing::SignIn),
            };
        }
        Err(problem) if problem.code() == codes::OPENID_PUSHED => {
            let why = "the pushed request was used meanwhile";
            return Err(Refusal::new(OauthError::InvalidRequestUri, why).into());
        }
        Err(problem) => return Err(problem.into()),
    };
    let fields = vec![("code", code.expose().to_string())];
    Ok(Authorizing::Answer(asked.target(app, fields)))
}
