//! Counts answers, by route and never by address.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::Site;

/// Counts the answer to a request, and how long it took.
///
/// # Errors
/// The handler's.
pub async fn answers<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let started = Instant::now();
    let site = request.app_data::<Data<Site>>().cloned();
    let method = known(request.method());
    let route = request.match_pattern().unwrap_or_else(|| "none".to_owned());
    let answer = next.call(request).await;
    let status = match &answer {
        Ok(answer) => answer.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    if let Some(site) = site {
        let metrics = site.app.metrics();
        metrics.answered(method, route, status.as_u16(), started.elapsed());
    }
    answer
}

/// The method's name; a stranger may call theirs anything.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
