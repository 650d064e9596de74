//! `/applications/enter`: the way from here to an application, past whatever its rules ask for.

use actix_web::http::header::{HeaderName, LOCATION};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use url::Url;

use crate::views::pages::{ApplicationDeniedPage, ApplicationEnrolPage, ApplicationLeadPage};
use crate::web::Site;
use crate::web::answer::{Answer, Refused, parameter, redirect};
use crate::web::application_cookie;
use crate::web::extract::permits::access;
use crate::web::extract::reader::Reader;
use crate::web::machine::forward_auth::CODE;
use actix_web::http::StatusCode;
use keyward_actions::application::{self, Entering, Entry};
use keyward_core::domain::application::{Application, Level, RequestHost};
use keyward_core::problem::{Problem, codes};
use keyward_core::secret::TokenHash;

#[derive(Deserialize)]
pub struct Params {
    /// The address that was asked for.
    to: String,
    /// The hash of what the browser holds at its host.
    browser: Option<String>,
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
    let to = entering.to;
    match entry {
        Entry::SignIn => Ok(redirect(&format!("/sign-in?next={}", here(&request)))),
        Entry::StepUp(level) => Ok(redirect(&format!(
            "/step-up?level={}&next={}",
            level.as_str(),
            here(&request)
        ))),
        Entry::Enrol { application, level } => reader.show_as(
            StatusCode::FORBIDDEN,
            &ApplicationEnrolPage {
                application: name(&application),
                contact: application.settings.contact.clone(),
                needs_hardware: level == Level::Hardware,
                needs_key: level >= Level::PhishingResistant,
                again: format!("/applications/enter?to={}", parameter(to.as_str())),
            },
        ),
        Entry::Denied {
            application,
            denial: _,
        } => reader.show_as(
            StatusCode::FORBIDDEN,
            &ApplicationDeniedPage {
                application: name(&application),
                contact: application.settings.contact.clone(),
            },
        ),
        Entry::NoHost => Err(Problem::new(codes::APPLICATION_NO_HOST)
            .detailed(entering.host.name())
            .into()),
        Entry::WithCookie(token) => {
            let mut answer = lead(&request, &reader, &to)?;
            answer
                .add_cookie(&application_cookie::cookie(&site, &token))
                .map_err(|error| Problem::internal(error.to_string()))?;
            Ok(answer)
        }
        Entry::WithCode(code) => {
            let mut to = to;
            to.query_pairs_mut()
                .append_pair(CODE, code.expose().as_str());
            lead(&request, &reader, &to)
        }
        Entry::AsItIs => lead(&request, &reader, &to),
    }
}

/// On to another host. Browsers take no redirect to one at the end of a form (CSP3 §4.1.3 `form-action`):
/// what came from a page of ours gets a page that leads on by itself.
fn lead(request: &HttpRequest, reader: &Reader, to: &Url) -> Result<HttpResponse, Refused> {
    let from = request
        .headers()
        .get(HeaderName::from_static("sec-fetch-site"));
    let is_from_here = from.is_some_and(|from| from.as_bytes() == b"same-origin");
    if is_from_here {
        let page = ApplicationLeadPage { to: to.to_string() };
        return reader.show(&page);
    }
    Ok(HttpResponse::Found()
        .insert_header((LOCATION, to.as_str()))
        .finish())
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
        let malformed = || Problem::new(codes::REQUEST_MALFORMED).detailed("no address");
        let mut to = Url::parse(&self.to).map_err(|_| malformed())?;
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
        let browser = self.browser.as_deref().filter(|hash| hash.len() <= 128);
        Ok(Entering {
            browser: browser.map(TokenHash::from_stored),
            host,
            to,
        })
    }
}
