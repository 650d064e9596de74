//! A problem as an HTTP answer: the only place that knows which fault is which status.

use actix_session::SessionExt;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, ALLOW, HeaderValue, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use serde_json::json;
use std::fmt;
use std::time::Duration;
use url::form_urlencoded::byte_serialize;

use super::Site;
use super::extract::reader::Reader;
use super::form_pages::page_of;
use crate::views::Notice;
use crate::views::pages::ProblemPage;
use keyward_core::flows::next_path::NextPath;
use keyward_core::problem::{Code, Fault, Problem, codes};

/// What a handler gives back.
pub type Answer = std::result::Result<HttpResponse, Refused>;

/// A problem on its way to [`present`], which knows who asked.
#[derive(Debug)]
pub struct Refused(Problem);

impl Refused {
    /// Why.
    pub fn code(&self) -> Code {
        self.0.code()
    }
}

impl<P: Into<Problem>> From<P> for Refused {
    fn from(problem: P) -> Self {
        Self(problem.into())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        status(self.0.fault())
    }

    fn error_response(&self) -> HttpResponse {
        for_machines(&self.0)
    }
}

/// Middleware: turns problems into what the caller can read, a page or a JSON document, and what
/// is ours into a line of the log.
///
/// # Errors
/// What another middleware fails with: the database is out of reach, say. It has its answer with it.
pub async fn present(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let asker = Asker::of(request.request());
    let response = next.call(request).await.map_err(|error| {
        let problem = failure(&error);
        log(&problem);
        let answer = asker.answer(&problem);
        Error::from(InternalError::from_response(error, answer))
    })?;
    let answer = match response.response().error() {
        Some(error) => error_answer(response.request(), error),
        None if response.status() == StatusCode::METHOD_NOT_ALLOWED => wrong_method(&response),
        None => return Ok(response.map_into_boxed_body()),
    };
    let (request, _) = response.into_parts();
    Ok(ServiceResponse::new(request, answer))
}

/// Who asked, for the answer to a request that a middleware has lost. Every request makes one, so it
/// reads nothing yet.
struct Asker {
    person: Option<(Data<Site>, Option<HeaderValue>)>,
}

impl Asker {
    fn of(request: &HttpRequest) -> Self {
        let is_person = !request.path().starts_with(FOR_SCRIPTS) && wants_page(request);
        let person = || {
            let site = request.app_data::<Data<Site>>()?.clone();
            Some((site, request.headers().get(ACCEPT_LANGUAGE).cloned()))
        };
        Self {
            person: is_person.then(person).flatten(),
        }
    }

    fn answer(self, problem: &Problem) -> HttpResponse {
        let page = self.person.and_then(|(site, accepted)| {
            let reader = Reader::stranger(site, accepted.as_ref(), "/");
            page_for(&reader, problem).ok()
        });
        page.unwrap_or_else(|| for_machines(problem))
    }
}

/// What a middleware failed with. The one that knows browsers says it as text alone, which begins
/// with the code: what it could not read as it stands, what it could not keep within its own words.
fn failure(error: &Error) -> Problem {
    let (words, inner) = (error.to_string(), format!("{error:?}"));
    let inner = inner.strip_prefix("Other(").unwrap_or_default();
    let code_of = |text: &str| {
        let name = text.split(": ").next();
        codes::ALL.iter().find(|code| Some(code.name) == name)
    };
    let named = |text: &str| Some(Problem::new(*code_of(text)?).caused_by(text.to_owned()));
    match named(&words).or_else(|| named(inner)) {
        Some(problem) => problem,
        None if error.as_response_error().status_code().is_client_error() => {
            unreadable(error.as_response_error())
        }
        None => Problem::internal(words),
    }
}

/// Refuses a request before it reaches a handler.
pub fn refuse_request(request: &HttpRequest, problem: Problem) -> HttpResponse {
    refusal(request, &problem)
}

/// Refuses a request whose line or headers are too long to be read any further.
pub fn refuse_head(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    log(problem);
    let site = request
        .app_data::<Data<Site>>()
        .filter(|_| wants_page(request));
    let page = site.and_then(|site| {
        let reader = Reader::stranger(site.clone(), None, "/");
        page_for(&reader, problem).ok()
    });
    let mut response = page.unwrap_or_else(|| for_machines(problem));
    response
        .head_mut()
        .set_connection_type(ConnectionType::Close);
    response
}

