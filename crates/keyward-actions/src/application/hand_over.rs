//! The way from here to the host of an application: the page between, which sees to what a rule asks
//! for, and the code by which a browser takes its session along to another domain.
//!
//! What it takes along opens applications and nothing here. A code works once, for a minute, at one
//! host, in the browser that was there before: a code in an attacker's link opens nothing.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::find::of_host;
use super::obstacle::{Obstacle, WayToProve, way_to_prove};
use super::pass::{as_visitor, visiting_of};
use crate::App;
use crate::services::{Visiting, VisitingBy};
use keyward_core::domain::application::{
    Application, Denial, Level, Method, Request, RequestHost, Requirement, Verdict,
};
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::session::SessionId;
use keyward_core::flows::permit::Access;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::{Token, TokenHash};
use keyward_store::application_sessions::{self, HandOver};
use keyward_store::sessions;

/// How long a code is good for.
const CODE_LASTS: Duration = Duration::from_mins(1);

/// Where a browser wants to go.
#[derive(Clone, Debug)]
pub struct Entering {
    /// The address.
    pub to: Url,
    /// Its host.
    pub host: RequestHost,
    /// What it wants to do there.
    pub method: Method,
    /// The hash of what the browser holds at that host, where it was there.
    pub browser: Option<TokenHash>,
}

/// What becomes of that.
#[derive(Debug)]
pub enum Entry {
    /// No user is signed in.
    SignIn,
    /// They prove themselves again, so well.
    StepUp(Level),
    /// They have nothing yet that proves so much.
    Enrol {
        /// The application.
        application: Arc<Application>,
        /// What it asks for.
        level: Level,
        /// What proves that and can be added.
        kind: DeviceKind,
    },
    /// They can never prove so much here.
    Unprovable {
        /// The application.
        application: Arc<Application>,
        /// Why not.
        obstacle: Obstacle,
    },
    /// Its rules do not let them pass.
    Denied {
        /// The application.
        application: Arc<Application>,
        /// Why not.
        denial: Denial,
    },
    /// No application has this host.
    NoHost,
    /// On, with a cookie for all hosts of `session.cookie_domain`.
    WithCookie(Token),
    /// On, with a code for this host.
    WithCode(Token),
    /// On: what is there already is enough.
    AsItIs,
}

/// Sees to what a rule asks for before a browser goes on to the host of an application.
///
/// # Errors
/// `session.required` where the session ended meanwhile; the store's.
pub async fn enter(app: &App, access: Access, entering: &Entering) -> Result<Entry> {
    let Some((application, verdict, visiting)) = judged(app, access, entering).await? else {
        return Ok(Entry::NoHost);
    };
    match (verdict, visiting) {
        (Verdict::Bypassed { .. }, _) => Ok(Entry::AsItIs),
        (Verdict::Denied(denial), _) => Ok(Entry::Denied {
            application,
            denial,
        }),
        (
            Verdict::Granted { .. },
            Some(Visiting {
                by: VisitingBy::Session { id, .. },
                ..
            }),
        ) => lead_on(app, id, entering).await,
        (Verdict::Insufficient { requires, .. }, Some(visiting)) => {
            proof(app, application, &visiting, requires).await
        }
        (Verdict::SignIn { .. } | Verdict::Granted { .. } | Verdict::Insufficient { .. }, _) => {
            Ok(Entry::SignIn)
        }
    }
}

/// The application where a browser wants to go, if its user passes there by what they have proved or can
/// prove by a device of theirs.
///
/// # Errors
/// The store's.
pub async fn way_to(
    app: &App,
    access: Access,
    entering: &Entering,
) -> Result<Option<Arc<Application>>> {
    let Some((application, verdict, visiting)) = judged(app, access, entering).await? else {
        return Ok(None);
    };
    let is_open = match (verdict, visiting) {
        (Verdict::Bypassed { .. } | Verdict::Granted { .. }, _) => true,
        (Verdict::Insufficient { requires, .. }, Some(visiting)) => {
            let proof = proof(app, Arc::clone(&application), &visiting, requires).await?;
            matches!(proof, Entry::StepUp(_))
        }
        (Verdict::Insufficient { .. } | Verdict::SignIn { .. } | Verdict::Denied(_), _) => false,
    };
    Ok(is_open.then_some(application))
}

async fn judged(
    app: &App,
    access: Access,
    entering: &Entering,
) -> Result<Option<(Arc<Application>, Verdict, Option<Visiting>)>> {
    let Some(application) = of_host(app, &entering.host).await? else {
        return Ok(None);
    };
    let visiting = visiting_of(app, access, None).await?;
    let request = Request {
        host: &entering.host,
        path: entering.to.path(),
        method: &entering.method,
    };
    let visitor = visiting.as_ref().map(as_visitor);
    let verdict = application.judge(&request, visitor.as_ref(), app.now());
    Ok(Some((application, verdict, visiting)))
}

