//! `/.well-known/…`: what browsers and password managers look for by themselves.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use serde_json::json;

use crate::web::Site;

/// The origins that may use our credentials (WebAuthn L3 §5.11).
pub async fn related_origins(site: Data<Site>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "origins": site.app.relying_party().origins() }))
}

/// Where passkeys are added and managed (W3C, A Well-Known URL for Relying Party Passkey
/// Endpoints).
pub async fn passkey_endpoints(site: Data<Site>) -> HttpResponse {
    let origin = site.app.settings().server.origin();
    HttpResponse::Ok().json(json!({
        "enroll": format!("{origin}/account/devices/add/passkey"),
        "manage": format!("{origin}/account/devices"),
    }))
}

/// Where a password is changed (W3C, A Well-Known URL for Changing Passwords).
pub async fn change_password() -> HttpResponse {
    HttpResponse::Found()
        .insert_header((LOCATION, "/account/password"))
        .finish()
}
