//! `/upstream/{name}/…`: to another OpenID provider, and back.

use actix_web::http::header::HeaderName;
use actix_web::web::{Data, Path, Query};
use actix_web::{FromRequest as _, HttpRequest, HttpResponse};
use serde::Deserialize;

use super::sign_in::leave_before;
use crate::views::Notice;
use crate::views::pages::{OwnProvider, OwnProvidersPage, SignOutTherePage};
use crate::web::Site;
use crate::web::answer::{Answer, Refused, redirect};
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use crate::web::extract::upstream_cookie::UpstreamCookie;
use keyward_actions::application;
use keyward_actions::upstream::{self, OwnUpstream, UpstreamOutcome};
use keyward_core::domain::session::Client;
use keyward_core::domain::upstream::UpstreamName;
use keyward_core::flows::permit::{MayStepUp, SignedIn, SteppedUp};
use keyward_core::flows::upstream::Purpose;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::relying_party::AuthorizationAnswer;
use keyward_core::secret::Token;

#[derive(Deserialize)]
pub struct StartParams {
    /// `link`, `step-up` or `invitation`; else to sign in.
    purpose: Option<String>,
    /// The token of an invitation's link.
    invitation: Option<String>,
    next: Option<String>,
}

fn name_of(path: &str) -> Result<UpstreamName> {
    UpstreamName::parse(path).ok_or_else(|| codes::UPSTREAM_UNKNOWN.into())
}

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether the browser says that a page of another site led here: it would sign its reader in, or have
/// them linked, without their doing.
fn is_led_from_elsewhere(request: &HttpRequest) -> bool {
    let own = |value: &actix_web::http::header::HeaderValue| {
        matches!(value.to_str(), Ok("same-origin" | "none"))
    };
    !request.headers().get_all(SITE).all(own)
}

/// Sends the browser to the provider.
pub async fn start(
    request: HttpRequest,
    site: Data<Site>,
    path: Path<String>,
    Query(asked): Query<StartParams>,
    UpstreamCookie(kept): UpstreamCookie,
) -> Answer {
    let name = name_of(&path)?;
    let next = application::destination(&site.app, asked.next.as_deref()).await?;
    let purpose = match asked.purpose.as_deref() {
        Some("link") => {
            let Permit(permit) = Permit::<SteppedUp>::extract(&request).await?;
            let session = permit.session().id;
            Purpose::Link { session }
        }
        Some("step-up") => {
            let Permit(permit) = Permit::<MayStepUp>::extract(&request).await?;
            let session = permit.session().id;
            Purpose::StepUp { session }
        }
        Some("invitation") => {
            let link = asked.invitation.as_deref().and_then(Token::parse);
            let link = link.ok_or(codes::INVITATION_LINK_USED)?;
            let link = link.expose().to_string();
            Purpose::Invitation { link }
        }
        _ => Purpose::SignIn,
    };
    if is_led_from_elsewhere(&request) {
        return match purpose {
            Purpose::SignIn => Ok(redirect("/sign-in")),
            Purpose::Link { .. } | Purpose::StepUp { .. } | Purpose::Invitation { .. } => {
                Err(codes::REQUEST_CROSS_SITE.into())
            }
        };
    }
    let started = upstream::start(&site.app, &name, purpose, next, kept.as_deref()).await?;
    let mut answer = redirect(started.address.as_str());
    set(&mut answer, &UpstreamCookie::of(&site, &started.kept))?;
    Ok(answer)
}

