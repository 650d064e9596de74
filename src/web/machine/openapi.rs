//! `/api/v1/openapi.json`

use actix_web::HttpResponse;

use crate::web::openapi;

/// The description of the addresses for machines.
pub async fn document() -> HttpResponse {
    HttpResponse::Ok().json(openapi::document())
}