fn error_answer(request: &HttpRequest, error: &Error) -> HttpResponse {
    match error.as_error::<Refused>() {
        Some(Refused(problem)) => refusal(request, problem),
        None if error.as_response_error().status_code().is_client_error() => {
            refusal(request, &unreadable(error.as_response_error()))
        }
        None => refusal(request, &Problem::internal(error.to_string())),
    }
}

/// What the framework could not read of a request.
pub fn unreadable(error: &dyn ResponseError) -> Problem {
    let code = match error.status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => codes::REQUEST_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => codes::REQUEST_MEDIA_TYPE,
        _ => codes::REQUEST_MALFORMED,
    };
    Problem::new(code).detailed(error.to_string())
}

/// The framework's answer to a method that an address does not know has no body of its own.
fn wrong_method<B>(response: &ServiceResponse<B>) -> HttpResponse {
    let mut answer = refusal(response.request(), &codes::REQUEST_METHOD.into());
    if let Some(allowed) = response.headers().get(ALLOW) {
        answer.headers_mut().insert(ALLOW, allowed.clone());
    }
    answer
}

/// What is ours is told to the operator; what a caller did is not, or an attacker could fill the
/// log.
pub fn log(problem: &Problem) {
    match problem.fault() {
        Fault::Ours => tracing::error!(error = ?problem, "{problem}"),
        Fault::Unavailable => tracing::warn!(error = ?problem, "{problem}"),
        _ => tracing::debug!(error = ?problem, "{problem}"),
    }
}

fn refusal(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    let mut response = refusal_of_request(request, problem);
    // What is left of a body that is not wanted would be read to its end, which may never come.
    if matches!(
        problem.fault(),
        Fault::TooLarge | Fault::Late | Fault::MediaType
    ) {
        response
            .head_mut()
            .set_connection_type(ConnectionType::Close);
    }
    response
}

fn refusal_of_request(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    log(problem);
    if request.path().starts_with(FOR_SCRIPTS) {
        return for_scripts(request, problem).unwrap_or_else(|_| for_machines(problem));
    }
    if !wants_page(request) {
        return for_machines(problem);
    }
    match problem.code() {
        codes::SESSION_REQUIRED => to_sign_in(request).unwrap_or_else(|_| redirect("/sign-in")),
        codes::SESSION_UNVERIFIED => redirect("/account/devices/add"),
        codes::SESSION_STEP_UP => late(request).unwrap_or_else(|_| redirect(&to_step_up(request))),
        _ => page(request, problem).unwrap_or_else(|_| for_machines(problem)),
    }
}

/// What the scripts of our own pages call.
pub const FOR_SCRIPTS: &str = "/webauthn/";

/// The answer for a script, which shows `detail` to the person: it is in their words, and what
/// lies behind stays in the log.
fn for_scripts(
    request: &HttpRequest,
    problem: &Problem,
) -> keyward_core::problem::Result<HttpResponse> {
    let sentence = Reader::of(request)?.sentence(problem)?;
    let next = (problem.code() == codes::SESSION_STEP_UP).then(|| to_step_up(request));
    Ok(document(
        status(problem.code().fault),
        problem,
        Some(&sentence),
        next.as_deref(),
    ))
}

/// Whether a person asked, rather than a machine.
fn wants_page(request: &HttpRequest) -> bool {
    let for_machines = ["/api/", "/health/", "/oauth2/jwks"];
    if for_machines
        .iter()
        .any(|prefix| request.path().starts_with(prefix))
    {
        return false;
    }
    let accept = request.headers().get(ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok());
    accept.is_none_or(|accept| !accept.starts_with("application/json"))
}

fn page(request: &HttpRequest, problem: &Problem) -> keyward_core::problem::Result<HttpResponse> {
    page_for(&Reader::of(request)?, problem)
}

