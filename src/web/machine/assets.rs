//! `/assets/…`

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use crate::problem::codes;
use crate::views::assets;
use crate::web::answer::Answer;

/// A style sheet, a script or a drawing.
pub async fn send(request: HttpRequest, path: Path<String>) -> Answer {
    let asset = assets::find(&path).ok_or(codes::REQUEST_NOT_FOUND)?;
    let keep = if asset.is_immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let known = request.headers().get(IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == asset.etag.as_bytes()) {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, asset.etag))
            .insert_header((CACHE_CONTROL, keep))
            .finish());
    }
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, asset.etag))
        .insert_header((CACHE_CONTROL, keep))
        .content_type(asset.content_type)
        .body(asset.bytes.into_owned()))
}
