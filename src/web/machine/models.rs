//! `/models/…`

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use uuid::Uuid;

use crate::web::Site;
use crate::web::answer::Answer;
use keyward_actions::metadata;
use keyward_core::problem::codes;

/// The picture of an authenticator model. It comes from signed metadata, was seen to be a PNG, and
/// is of our own origin: pages need no other.
pub async fn icon(site: Data<Site>, path: Path<Uuid>) -> Answer {
    let picture = metadata::model_icon(&site.app, *path).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .content_type("image/png")
        .body(picture.ok_or(codes::REQUEST_NOT_FOUND)?))
}
