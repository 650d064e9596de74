//! `/oauth2/jwks`: the keys by which tokens of ours are verified.

use actix_web::HttpResponse;
use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use actix_web::web::Data;

use crate::web::Site;
use crate::web::answer::Answer;
use keyward_actions::openid_key;

/// How long a reader may keep it, in seconds. The next key is published a day before it signs, so that only
/// a rotation in need comes as a surprise.
const KEPT: &str = "public, max-age=300";

/// The public keys (RFC 7517 §5). Every page may read them: they are no secret, and no cookie is looked at.
pub async fn show(site: Data<Site>) -> Answer {
    let keys = openid_key::published(&site.app).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, KEPT))
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .content_type("application/jwk-set+json")
        .body(keys.to_json().to_string()))
}