fn page_for(reader: &Reader, problem: &Problem) -> keyward_core::problem::Result<HttpResponse> {
    let body = reader.render(&ProblemPage::of(problem))?;
    let mut response = HttpResponse::build(status(problem.fault()));
    wait(&mut response, problem);
    Ok(response.content_type("text/html; charset=utf-8").body(body))
}

/// No user is signed in: there, and back here afterwards.
fn to_sign_in(request: &HttpRequest) -> Result<HttpResponse, Refused> {
    if request.method() != Method::GET {
        return signed_out_meanwhile(request);
    }
    let here = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let next = parameter(here);
    Ok(redirect(&format!("/sign-in?next={next}")))
}

/// A user sent a form whose session is over: to the sign-in, and to the form's page afterwards.
fn signed_out_meanwhile(request: &HttpRequest) -> Result<HttpResponse, Refused> {
    let to = match leads_back(request) {
        Some(next) => {
            let next = parameter(next.as_str());
            format!("/sign-in?next={next}")
        }
        None => "/sign-in".to_owned(),
    };
    // A stranger leaves no session behind.
    match request.get_session().entries().is_empty() {
        true => Ok(redirect(&to)),
        false => Reader::of(request)?.tell(&to, Notice::SignedOutMeanwhile),
    }
}

/// To a fresh proof; a user who sent a form is told that it did nothing.
fn late(request: &HttpRequest) -> Result<HttpResponse, Refused> {
    let to = to_step_up(request);
    match *request.method() {
        Method::GET | Method::HEAD => Ok(redirect(&to)),
        _ => Reader::of(request)?.tell(&to, Notice::NothingChanged),
    }
}

/// The proof is too old: to a fresh one, and back here afterwards. What was to be changed is asked
/// for again on the page whose form was sent, where it is seen by the user who has just proved
/// themselves: it might have been filled in by an attacker who found the browser open.
fn to_step_up(request: &HttpRequest) -> String {
    let next = leads_back(request).unwrap_or_default();
    let next = parameter(next.as_str());
    format!("/step-up?next={next}")
}

/// The page to which a fresh proof leads back: the one that was asked for, or whose form was sent.
pub fn leads_back(request: &HttpRequest) -> Option<NextPath> {
    if request.method() == Method::GET {
        return NextPath::parse(request.uri().path_and_query()?.as_str());
    }
    let found = request.extensions().get::<NextPath>().cloned();
    found.or_else(|| page_of(request, b""))
}

/// A path or an address as the value of a parameter of another.
pub fn parameter(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// Leads on with a GET, as every POST of a page ends.
pub fn redirect(to: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, to))
        .finish()
}

/// When a try after an outage makes sense again.
const OUTAGE_LASTS: Duration = Duration::from_secs(10);

