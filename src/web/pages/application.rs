//! `/applications/enter`: the way from here to an application, past whatever its rules ask for.

use actix_web::cookie::{Cookie, time};
use actix_web::http::header::{HeaderName, LOCATION};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use url::{Url, form_urlencoded};

use crate::views::pages::{
    ApplicationDeniedPage, ApplicationEnrolPage, ApplicationLeadPage, OnTheWay,
};
use crate::web::Site;
use crate::web::answer::{Answer, Refused, parameter, redirect};
use crate::web::application_cookie;
use crate::web::extract::permits::access;
use crate::web::extract::reader::Reader;
use crate::web::machine::forward_auth::CODE;
use actix_web::http::StatusCode;
use keyward_actions::application::{self, Entering, Entry, Obstacle};
use keyward_actions::openid;
use keyward_core::domain::application::{Application, Level, Method, RequestHost};
use keyward_core::flows::next_path::NextPath;
use keyward_core::problem::{Problem, codes};
use keyward_core::secret::TokenHash;

/// The longest address that is remembered in a cookie, percent-encoded, in bytes.
const LONGEST_WAY: usize = 2048;

#[derive(Deserialize)]
pub struct Params {
    /// The address that was asked for.
    to: String,
    /// The hash of what the browser holds at its host.
    browser: Option<String>,
    /// The method by which it was asked for, where that is not GET.
    method: Option<String>,
}

/// Leads on, or to what is missing.
pub async fn enter(
    site: Data<Site>,
    request: HttpRequest,
    Query(asked): Query<Params>,
    reader: Reader,
) -> Answer {
    let entering = asked.read(&site)?;
    let access = access(&request).await?;
    let entry = application::enter(&site.app, access, &entering).await?;
    let to = &entering.to;
    match entry {
        Entry::SignIn => Ok(redirect(&format!("/sign-in?next={}", here(&request)))),
        Entry::StepUp(level) => Ok(redirect(&format!(
            "/step-up?level={}&next={}",
            level.as_str(),
            here(&request)
        ))),
        Entry::Enrol {
            application,
            level,
            kind,
        } => {
            let page = ApplicationEnrolPage {
                application: name(&application),
                contact: application.settings.contact.clone(),
                needs_hardware: level == Level::Hardware,
                key: Some(kind).filter(|_| level >= Level::PhishingResistant),
                again: again(&entering),
            };
            let mut answer = reader.show_as(StatusCode::FORBIDDEN, &page)?;
            remember(&site, &mut answer, &entering)?;
            Ok(answer)
        }
        Entry::Denied {
            application,
            denial: _,
        } => reader.show_as(
            StatusCode::FORBIDDEN,
            &ApplicationDeniedPage {
                application: name(&application),
                contact: application.settings.contact.clone(),
                obstacle: None,
            },
        ),
        Entry::Unprovable {
            application,
            obstacle,
        } => reader.show_as(
            StatusCode::FORBIDDEN,
            &ApplicationDeniedPage {
                application: name(&application),
                contact: application.settings.contact.clone(),
                obstacle: Some(match obstacle {
                    Obstacle::NoMetadata => "no-metadata",
                    Obstacle::NoKind => "no-kind",
                }),
            },
        ),
        Entry::NoHost => Err(Problem::new(codes::APPLICATION_NO_HOST)
            .detailed(entering.host.name())
            .into()),
        Entry::WithCookie(token) => {
            let mut answer = lead(&site, &request, &reader, to)?;
            add_cookie(&mut answer, &application_cookie::cookie(&site, &token))?;
            Ok(answer)
        }
        Entry::WithCode(code) => {
            let mut to = to.clone();
            to.query_pairs_mut()
                .append_pair(CODE, code.expose().as_str());
            lead(&site, &request, &reader, &to)
        }
        Entry::AsItIs => lead(&site, &request, &reader, to),
    }
}

/// The application that a user adds a device for, once they have it: its name, and the way there.
pub(super) async fn on_the_way(
    site: &Site,
    request: &HttpRequest,
) -> Result<Option<OnTheWay>, Problem> {
    let Some(cookie) = request.cookie(&on_the_way_name(site)) else {
        return Ok(None);
    };
    // Whatever the browser says is looked at as any address is that a user asks for.
    let written = form_urlencoded::parse(cookie.value().as_bytes()).next();
    let entering = written.and_then(|(request, _)| {
        let (method, to) = request.split_once(' ')?;
        entering(site, to, None, Some(method)).ok()
    });
    let Some(entering) = entering else {
        return Ok(None);
    };
    let found = application::way_to(&site.app, access(request).await?, &entering).await?;
    Ok(found.map(|application| OnTheWay {
        name: name(&application),
        address: again(&entering),
    }))
}

