//! The endpoints of the OpenID provider that programs call: without a session, without a cookie, and with
//! errors in the words of OAuth.

mod cross_origin;
mod discovery;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Bytes, Data, ServiceConfig, post};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;

use crate::web::Site;
use crate::web::answer::{log, status};
use crate::web::client_certificate;
use crate::web::extract::client;
use crate::web::routes::get;
use keyward_actions::openid::{self, Answered, ClientCall, Failure};
use keyward_core::problem::{Fault, Problem};
use keyward_core::protocols::oauth::{OauthError, Parameters, Refusal};

/// Adds the addresses.
pub fn configure(app: &mut ServiceConfig) {
    for address in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ] {
        let resource = web::resource(address).wrap(from_fn(cross_origin::everybody));
        app.service(resource.route(get().to(discovery::show)));
    }
    let browsers = |address: &str| web::resource(address).wrap(from_fn(cross_origin::clients));
    app.service(browsers("/oauth2/token").route(post().to(token)))
        .service(
            browsers("/oauth2/userinfo")
                .route(get().to(userinfo))
                .route(post().to(userinfo)),
        )
        .service(browsers("/oauth2/revoke").route(post().to(revoke)))
        .service(web::resource("/oauth2/introspect").route(post().to(introspect)))
        .service(web::resource("/oauth2/device").route(post().to(device)))
        .service(web::resource("/oauth2/par").route(post().to(push)));
}

async fn token(site: Data<Site>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let answer = async |call: &ClientCall<'_>| openid::token(&site.app, call).await;
    answered(&request, &body, answer).await
}

async fn introspect(site: Data<Site>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let answer = async |call: &ClientCall<'_>| openid::introspect(&site.app, call).await;
    answered(&request, &body, answer).await
}

async fn device(site: Data<Site>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let answer = async |call: &ClientCall<'_>| openid::begin_device(&site.app, call).await;
    answered(&request, &body, answer).await
}

async fn push(site: Data<Site>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let called = called(&request, &body, async |call| {
        openid::push(&site.app, call).await
    });
    match called.await {
        Ok(pushed) => HttpResponse::Created()
            .insert_header((CACHE_CONTROL, "no-store"))
            .json(pushed),
        Err(failure) => failed(&request, &failure),
    }
}

async fn revoke(site: Data<Site>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let called = called(&request, &body, async |call| {
        openid::revoke(&site.app, call).await
    });
    match called.await {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(failure) => failed(&request, &failure),
    }
}

/// The answer to a call of a client, which is about it alone.
async fn answered<T: Serialize>(
    request: &HttpRequest,
    body: &[u8],
    answer: impl AsyncFnOnce(&ClientCall<'_>) -> Answered<T>,
) -> HttpResponse {
    match called(request, body, answer).await {
        Ok(body) => told(body),
        Err(failure) => failed(request, &failure),
    }
}

/// A call of a client, read.
async fn called<T>(
    request: &HttpRequest,
    body: &[u8],
    answer: impl AsyncFnOnce(&ClientCall<'_>) -> Answered<T>,
) -> Answered<T> {
    let parameters = form(request, body)?;
    let from = client::of(request);
    let call = ClientCall {
        parameters: &parameters,
        authorization: authorization(request)?,
        certificate: client_certificate::of(request),
        from: &from,
    };
    answer(&call).await
}

/// The fields of a body.
fn form(request: &HttpRequest, body: &[u8]) -> Result<Parameters, Refusal> {
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    match kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        true => Parameters::read(body),
        false => Err(Refusal::request(
            "the body must be application/x-www-form-urlencoded",
        )),
    }
}

/// The one `Authorization` header.
fn authorization(request: &HttpRequest) -> Result<Option<&str>, Refusal> {
    let mut lines = request.headers().get_all(AUTHORIZATION);
    let unread = || Refusal::request("the Authorization header cannot be read");
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some(line), None) => line.to_str().map(Some).map_err(|_| unread()),
        (Some(_), Some(_)) => Err(unread()),
    }
}

