//! `/.well-known/webauthn`: the origins that may use our credentials (WebAuthn L3 §5.11).

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use crate::web::Site;

/// The origins of the settings.
pub async fn list(site: Data<Site>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "origins": site.keyward.relying_party.origins() }))
}
