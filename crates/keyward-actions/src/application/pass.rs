//! Whether a request to an application goes on: the hot path, asked by proxies at every request.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::find::of_host_at;
use crate::browser_session;
use crate::services::{CookieHash, ForwardAuthAnswer, Visiting, VisitingBy};
use crate::session::visit_by;
use crate::{App, api_token};
use keyward_core::clock::Timestamp;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::application::{
    Application, Denial, Reached, Request, RequestHost, Verdict, VisitBy, Visitor,
};
use keyward_core::domain::authentication_context::AuthenticationContext;
use keyward_core::domain::session::{Client, Session};
use keyward_core::domain::user::User;
use keyward_core::flows::permit::Access;
use keyward_core::problem::Result;
use keyward_core::secret::{Token, TokenHash};
use keyward_store::{application_sessions, groups, judgements};

/// A cookie that a browser shows at the host of an application, as it came.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// Of the browser's session here, which a host has that is ours too. It is encrypted.
    Session(&'a str),
    /// Of a session at applications.
    Application(&'a str),
}

/// An API token that a program shows at the host of an application.
#[derive(Clone, Copy, Debug)]
pub struct ShownToken<'a> {
    /// Its secret, as it came.
    pub secret: &'a str,
    /// Which program, and from where.
    pub client: &'a Client,
}

/// What a request comes to.
#[derive(Debug)]
pub struct Passing {
    /// The application that the host belongs to; `None` where none has it.
    pub application: Option<Arc<Application>>,
    /// What its rules say.
    pub verdict: Verdict,
    /// Who is signed in.
    pub visiting: Option<Arc<Visiting>>,
}

