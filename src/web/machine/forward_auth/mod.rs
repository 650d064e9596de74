//! `/forward-auth`: whether a request to an application goes on, asked by its proxy at every request.
//!
//! It stands apart from the pages: no middleware, no line in the log, no write. What a browser or a
//! program brings are cookies; who they are goes to the application in `Remote-*` headers, all of
//! which are in every 200, so that none that a client made up is left.

mod shown;

use actix_web::cookie::time;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue,
    LOCATION, WWW_AUTHENTICATE, X_FORWARDED_HOST, X_FORWARDED_PROTO,
};
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use url::Url;

use shown::{Cookies, is_browser, token_in};

use crate::views::pages::ApplicationRefusedPage;
use crate::web::Site;
use crate::web::answer::{for_machines, for_machines_unknown, parameter};
use crate::web::application_cookie;
use crate::web::extract::client;
use crate::web::extract::reader::Reader;
use crate::web::session_cookie;
use keyward_actions::application::{self, Passing, Shown, ShownToken, Visiting, VisitingBy};
use keyward_actions::set_back;
use keyward_core::domain::application::{self as domain, RequestHost, Verdict};
use keyward_core::problem::{Problem, codes};
use keyward_core::protocols::forward::{Dialect, ForwardedRequest, Headers, Leading};
use keyward_core::secret::Token;

/// The parameter in which a code comes that leads to the host of an application.
pub const CODE: &str = "keyward_code";

/// The longest address that a user is led back to, in bytes and encoded as a parameter, so that a path
/// here can lead on to it; of a longer one, the start page.
const LONGEST_WAY_BACK: usize = 1700;

/// Adds the addresses.
pub fn configure(app: &mut ServiceConfig) {
    // An address each: one that is compared is found sooner than one that is taken apart.
    for dialect in Dialect::ALL {
        let address = format!("/forward-auth/{}", dialect.as_str());
        let by_name = move |site: Data<Site>, request: HttpRequest| async move {
            answer(site, dialect, &request, None).await
        };
        if dialect != Dialect::Envoy {
            app.service(web::resource(address).to(by_name));
        }
    }
    app.service(web::resource("/forward-auth").to(by_headers))
        .service(web::resource("/forward-auth/envoy{path:/.*}").to(by_path))
        .service(web::resource("/forward-auth/{dialect}").to(by_no_name));
}

async fn by_headers(site: Data<Site>, request: HttpRequest) -> HttpResponse {
    match Dialect::of(&Lines(request.headers())) {
        Ok(dialect) => answer(site, dialect, &request, None).await,
        Err(unreadable) => for_machines(&unread(format!("{unreadable:?}"))),
    }
}

async fn by_no_name() -> HttpResponse {
    for_machines(&codes::REQUEST_NOT_FOUND.into())
}

async fn by_path(site: Data<Site>, request: HttpRequest) -> HttpResponse {
    let target = request.uri().path_and_query().map(|target| target.as_str());
    let target = target.and_then(|target| target.strip_prefix("/forward-auth/envoy"));
    let target = target.unwrap_or("/").to_owned();
    answer(site, Dialect::Envoy, &request, Some(&target)).await
}

fn unread(why: String) -> Problem {
    Problem::new(codes::REQUEST_MALFORMED).detailed(why)
}

static FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
static FORWARDED_URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
static ORIGINAL_METHOD: HeaderName = HeaderName::from_static("x-original-method");
static ORIGINAL_URL: HeaderName = HeaderName::from_static("x-original-url");

struct Lines<'a>(&'a HeaderMap);

impl Headers for Lines<'_> {
    fn lines<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        // Names that are known need not be read at each request.
        let known = match name {
            "x-forwarded-method" => Some(&FORWARDED_METHOD),
            "x-forwarded-uri" => Some(&FORWARDED_URI),
            "x-original-method" => Some(&ORIGINAL_METHOD),
            "x-original-url" => Some(&ORIGINAL_URL),
            "x-forwarded-host" => Some(&X_FORWARDED_HOST),
            "x-forwarded-proto" => Some(&X_FORWARDED_PROTO),
            _ => None,
        };
        let lines = match known {
            Some(known) => self.0.get_all(known),
            None => self.0.get_all(name),
        };
        lines.map(HeaderValue::as_bytes)
    }
}

