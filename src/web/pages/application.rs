//! `/applications/enter`: the way from here to an application, past whatever its rules ask for.

use actix_web::http::header::{HeaderName, LOCATION};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use url::Url;

use super::on_the_way;
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
            let way = format!("{} {}", entering.method.as_str(), entering.to);
            on_the_way::remember(&site, &mut answer, &way)?;
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
            application_cookie::add(&mut answer, &application_cookie::cookie(&site, &token))?;
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
pub(super) async fn way_on(
    site: &Site,
    request: &HttpRequest,
) -> Result<Option<OnTheWay>, Problem> {
    let Some((method, to)) = on_the_way::remembered(site, request) else {
        return Ok(None);
    };
    if let Some((next, client_id)) = on_the_way::client_there(&to) {
        let name = openid::client_name(&site.app, &client_id).await?;
        let address = next.as_str().to_owned();
        return Ok(name.map(|name| OnTheWay { name, address }));
    }
    let Ok(entering) = entering(site, &to, None, Some(&method)) else {
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
    on_the_way::forget(site, request, &mut answer)?;
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