/// The status of a fault.
pub fn status(fault: Fault) -> StatusCode {
    match fault {
        Fault::Malformed => StatusCode::BAD_REQUEST,
        Fault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Fault::TooLong => StatusCode::URI_TOO_LONG,
        Fault::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Fault::Late => StatusCode::REQUEST_TIMEOUT,
        Fault::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Fault::Unauthenticated => StatusCode::UNAUTHORIZED,
        Fault::Forged | Fault::Denied => StatusCode::FORBIDDEN,
        Fault::Missing => StatusCode::NOT_FOUND,
        Fault::Method => StatusCode::METHOD_NOT_ALLOWED,
        Fault::Stale => StatusCode::CONFLICT,
        Fault::Overtaken => StatusCode::PRECONDITION_FAILED,
        Fault::Unconditional => StatusCode::PRECONDITION_REQUIRED,
        Fault::Contradictory => StatusCode::UNPROCESSABLE_ENTITY,
        Fault::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Fault::Partner => StatusCode::BAD_GATEWAY,
        Fault::Ours => StatusCode::INTERNAL_SERVER_ERROR,
        Fault::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The answer for machines. What lies behind a fault of ours stays in the log.
pub fn for_machines(problem: &Problem) -> HttpResponse {
    let detail = problem
        .detail()
        .filter(|_| !matches!(problem.fault(), Fault::Ours | Fault::Unavailable));
    document(status(problem.code().fault), problem, detail, None)
}

/// The same with 401, where a program that is refused has not said who it is.
pub fn for_machines_unknown(problem: &Problem) -> HttpResponse {
    document(StatusCode::UNAUTHORIZED, problem, problem.detail(), None)
}

/// `application/problem+json` (RFC 9457); `next` is where a person can mend it.
fn document(
    status: StatusCode,
    problem: &Problem,
    detail: Option<&str>,
    next: Option<&str>,
) -> HttpResponse {
    let code = problem.code();
    let mut body = json!({
        "type": format!("urn:keyward:problem:{}", code.name),
        "title": code.meaning,
        "status": status.as_u16(),
        "code": code.name,
    });
    if let Some(detail) = detail {
        body["detail"] = detail.into();
    }
    if let Some(next) = next {
        body["next"] = next.into();
    }
    let mut response = HttpResponse::build(status);
    wait(&mut response, problem);
    ask_for_token(&mut response, code);
    response
        .content_type("application/problem+json")
        .body(body.to_string())
}

/// Says by what a program proves itself, and what is wrong with its token (RFC 6750 §3).
fn ask_for_token(response: &mut actix_web::HttpResponseBuilder, code: Code) {
    let challenge = match code {
        codes::API_TOKEN_REQUIRED => "Bearer realm=\"keyward\"",
        codes::API_TOKEN_REFUSED => "Bearer realm=\"keyward\", error=\"invalid_token\"",
        codes::API_TOKEN_SCOPE => "Bearer realm=\"keyward\", error=\"insufficient_scope\"",
        _ => return,
    };
    response.insert_header((WWW_AUTHENTICATE, challenge));
}

fn wait(response: &mut actix_web::HttpResponseBuilder, problem: &Problem) {
    // An outage of a database is looked at again by the operator, not by each of its callers.
    let outage = (problem.fault() == Fault::Unavailable).then_some(OUTAGE_LASTS);
    if let Some(wait) = problem.wait().or(outage) {
        // Whole seconds, rounded up (RFC 9110 §10.2.3).
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        response.insert_header((RETRY_AFTER, seconds.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::body::to_bytes;

    use super::*;
    use keyward_core::problem::codes;

    async fn body(problem: &Problem) -> serde_json::Value {
        let body = to_bytes(for_machines(problem).into_body()).await;
        serde_json::from_slice(&body.expect("a body")).expect("JSON")
    }

    #[actix_web::test]
    async fn a_problem_is_told_with_its_code_and_its_wait() {
        let problem = Problem::new(codes::SIGN_IN_TOO_MANY)
            .detailed("locked")
            .retry_after(Duration::from_millis(1500));
        let answer = for_machines(&problem);
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers().get("retry-after").expect("a wait"), "2");
        let body = body(&problem).await;
        assert_eq!(body["code"], "sign_in.too_many");
        assert_eq!(body["detail"], "locked");
        assert_eq!(body["status"], 429);
    }

    #[test]
    fn a_session_that_cannot_be_kept_is_told_as_what_it_failed_with() {
        use actix_session::storage::{SaveError, UpdateError};
        use actix_web::error::InternalError;

        fn lost(error: impl std::fmt::Debug + std::fmt::Display + 'static) -> Error {
            let answer = HttpResponse::InternalServerError().finish();
            InternalError::from_response(error, answer).into()
        }
        let busy = || Problem::new(codes::DATABASE_BUSY).detailed("a lock");
        let read = anyhow::Error::from(busy());
        let [saved, updated] = [(); 2].map(|()| anyhow::Error::from(busy()));
        for error in [
            lost(read),
            lost(SaveError::Other(saved)),
            lost(UpdateError::Other(updated)),
        ] {
            assert_eq!(failure(&error).code(), codes::DATABASE_BUSY, "{error:?}");
        }
        let unknown = SaveError::Other(anyhow::anyhow!("something else"));
        assert_eq!(failure(&lost(unknown)).code(), codes::INTERNAL);
    }

    #[actix_web::test]
    async fn what_lies_behind_our_own_faults_is_not_told() {
        let problem = Problem::internal("row 7 of the secret table").detailed("table x");
        assert!(body(&problem).await.get("detail").is_none());
    }
}