/// A request to an application, read.
struct Question<'a> {
    asked: ForwardedRequest<'a>,
    dialect: Dialect,
    host: RequestHost,
    method: domain::Method,
}

async fn answer(
    site: Data<Site>,
    dialect: Dialect,
    request: &HttpRequest,
    target: Option<&str>,
) -> HttpResponse {
    let lines = Lines(request.headers());
    let host = request.headers().get("host");
    let own = ForwardedRequest {
        method: request.method().as_str(),
        scheme: "https",
        host: host.and_then(|host| host.to_str().ok()).unwrap_or_default(),
        target: target.unwrap_or("/"),
    };
    let asked = match dialect.read(&lines, own) {
        Ok(asked) => asked,
        Err(unreadable) => {
            let problem = unread(format!("{unreadable:?}"));
            return understood_by(dialect, for_machines(&problem));
        }
    };
    let host = RequestHost::parse(asked.host);
    let method = domain::Method::parse(asked.method);
    let (Some(host), Some(method)) = (host, method) else {
        let problem = unread("no host, or no method".to_owned());
        return understood_by(dialect, for_machines(&problem));
    };
    let question = Question {
        asked,
        dialect,
        host,
        method,
    };
    let answered = question.answer(&site, request).await;
    let answer = answered.unwrap_or_else(|problem| {
        if problem.fault().is_ours() {
            tracing::error!(error = ?problem, "{problem}");
        }
        for_machines(&problem)
    });
    understood_by(dialect, answer)
}

/// What a proxy takes for an answer. nginx makes 500 of every refusal but 401 and 403, as if something
/// had failed here.
fn understood_by(dialect: Dialect, mut answer: HttpResponse) -> HttpResponse {
    let status = answer.status();
    let is_known = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    if dialect == Dialect::Nginx && status.is_client_error() && !is_known {
        *answer.status_mut() = StatusCode::FORBIDDEN;
    }
    answer
}

