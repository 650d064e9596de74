//! WebAuthn ceremonies: JSON in and out, for the scripts of our own pages.

pub mod activation;
pub mod authentication;
pub mod desk;
pub mod registration;
pub mod step_up;
pub mod touch;

use actix_web::HttpResponse;
use serde_json::json;

/// Tells the script where to go.
fn lead_to(next: &str) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "next": next }))
}
