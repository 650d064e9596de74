//! `/health`

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use crate::web::Site;
use crate::web::answer::{Answer, for_machines};
use keyward_actions::readiness;

/// The process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "live" }))
}

/// The database answers, its schema is the one that this program needs, and a row can be written.
pub async fn ready(site: Data<Site>) -> Answer {
    match readiness::is_ready(&site.app).await {
        Ok(()) => Ok(HttpResponse::Ok().json(json!({ "status": "ready" }))),
        Err(problem) => {
            tracing::error!(error = ?problem, "not ready: {problem}");
            let mut response = for_machines(&problem);
            *response.status_mut() = actix_web::http::StatusCode::SERVICE_UNAVAILABLE;
            Ok(response)
        }
    }
}