/// How a user gets to what a rule asks for.
async fn proof(
    app: &App,
    application: Arc<Application>,
    visiting: &Visiting,
    requires: Requirement,
) -> Result<Entry> {
    let level = requires.level;
    let user = visiting.user.id;
    let is_full = matches!(
        visiting.by,
        VisitingBy::Session {
            reached: Some(_),
            ..
        }
    );
    Ok(match way_to_prove(app, user, is_full, level).await? {
        WayToProve::StepUp => Entry::StepUp(level),
        WayToProve::Enrol(kind) => Entry::Enrol {
            application,
            level,
            kind,
        },
        WayToProve::Unprovable(obstacle) => Entry::Unprovable {
            application,
            obstacle,
        },
    })
}

async fn lead_on(app: &App, session: SessionId, entering: &Entering) -> Result<Entry> {
    let host = &entering.host;
    let ours = app.settings.server.public_url.host_str();
    if ours.is_some_and(|ours| ours == host.name()) {
        return Ok(Entry::AsItIs);
    }
    let domain = app.settings.session.cookie_domain.as_deref();
    if domain.is_some_and(|domain| host.is_within(domain)) {
        let token = open(app, session, None).await?;
        return Ok(Entry::WithCookie(token));
    }
    // Who was not there yet goes there first, and comes back with what a code can be bound to.
    let Some(browser) = entering.browser.clone() else {
        return Ok(Entry::AsItIs);
    };
    let code = Token::generate(&*app.entropy);
    let (hash, name, now) = (code.hash(), host.name().to_owned(), app.now());
    app.store
        .write(move |connection| {
            expect_open(connection, session)?;
            let hand_over = HandOver {
                code: &hash,
                session,
                host: &name,
                browser: &browser,
                expires_at: now + CODE_LASTS,
            };
            application_sessions::insert_hand_over(connection, &hand_over)
        })
        .await?;
    Ok(Entry::WithCode(code))
}

/// What binds a code to the browser that it is meant for.
pub fn browser_token(app: &App) -> Token {
    Token::generate(&*app.entropy)
}

/// A cookie for all hosts of `session.cookie_domain`, for the session of this identifier; `None` where
/// there is no such domain.
///
/// # Errors
/// `session.required` where the session ended meanwhile.
pub async fn open_here(app: &App, identifier: &Token) -> Result<Option<Token>> {
    if app.settings.session.cookie_domain.is_none() {
        return Ok(None);
    }
    let hash = identifier.hash();
    let session = app
        .store
        .look(move |connection| sessions::by_identifier(connection, &hash))
        .await?
        .ok_or(codes::SESSION_REQUIRED)?;
    open(app, session.id, None).await.map(Some)
}

async fn open(app: &App, session: SessionId, host: Option<String>) -> Result<Token> {
    let token = Token::generate(&*app.entropy);
    let (hash, now) = (token.hash(), app.now());
    app.store
        .write(move |connection| {
            expect_open(connection, session)?;
            application_sessions::insert(connection, &hash, session, host.as_deref(), now)
        })
        .await?;
    Ok(token)
}

fn expect_open(connection: &mut keyward_store::AnyConnection, session: SessionId) -> Result<()> {
    match sessions::by_id(connection, session)? {
        Some(_) => Ok(()),
        None => Err(Problem::new(codes::SESSION_REQUIRED).detailed("the session ended meanwhile")),
    }
}

/// Spends a code at the host that it leads to, in the browser that was there: the cookie for that host.
///
/// # Errors
/// `application.hand_over` where it was spent, is too old, or is another host's or browser's.
pub async fn redeem(
    app: &App,
    code: &str,
    host: &RequestHost,
    browser: Option<&str>,
) -> Result<Token> {
    let refused = || Problem::from(codes::APPLICATION_HAND_OVER);
    let code = Token::parse(code).ok_or_else(refused)?.hash();
    let browser = browser.and_then(Token::parse).ok_or_else(refused)?.hash();
    // A stranger's code, which is none, does not come to the one writer.
    let looked_up = code.clone();
    app.store
        .look(move |connection| application_sessions::session_of_hand_over(connection, &looked_up))
        .await?
        .ok_or_else(refused)?;
    let token = Token::generate(&*app.entropy);
    let (hash, name, now) = (token.hash(), host.name().to_owned(), app.now());
    app.store
        .write(move |connection| {
            let spent =
                application_sessions::spend_hand_over(connection, &code, &name, &browser, now)?;
            let session = spent.ok_or(codes::APPLICATION_HAND_OVER)?;
            expect_open(connection, session)?;
            application_sessions::insert(connection, &hash, session, Some(&name), now)
        })
        .await?;
    Ok(token)
}