/// Takes what the browser brings back.
pub async fn callback(
    request: HttpRequest,
    site: Data<Site>,
    path: Path<String>,
    Query(answer): Query<AuthorizationAnswer>,
    UpstreamCookie(kept): UpstreamCookie,
    (reader, browser): (Reader, Browser),
    Caller(client): Caller,
) -> Answer {
    let name = name_of(&path)?;
    let received = upstream::receive(&site.app, &name, kept.as_deref(), &answer, &client).await?;
    let mut answer = match received.purpose {
        Purpose::SignIn => {
            let outcome = upstream::sign_in(&site.app, received, &client).await?;
            enter(&site, outcome, &browser, &client).await?
        }
        Purpose::Invitation { .. } => {
            let outcome = upstream::accept_invitation(&site.app, received, &client).await?;
            enter(&site, outcome, &browser, &client).await?
        }
        Purpose::Link { .. } => {
            let Permit(permit) = match Permit::<SteppedUp>::extract(&request).await {
                Ok(permit) => permit,
                Err(refused) => return too_late(refused, &reader),
            };
            let opened = upstream::link(&site.app, &permit, received, &client).await?;
            browser.raise(&opened)?;
            reader.tell(opened.next.as_str(), Notice::UpstreamLinked)?
        }
        Purpose::StepUp { .. } => {
            let Permit(permit) = match Permit::<MayStepUp>::extract(&request).await {
                Ok(permit) => permit,
                Err(refused) => return too_late(refused, &reader),
            };
            let opened = upstream::step_up(&site.app, &permit, received, &client).await?;
            browser.raise(&opened)?;
            redirect(opened.next.as_str())
        }
    };
    set(&mut answer, &UpstreamCookie::gone(&site))?;
    Ok(answer)
}

/// What the session proved is too old by now, or it ended: the answer is spent, so that coming back here
/// afterwards would show a mistake.
fn too_late(refused: Refused, reader: &Reader) -> Answer {
    match refused.code() {
        codes::SESSION_STEP_UP => reader.tell(
            "/step-up?next=%2Faccount%2Fupstream",
            Notice::NothingChanged,
        ),
        codes::SESSION_REQUIRED => reader.tell("/sign-in", Notice::SignedOutMeanwhile),
        _ => Err(refused),
    }
}

async fn enter(
    site: &Site,
    outcome: UpstreamOutcome,
    browser: &Browser,
    client: &Client,
) -> Answer {
    leave_before(site, browser, client).await?;
    match outcome {
        UpstreamOutcome::Opened(opened) => {
            browser.open(&opened)?;
            Ok(redirect(opened.next.as_str()))
        }
        UpstreamOutcome::SecondFactor(journey) => {
            browser.begin_sign_in(&journey)?;
            Ok(redirect("/sign-in"))
        }
    }
}

/// Leads on to where one signs out at the provider. Where a form leads to another site, browsers stop: this
/// page stands between.
pub async fn sign_out(site: Data<Site>, path: Path<String>, reader: Reader) -> Answer {
    let name = name_of(&path)?;
    match upstream::sign_out_address(&site.app, &name).await? {
        Some((address, label)) => reader.show(&SignOutTherePage {
            address: address.into(),
            label,
        }),
        None => reader.tell("/sign-in", Notice::SignedOut),
    }
}

/// The providers, and who one is there.
pub async fn own(site: Data<Site>, Permit(signed_in): Permit<SignedIn>, reader: Reader) -> Answer {
    let own = upstream::own(&site.app, signed_in.user().id).await?;
    let providers = own.into_iter().map(own_provider).collect();
    reader.is(&signed_in).show(&OwnProvidersPage { providers })
}

fn own_provider(own: OwnUpstream) -> OwnProvider {
    OwnProvider {
        name: own.name.to_string(),
        label: own.label,
        is_linked: own.link.is_some(),
        called: own.link.map(|link| link.called).unwrap_or_default(),
    }
}

/// Takes the link with the user of a provider back.
pub async fn unlink(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    path: Path<String>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let name = name_of(&path)?;
    let opened = upstream::unlink(&site.app, &permit, &name, &client).await?;
    browser.raise(&opened)?;
    reader.tell(opened.next.as_str(), Notice::UpstreamUnlinked)
}

fn set(answer: &mut HttpResponse, cookie: &actix_web::cookie::Cookie<'_>) -> Result<()> {
    let added = answer.add_cookie(cookie);
    added.map_err(|error| Problem::internal(error.to_string()))
}