async fn userinfo(site: Data<Site>, request: HttpRequest, body: Bytes) -> HttpResponse {
    match bearer(&request, &body) {
        Ok(Some(token)) => match openid::userinfo(&site.app, &token).await {
            Ok(claims) => told(claims),
            Err(failure) => refused_token(&failure),
        },
        // Nothing is said to be wrong where nothing was shown (RFC 6750 §3.1).
        Ok(None) => HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, "Bearer realm=\"keyward\""))
            .finish(),
        Err(refusal) => refused_token(&refusal.into()),
    }
}

/// The access token of a request: in its header, or in its body (RFC 6750 §2.1, §2.2). In the address,
/// where logs and referrers have it, it is not looked for (RFC 9700 §4.3.2).
fn bearer(request: &HttpRequest, body: &[u8]) -> Result<Option<String>, Refusal> {
    let header = authorization(request)?;
    let form = match body.is_empty() {
        true => Parameters::default(),
        false => form(request, body)?,
    };
    let sent = form.get("access_token")?;
    match (header, sent) {
        (Some(_), Some(_)) => Err(Refusal::request("the token stands there twice")),
        (None, sent) => Ok(sent.map(str::to_owned)),
        (Some(header), None) => match header.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Ok(Some(token.trim().to_owned()))
            }
            Some(_) | None => Ok(None),
        },
    }
}

fn refused_token(failure: &Failure) -> HttpResponse {
    let Failure::Refused(refusal) = failure else {
        return unanswered(failure);
    };
    let status = match refusal.error {
        OauthError::InvalidToken => StatusCode::UNAUTHORIZED,
        OauthError::InsufficientScope => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    let challenge = format!(
        "Bearer realm=\"keyward\", error=\"{}\", error_description=\"{}\"",
        refusal.error.as_str(),
        refusal.description
    );
    HttpResponse::build(status)
        .insert_header((WWW_AUTHENTICATE, challenge))
        .json(said(refusal))
}

/// An answer that no cache keeps (RFC 6749 §5.1).
fn told(body: impl Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"))
        .json(body)
}

fn said(refusal: &Refusal) -> serde_json::Value {
    json!({
        "error": refusal.error.as_str(),
        "error_description": refusal.description,
    })
}

fn failed(request: &HttpRequest, failure: &Failure) -> HttpResponse {
    let Failure::Refused(refusal) = failure else {
        return unanswered(failure);
    };
    let is_unknown = refusal.error == OauthError::InvalidClient;
    let mut answer = match is_unknown {
        true => HttpResponse::Unauthorized(),
        false => HttpResponse::BadRequest(),
    };
    // RFC 6749 §5.2: where it came with the header.
    if is_unknown && request.headers().contains_key(AUTHORIZATION) {
        answer.insert_header((WWW_AUTHENTICATE, "Basic realm=\"keyward\""));
    }
    answer
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(said(refusal))
}

/// What is no client's doing, or too much of it.
fn unanswered(failure: &Failure) -> HttpResponse {
    let Failure::Problem(problem) = failure else {
        return HttpResponse::BadRequest().finish();
    };
    log(problem);
    let mut answer = HttpResponse::build(status(problem.fault()));
    if let Some(wait) = problem.wait() {
        answer.insert_header((
            RETRY_AFTER,
            wait.as_millis().div_ceil(1000).max(1).to_string(),
        ));
    }
    answer.json(json!({
        "error": word_of(problem).as_str(),
        "error_description": problem.code().name,
    }))
}

fn word_of(problem: &Problem) -> OauthError {
    match problem.fault() {
        Fault::TooMany | Fault::Unavailable => OauthError::TemporarilyUnavailable,
        Fault::Ours | Fault::Partner => OauthError::ServerError,
        _ => OauthError::InvalidRequest,
    }
}
