//! One span a request in the log. It names the route and never the address as it was typed:
//! one-time links and `next` parameters stand there.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::web::Data;
use tracing::{Span, field};
use tracing_actix_web::RootSpanBuilder;

use super::Site;
use super::extract::client;

/// Builds the span; for `TracingLogger::<RequestSpan>::new()`.
#[derive(Clone, Copy, Debug)]
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let site = request.app_data::<Data<Site>>();
        let is_told = site.is_none_or(|site| site.app.settings().log.health);
        if !is_told && request.path().starts_with("/health/") {
            return Span::none();
        }
        tracing::info_span!(
            "request",
            method = %request.method(),
            route = request.match_pattern().unwrap_or_default(),
            address = %client::address_of(request.request()),
            status = field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        if span.is_none() && !status.is_server_error() {
            return;
        }
        span.record("status", status.as_u16());
        let _entered = span.enter();
        if status.is_server_error() {
            tracing::error!("failed");
        } else {
            tracing::info!("answered");
        }
    }
}