/// Judges a request. A token that is shown counts in place of cookies where a rule of the application
/// takes tokens; elsewhere it is the application's own affair. `unseal` opens a session's cookie; it is
/// asked where the cookie is not known.
///
/// # Errors
/// `api_token.refused`, `api_token.scope`, `api_token.too_many`; the store's.
pub async fn pass(
    app: &App,
    request: &Request<'_>,
    shown: &[Shown<'_>],
    token: Option<ShownToken<'_>>,
    unseal: impl Fn(&str) -> Option<String>,
) -> Result<Passing> {
    let started = Instant::now();
    let passing = judged(app, request, shown, token, unseal, started).await?;
    let name = passing
        .application
        .as_deref()
        .map_or("none", |it| it.settings.name.as_str());
    let answer = match (&passing.application, &passing.verdict) {
        (None, _) => ForwardAuthAnswer::Unknown,
        (_, Verdict::Bypassed { .. } | Verdict::Granted { .. }) => ForwardAuthAnswer::Allowed,
        (_, Verdict::SignIn { .. }) => ForwardAuthAnswer::Unauthenticated,
        (_, Verdict::Insufficient { .. }) => ForwardAuthAnswer::StepUp,
        (_, Verdict::Denied(_)) => ForwardAuthAnswer::Denied,
    };
    app.metrics.forward_auth(name, answer, started.elapsed());
    Ok(passing)
}

async fn judged(
    app: &App,
    request: &Request<'_>,
    shown: &[Shown<'_>],
    token: Option<ShownToken<'_>>,
    unseal: impl Fn(&str) -> Option<String>,
    started: Instant,
) -> Result<Passing> {
    let Some(application) = of_host_at(app, request.host, started).await? else {
        return Ok(Passing {
            application: None,
            verdict: Verdict::Denied(Denial::NoRule),
            visiting: None,
        });
    };
    let visiting = match token.filter(|_| application.settings.takes_tokens()) {
        Some(token) => Some(Box::pin(visiting_by_token(app, token, started)).await?),
        None => visiting_by_cookies(app, shown, request.host, &unseal, started).await?,
    };
    let visitor = visiting.as_deref().map(as_visitor);
    let verdict = application.judge(request, visitor.as_ref(), app.now());
    // A rule that lets everybody pass takes no token, so that nobody is told of by one.
    let is_told = |visiting: &Arc<Visiting>| match (&verdict, &visiting.by) {
        (Verdict::Bypassed { .. }, VisitingBy::Token(_)) => false,
        (_, VisitingBy::Token(_) | VisitingBy::Session { .. }) => true,
    };
    let visiting = visiting.filter(is_told);
    Ok(Passing {
        application: Some(application),
        verdict,
        visiting,
    })
}

/// A visitor in the words of rules.
pub(super) fn as_visitor(visiting: &Visiting) -> Visitor<'_> {
    Visitor {
        user: visiting.user.id,
        groups: &visiting.groups,
        by: match visiting.by {
            VisitingBy::Session { reached, .. } => VisitBy::Session(reached),
            VisitingBy::Token(_) => VisitBy::Token,
        },
    }
}

async fn visiting_by_cookies(
    app: &App,
    shown: &[Shown<'_>],
    host: &RequestHost,
    unseal: &impl Fn(&str) -> Option<String>,
    started: Instant,
) -> Result<Option<Arc<Visiting>>> {
    for cookie in shown {
        let visiting = visiting_by(app, *cookie, host, unseal, started).await?;
        if visiting.is_some() {
            return Ok(visiting);
        }
    }
    Ok(None)
}

/// Whose program shows a token. From where it may be shown is looked at each time.
async fn visiting_by_token(
    app: &App,
    shown: ShownToken<'_>,
    started: Instant,
) -> Result<Arc<Visiting>> {
    let hash = kept_by(b"token", shown.secret);
    let is_good = |visiting: &Arc<Visiting>| match &visiting.by {
        VisitingBy::Token(token) => {
            token.allows(shown.client.address) && app.now() < visiting.over_at
        }
        VisitingBy::Session { .. } => false,
    };
    if let Some(visiting) = app.protection.visiting(&hash, started).filter(is_good) {
        return Ok(visiting);
    }
    let since = Instant::now();
    let read = of_token(app, shown).await.map(Arc::new);
    match &read {
        Ok(visiting) => app.protection.keep(hash, visiting, since),
        Err(_) => app.protection.forget(&hash),
    }
    read
}

/// Who is behind a token, as it is read.
async fn of_token(app: &App, shown: ShownToken<'_>) -> Result<Visiting> {
    let presented = api_token::present(app, shown.secret, shown.client).await?;
    let scope = ApiScope::ApplicationsEnter;
    api_token::allow(app, &presented, scope, shown.client).await?;
    let (token, user) = (presented.token().clone(), presented.owner().clone());
    let id = user.id;
    let groups = app
        .store
        .look(move |connection| groups::of_user(connection, id))
        .await?;
    Ok(Visiting {
        user,
        groups,
        context: None,
        over_at: token
            .plan
            .expires_at
            .unwrap_or(Timestamp::from_millis(i64::MAX)),
        by: VisitingBy::Token(token),
        host: None,
        told: OnceLock::new(),
    })
}

async fn visiting_by(
    app: &App,
    cookie: Shown<'_>,
    host: &RequestHost,
    unseal: &impl Fn(&str) -> Option<String>,
    started: Instant,
) -> Result<Option<Arc<Visiting>>> {
    let hash = hash(cookie);
    let is_here = |visiting: &Arc<Visiting>| {
        let by_host = match (cookie, &visiting.host) {
            (Shown::Session(_), _) => true,
            (Shown::Application(_), Some(only)) => host.name() == only,
            (Shown::Application(_), None) => {
                let domain = app.settings.session.cookie_domain.as_deref();
                domain.is_some_and(|domain| host.is_within(domain))
            }
        };
        by_host && app.now() < visiting.over_at
    };
    let visiting = match app.protection.visiting(&hash, started) {
        Some(visiting) => Some(visiting),
        // In a box, so that no request carries its state about.
        None => Box::pin(read_again(app, cookie, hash, unseal)).await?,
    };
    Ok(visiting.filter(is_here))
}

/// Who is behind a cookie, as it is read; kept for those who come next.
async fn read_again(
    app: &App,
    cookie: Shown<'_>,
    hash: CookieHash,
    unseal: &impl Fn(&str) -> Option<String>,
) -> Result<Option<Arc<Visiting>>> {
    let since = Instant::now();
    let read = match cookie {
        Shown::Session(value) => match unseal(value) {
            Some(key) => of_session(app, &key).await?,
            None => None,
        },
        Shown::Application(value) => match Token::parse(value) {
            Some(token) => of_application(app, token.hash()).await?,
            None => None,
        },
    };
    let visiting = read.map(Arc::new);
    match &visiting {
        Some(visiting) => app.protection.keep(hash, visiting, since),
        None => app.protection.forget(&hash),
    }
    Ok(visiting)
}

fn hash(cookie: Shown<'_>) -> CookieHash {
    match cookie {
        Shown::Session(value) => kept_by(b"session", value),
        Shown::Application(value) => kept_by(b"application", value),
    }
}

fn kept_by(kind: &[u8], value: &str) -> CookieHash {
    Sha256::new()
        .chain_update(kind)
        .chain_update(value)
        .finalize()
        .into()
}

async fn of_session(app: &App, key: &str) -> Result<Option<Visiting>> {
    match browser_session::identifier_of(app, key).await? {
        Some(identifier) => of_identifier(app, identifier.hash(), None).await,
        None => Ok(None),
    }
}

async fn of_application(app: &App, token: TokenHash) -> Result<Option<Visiting>> {
    let found = app
        .store
        .look(move |connection| application_sessions::by_token(connection, &token))
        .await?;
    match found {
        Some(found) => of_identifier(app, found.identifier, found.host).await,
        None => Ok(None),
    }
}

async fn of_identifier(
    app: &App,
    identifier: TokenHash,
    host: Option<String>,
) -> Result<Option<Visiting>> {
    let access = visit_by(app, identifier).await?;
    visiting_of(app, access, host).await
}

/// Who visits, by what their session opens; `None` where it opens nothing.
pub(crate) async fn visiting_of(
    app: &App,
    access: Access,
    host: Option<String>,
) -> Result<Option<Visiting>> {
    let (is_full, (session, user)) = match access {
        Access::Nothing => return Ok(None),
        Access::EnrolmentOnly(permit) => (false, permit.into_parts()),
        Access::Full(permit) => (true, permit.into_parts()),
    };
    describe(app, session, user, is_full, host).await.map(Some)
}

/// What applications see of an open session.
async fn describe(
    app: &App,
    session: Session,
    user: User,
    is_full: bool,
    host: Option<String>,
) -> Result<Visiting> {
    let id = user.id;
    let device_id = session.proving_device();
    let (groups, device) = app
        .store
        .look(move |connection| {
            let groups = groups::of_user(connection, id)?;
            let device = match device_id {
                Some(device) => judgements::facts_of(connection, id, device)?,
                None => None,
            };
            Ok((groups, device))
        })
        .await?;
    let idle_at = session.last_seen_at + app.settings.session.idle;
    Ok(Visiting {
        by: VisitingBy::Session {
            id: session.id,
            reached: is_full.then(|| Reached::of(&session, device)),
        },
        context: AuthenticationContext::of(&session).filter(|_| is_full),
        over_at: session.expires_at.min(idle_at),
        user,
        groups,
        host,
        told: OnceLock::new(),
    })
}
