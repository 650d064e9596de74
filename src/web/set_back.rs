//! Looks at the clock before a request is answered.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::Site;
use super::answer::Refused;
use keyward_actions::set_back;

/// Middleware: where the clock was set back, what was over before ends for good, before anybody can
/// use it.
///
/// # Errors
/// What handlers and middleware below fail with.
pub async fn notice(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Some(site) = request.app_data::<Data<Site>>().cloned()
        && let Err(problem) = set_back::notice(&site.app).await
    {
        return Ok(request.error_response(Refused::from(problem)));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