impl Question<'_> {
    async fn answer(
        &self,
        site: &Data<Site>,
        request: &HttpRequest,
    ) -> Result<HttpResponse, Problem> {
        set_back::notice(&site.app).await?;
        let names = &site.app.settings().cookies;
        let (path, query) = match self.asked.target.split_once('?') {
            Some((path, query)) => (path, query),
            None => (self.asked.target, ""),
        };
        let arrives = || is_browser(request.headers(), self.asked.method);
        if let Some(code) = code_in(query).filter(|_| arrives()) {
            return Box::pin(self.arrive(site, request, code)).await;
        }
        let cookies = Cookies::of(request.headers(), names);
        let shown: Vec<Shown<'_>> = cookies
            .named(&names.application)
            .chain(cookies.named(&names.applications))
            .map(Shown::Application)
            .chain(cookies.named(&names.session).map(Shown::Session))
            .collect();
        let question = domain::Request {
            host: &self.host,
            path,
            method: &self.method,
        };
        let unseal = |value: &str| session_cookie::key_in(site, value);
        let secret = token_in(request.headers());
        let client = secret.as_ref().map(|_| client::of(request));
        let token = secret.as_ref().zip(client.as_ref());
        let token = token.map(|(secret, client)| ShownToken { secret, client });
        let passing = application::pass(&site.app, &question, &shown, token, unseal).await?;
        match passing.verdict {
            Verdict::Bypassed { .. } | Verdict::Granted { .. } => {
                Ok(goes_on(passing.visiting.as_deref()))
            }
            Verdict::SignIn { .. } | Verdict::Insufficient { .. } => {
                self.lead_away(site, request, &cookies, &passing)
            }
            Verdict::Denied(_) => self.deny(site, request, &passing),
        }
    }

    /// To the page that sees to what is missing, and back here.
    fn lead_away(
        &self,
        site: &Data<Site>,
        request: &HttpRequest,
        cookies: &Cookies<'_>,
        passing: &Passing,
    ) -> Result<HttpResponse, Problem> {
        if !is_browser(request.headers(), self.asked.method) {
            return Ok(match passing.verdict {
                Verdict::Insufficient { .. } => not_enough(passing),
                _ => unauthorized(passing),
            });
        }
        let mut answer = self.leading();
        let mut to = self.way_past_us(site)?;
        if !self.shares_cookie(site) {
            let name = &site.app.settings().cookies.hand_over;
            let known = cookies.named(name).find_map(Token::parse);
            let is_new = known.is_none();
            let browser = known.unwrap_or_else(|| application::browser_token(&site.app));
            to.push_str("&browser=");
            to.push_str(browser.hash().as_str());
            if is_new {
                let value = browser.expose().to_string();
                let lasts = time::Duration::hours(1);
                answer.cookie(
                    application_cookie::build(site, name, value)
                        .max_age(lasts)
                        .finish(),
                );
            }
        }
        answer.insert_header((LOCATION, to));
        Ok(answer.finish())
    }

    /// The page that sees to what is missing, or says what is.
    fn way_past_us(&self, site: &Site) -> Result<String, Problem> {
        let origin = site.app.settings().server.origin();
        let here = self.here(site)?;
        let mut way = format!(
            "{origin}/applications/enter?to={}",
            parameter(here.as_str())
        );
        // What another method may do is another rule's affair.
        if !matches!(self.method.as_str(), "GET" | "HEAD") {
            way.push_str("&method=");
            way.push_str(self.method.as_str());
        }
        Ok(way)
    }

    fn shares_cookie(&self, site: &Site) -> bool {
        let domain = site.app.settings().session.cookie_domain.as_deref();
        domain.is_some_and(|domain| self.host.is_within(domain))
    }

    fn leading(&self) -> HttpResponseBuilder {
        let mut answer = match self.dialect.leading() {
            Leading::Status401 => HttpResponse::Unauthorized(),
            // What was sent with a form is not sent elsewhere.
            Leading::Redirect if matches!(self.asked.method, "GET" | "HEAD") => {
                HttpResponse::Found()
            }
            Leading::Redirect => HttpResponse::SeeOther(),
        };
        answer.insert_header((CACHE_CONTROL, "no-store"));
        answer
    }

    /// The address that was asked for, without a code in it.
    fn here(&self, site: &Site) -> Result<Url, Problem> {
        let malformed = || unread("this is no address".to_owned());
        // A cookie of a session is for HTTPS where we are reached by it.
        let scheme = match site.app.settings().server.is_https() {
            true => "https",
            false => self.asked.scheme,
        };
        let authority = self.host.authority();
        let at = |target: &str| {
            Url::parse(&format!("{scheme}://{authority}{target}")).map_err(|_| malformed())
        };
        let here = at(&without_code(self.asked.target))?;
        match parameter(here.as_str()).len() <= LONGEST_WAY_BACK {
            true => Ok(here),
            false => at("/"),
        }
    }

    /// Spends the code that a browser comes with, and leads it to where it wanted to go.
    async fn arrive(
        &self,
        site: &Data<Site>,
        request: &HttpRequest,
        code: &str,
    ) -> Result<HttpResponse, Problem> {
        let names = &site.app.settings().cookies;
        let cookies = Cookies::of(request.headers(), names);
        let browser = cookies.named(&names.hand_over).next();
        let mut answer = self.leading();
        // Where the code is good for nothing, the address without it begins anew.
        match application::redeem(&site.app, code, &self.host, browser).await {
            Ok(token) => {
                let value = token.expose().to_string();
                answer.cookie(application_cookie::build(site, &names.application, value).finish());
            }
            Err(problem) if problem.code() == codes::APPLICATION_HAND_OVER => {}
            Err(problem) => return Err(problem),
        }
        answer.insert_header((LOCATION, self.here(site)?.to_string()));
        Ok(answer.finish())
    }

    fn deny(
        &self,
        site: &Data<Site>,
        request: &HttpRequest,
        passing: &Passing,
    ) -> Result<HttpResponse, Problem> {
        if !is_browser(request.headers(), self.asked.method) {
            return Ok(refused(passing));
        }
        let accepted = request.headers().get(ACCEPT_LANGUAGE);
        let reader = Reader::stranger(site.clone(), accepted, "/forward-auth");
        let settings = passing.application.as_ref().map(|found| &found.settings);
        let page = ApplicationRefusedPage {
            application: settings.map(|settings| settings.name.to_string()),
            contact: settings
                .map(|settings| settings.contact.clone())
                .unwrap_or_default(),
            account: format!("{}/account", site.app.settings().server.origin()),
        };
        let mut answer = HttpResponse::Forbidden();
        answer
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'",
            ))
            .content_type("text/html; charset=utf-8");
        if self.dialect == Dialect::Nginx {
            // It shows no page of ours, and leads to one by this.
            answer.insert_header((LOCATION, self.way_past_us(site)?));
        }
        Ok(answer.body(reader.render(&page)?))
    }
}

