//! Which scripts of other origins may read an answer (Fetch §3.2). No answer here is made for a cookie, so
//! that none is allowed to bring one.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};

use crate::web::Site;
use crate::web::answer::Refused;
use keyward_actions::openid;

/// Middleware: what everybody may read anyway.
///
/// # Errors
/// What handlers below fail with.
pub async fn everybody<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let any = HeaderValue::from_static("*");
    answer(request, next, Some(any)).await
}

/// Middleware: scripts at the origins of public clients, which have no server that could ask for them.
///
/// # Errors
/// What handlers below fail with.
pub async fn clients<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let origin = request.headers().get(ORIGIN).cloned();
    let allowed = match (origin, request.app_data::<Data<Site>>()) {
        (Some(origin), Some(site)) => {
            let text = origin.to_str().unwrap_or_default().to_owned();
            let is_clients = openid::is_origin_of_client(&site.app, &text).await;
            let is_clients = is_clients.map_err(|problem| Error::from(Refused::from(problem)))?;
            Some(origin).filter(|_| is_clients)
        }
        _ => None,
    };
    answer(request, next, allowed).await
}

async fn answer<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
    allowed: Option<HeaderValue>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if request.method() == Method::OPTIONS {
        let mut answer = HttpResponse::NoContent().finish();
        let headers = answer.headers_mut();
        if allowed.is_some() {
            let say = |headers: &mut HeaderMap, name, value| {
                headers.insert(name, HeaderValue::from_static(value));
            };
            say(headers, ACCESS_CONTROL_ALLOW_METHODS, "GET, POST");
            say(
                headers,
                ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization, content-type",
            );
            say(headers, ACCESS_CONTROL_MAX_AGE, "600");
        }
        allow(headers, allowed);
        return Ok(request.into_response(answer).map_into_right_body());
    }
    let mut response = next.call(request).await?.map_into_left_body();
    allow(response.headers_mut(), allowed);
    Ok(response)
}

fn allow(headers: &mut HeaderMap, allowed: Option<HeaderValue>) {
    headers.append(VARY, HeaderValue::from_static("origin"));
    if let Some(allowed) = allowed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    }
}
