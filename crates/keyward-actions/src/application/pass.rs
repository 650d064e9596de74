//! Whether a request to an application goes on: the hot path, asked by proxies at every request.

use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::find::of_host;
use crate::App;
use crate::browser_session;
use crate::services::{CookieHash, ForwardAuthAnswer, Visiting};
use crate::session::visit_by;
use keyward_core::domain::application::{
    Application, Denial, Reached, Request, RequestHost, Verdict, Visitor,
};
use keyward_core::domain::authentication_context::AuthenticationContext;
use keyward_core::domain::session::{Assurance, Session};
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

/// Judges a request. `unseal` opens a session's cookie; it is asked where the cookie is not known.
///
/// # Errors
/// The store's.
pub async fn pass(
    app: &App,
    request: &Request<'_>,
    shown: &[Shown<'_>],
    unseal: impl Fn(&str) -> Option<String>,
) -> Result<Passing> {
    let started = Instant::now();
    let passing = judged(app, request, shown, unseal).await?;
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
    unseal: impl Fn(&str) -> Option<String>,
) -> Result<Passing> {
    let Some(application) = of_host(app, request.host).await? else {
        return Ok(Passing {
            application: None,
            verdict: Verdict::Denied(Denial::NoRule),
            visiting: None,
        });
    };
    let mut visiting = None;
    for cookie in shown {
        visiting = visiting_by(app, *cookie, request.host, &unseal).await?;
        if visiting.is_some() {
            break;
        }
    }
    let visitor = visiting.as_deref().map(as_visitor);
    let verdict = application.judge(request, visitor.as_ref(), app.now());
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
        reached: visiting.reached,
    }
}

async fn visiting_by(
    app: &App,
    cookie: Shown<'_>,
    host: &RequestHost,
    unseal: &impl Fn(&str) -> Option<String>,
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
    if let Some(visiting) = app.protection.visiting(&hash) {
        return Ok(Some(visiting).filter(is_here));
    }
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
    let Some(visiting) = read.map(Arc::new) else {
        return Ok(None);
    };
    app.protection.keep(hash, &visiting, since);
    Ok(Some(visiting).filter(is_here))
}

fn hash(cookie: Shown<'_>) -> CookieHash {
    let (kind, value) = match cookie {
        Shown::Session(value) => (b"session".as_slice(), value),
        Shown::Application(value) => (b"application".as_slice(), value),
    };
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
pub(super) async fn visiting_of(
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
    let device_id = session
        .device_id
        .filter(|_| session.assurance == Assurance::Verified);
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
        reached: is_full.then(|| Reached::of(&session, device)),
        context: AuthenticationContext::of(&session).filter(|_| is_full),
        over_at: session.expires_at.min(idle_at),
        session: session.id,
        user,
        groups,
        host,
    })
}