/// What applications are told, in this order.
static TOLD: [HeaderName; 7] = [
    HeaderName::from_static("remote-user"),
    HeaderName::from_static("remote-name"),
    HeaderName::from_static("remote-email"),
    HeaderName::from_static("remote-groups"),
    HeaderName::from_static("remote-amr"),
    HeaderName::from_static("remote-acr"),
    HeaderName::from_static("remote-auth-time"),
];

/// What applications are told of a visitor, in the order of [`TOLD`].
fn told_of(visiting: &Visiting) -> Vec<Bytes> {
    let context = visiting.context.as_ref();
    // A user who may do nothing but enrol is no visitor to an application.
    let is_somebody = match visiting.by {
        VisitingBy::Session { .. } => context.is_some(),
        VisitingBy::Token(_) => true,
    };
    if !is_somebody {
        return Vec::new();
    }
    let user = &visiting.user;
    let groups: Vec<&str> = visiting.groups.iter().map(|group| group.as_str()).collect();
    let methods: Vec<&str> = context
        .map(|context| context.methods.iter().collect())
        .unwrap_or_default();
    let display_name = user.display_name.as_ref().map(|name| name.as_str());
    let proved_at = context.and_then(|context| context.proved_at);
    let values = [
        user.name.as_str().to_owned(),
        display_name.unwrap_or(user.name.as_str()).to_owned(),
        user.email
            .as_ref()
            .map_or("", |email| email.as_str())
            .to_owned(),
        groups.join(","),
        methods.join(","),
        context
            .map_or("", |context| context.class.as_str())
            .to_owned(),
        proved_at.map_or_else(String::new, |at| at.seconds().to_string()),
    ];
    values.map(Bytes::from).into()
}

/// Who is there, for the application.
fn goes_on(visiting: Option<&Visiting>) -> HttpResponse {
    let mut answer = HttpResponse::new(StatusCode::OK);
    let headers = answer.headers_mut();
    let told = visiting.map(|visiting| visiting.told.get_or_init(|| told_of(visiting)));
    for (at, name) in TOLD.iter().enumerate() {
        let value = told
            .and_then(|told| told.get(at))
            .cloned()
            .unwrap_or_default();
        // Names have no control characters; what else there is goes as UTF-8.
        let value = HeaderValue::from_maybe_shared(value);
        headers.insert(
            name.clone(),
            value.unwrap_or_else(|_| HeaderValue::from_static("")),
        );
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// No user is signed in (RFC 9110 §15.5.2).
fn unauthorized(passing: &Passing) -> HttpResponse {
    let mut answer = for_machines_unknown(&named(codes::SESSION_REQUIRED.into(), passing));
    let application = passing.application.as_ref();
    let challenge = match application.is_some_and(|it| it.settings.takes_tokens()) {
        true => "Session realm=\"Keyward\", Bearer realm=\"keyward\"",
        false => "Session realm=\"Keyward\"",
    };
    answer
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A user is signed in, and has not proved enough.
fn not_enough(passing: &Passing) -> HttpResponse {
    for_machines(&named(codes::SESSION_STEP_UP.into(), passing))
}

fn refused(passing: &Passing) -> HttpResponse {
    let code = match passing.application {
        Some(_) => codes::APPLICATION_DENIED,
        None => codes::APPLICATION_NO_HOST,
    };
    for_machines(&named(code.into(), passing))
}

fn named(problem: Problem, passing: &Passing) -> Problem {
    match &passing.application {
        Some(application) => problem.detailed(application.settings.name.to_string()),
        None => problem,
    }
}

fn is_code(pair: &&str) -> bool {
    pair.split('=').next() == Some(CODE)
}

fn code_in(query: &str) -> Option<&str> {
    let pair = query.split('&').find(is_code)?;
    pair.split_once('=').map(|(_, code)| code)
}

fn without_code(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_code(pair)).collect();
    match rest.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", rest.join("&")),
    }
}
