//! `/metrics`

use actix_http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use actix_http::{Request, Response};
use actix_web::body::BoxBody;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};

use crate::web::Site;
use crate::web::answer::Answer;
use keyward_actions::{App, metrics};
use keyward_core::problem::codes;

/// The text format of Prometheus.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The numbers where people are, for the operator who has the token. Without one in the settings there is
/// nothing here.
pub async fn show(site: Data<Site>, request: HttpRequest) -> Answer {
    if site.app.settings().metrics.token.is_none() {
        return Err(codes::REQUEST_NOT_FOUND.into());
    }
    if !metrics::may_read(&site.app, bearer(request.headers()), false) {
        return Ok(HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, "Bearer"))
            .finish());
    }
    let text = metrics::text(&site.app).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, FORMAT))
        .body(text))
}

/// The answer on an address of their own, where nothing else is.
pub async fn answer(app: &App, request: &Request) -> Response<BoxBody> {
    let refused = |status| Response::new(status);
    if request.path() != "/metrics" {
        return refused(StatusCode::NOT_FOUND);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return refused_method();
    }
    if !metrics::may_read(app, bearer(request.headers()), true) {
        let mut answer = refused(StatusCode::UNAUTHORIZED);
        answer.headers_mut().insert(
            WWW_AUTHENTICATE,
            actix_http::header::HeaderValue::from_static("Bearer"),
        );
        return answer;
    }
    match metrics::text(app).await {
        Ok(text) => Response::build(StatusCode::OK)
            .insert_header((CONTENT_TYPE, FORMAT))
            .body(text)
            .map_into_boxed_body(),
        Err(problem) => {
            tracing::error!(error = ?problem, "metrics failed: {problem}");
            refused(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// The answer to another method than the two that read.
fn refused_method() -> Response<BoxBody> {
    let mut answer = Response::new(StatusCode::METHOD_NOT_ALLOWED);
    let reads = actix_http::header::HeaderValue::from_static("GET, HEAD");
    answer.headers_mut().insert(ALLOW, reads);
    answer
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