/// What the application is called to which a path leads on, where its user may get there.
pub(super) async fn name_there(
    site: &Site,
    request: &HttpRequest,
    next: &NextPath,
) -> Result<Option<String>, Problem> {
    if let Some(client_id) = next.client_id() {
        return openid::client_name(&site.app, &client_id).await;
    }
    let address = next.application_address();
    let method = next.application_method();
    let entering = address.and_then(|to| entering(site, &to, None, method.as_deref()).ok());
    let Some(entering) = entering else {
        return Ok(None);
    };
    let found = application::way_to(&site.app, access(request).await?, &entering).await?;
    Ok(found.map(|application| name(&application)))
}

fn on_the_way_name(site: &Site) -> String {
    site.app.settings().cookies.on_the_way.clone()
}

/// Lets the page of devices say how to go on, for an hour.
fn remember(site: &Site, answer: &mut HttpResponse, entering: &Entering) -> Result<(), Problem> {
    let value = parameter(&format!("{} {}", entering.method.as_str(), entering.to));
    if value.len() > LONGEST_WAY {
        return Ok(());
    }
    let cookie = application_cookie::build(site, &on_the_way_name(site), value);
    let cookie = cookie.max_age(time::Duration::hours(1)).finish();
    add_cookie(answer, &cookie)
}

fn add_cookie(answer: &mut HttpResponse, cookie: &Cookie<'_>) -> Result<(), Problem> {
    answer
        .add_cookie(cookie)
        .map_err(|error| Problem::internal(error.to_string()))
}

fn again(entering: &Entering) -> String {
    let to = parameter(entering.to.as_str());
    match entering.method == Method::get() {
        true => format!("/applications/enter?to={to}"),
        false => format!(
            "/applications/enter?to={to}&method={}",
            entering.method.as_str()
        ),
    }
}

/// On to another host. Browsers take no redirect to one at the end of a form (CSP3 §4.1.3 `form-action`):
/// what came from a page of ours gets a page that leads on by itself.
fn lead(
    site: &Site,
    request: &HttpRequest,
    reader: &Reader,
    to: &Url,
) -> Result<HttpResponse, Refused> {
    let from = request
        .headers()
        .get(HeaderName::from_static("sec-fetch-site"));
    let mut answer = match from.is_some_and(|from| from.as_bytes() == b"same-origin") {
        true => reader.show(&ApplicationLeadPage { to: to.to_string() })?,
        false => HttpResponse::Found()
            .insert_header((LOCATION, to.as_str()))
            .finish(),
    };
    let name = on_the_way_name(site);
    if request.cookie(&name).is_some() {
        let past = application_cookie::build(site, &name, String::new());
        add_cookie(&mut answer, &past.max_age(time::Duration::ZERO).finish())?;
    }
    Ok(answer)
}

fn name(application: &Application) -> String {
    application.settings.name.to_string()
}

fn here(request: &HttpRequest) -> String {
    let path = request.uri().path_and_query();
    parameter(path.map_or("/", |path| path.as_str()))
}

impl Params {
    fn read(&self, site: &Site) -> Result<Entering, Problem> {
        entering(
            site,
            &self.to,
            self.browser.as_deref(),
            self.method.as_deref(),
        )
    }
}

fn entering(
    site: &Site,
    to: &str,
    browser: Option<&str>,
    method: Option<&str>,
) -> Result<Entering, Problem> {
    let malformed = || Problem::new(codes::REQUEST_MALFORMED).detailed("no address");
    let mut to = Url::parse(to).map_err(|_| malformed())?;
    let is_bare = to.username().is_empty() && to.password().is_none();
    if !matches!(to.scheme(), "https" | "http") || !is_bare {
        return Err(malformed());
    }
    if site.app.settings().server.is_https() && to.scheme() == "http" {
        to.set_scheme("https").map_err(|()| malformed())?;
    }
    let host = to
        .host_str()
        .and_then(RequestHost::parse)
        .ok_or_else(malformed)?;
    let method = method.map_or(Some(Method::get()), Method::parse);
    let method =
        method.ok_or_else(|| Problem::new(codes::REQUEST_MALFORMED).detailed("no method"))?;
    let browser = browser.filter(|hash| hash.len() <= 128);
    Ok(Entering {
        method,
        browser: browser.map(TokenHash::from_stored),
        host,
        to,
    })
}
