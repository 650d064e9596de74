//! How long a request's line and headers may be, before anything looks at them.
//!
//! The framework takes 128 KiB. Which handler an address belongs to is found out by patterns, each of
//! which reads it to its end, and cookies, languages and kinds of answers are lists that are read
//! whole: what is longer than any browser's costs some milliseconds of an async thread.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use super::answer;
use keyward_core::problem::{Result, codes};

/// The longest address, path and query together, in bytes.
const LONGEST_ADDRESS: usize = 8 * 1024;
/// The most that all headers may have together, in bytes. Cookies of neighbours count too.
const LONGEST_HEADERS: usize = 16 * 1024;

/// Middleware: refuses heads that are longer than any honest one. It stands outside of everything that
/// reads them.
///
/// # Errors
/// What handlers and middleware below fail with.
pub async fn bounded(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> std::result::Result<ServiceResponse<BoxBody>, Error> {
    match judge(&request) {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(problem) => {
            let answer = answer::refuse_head(request.request(), &problem);
            Ok(request.into_response(answer))
        }
    }
}

fn judge(request: &ServiceRequest) -> Result<()> {
    let address = request.uri().path_and_query();
    if address.is_some_and(|address| address.as_str().len() > LONGEST_ADDRESS) {
        return Err(codes::REQUEST_ADDRESS_TOO_LONG.into());
    }
    let headers = request.headers().iter();
    let length: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    match length > LONGEST_HEADERS {
        true => Err(codes::REQUEST_HEADERS_TOO_LARGE.into()),
        false => Ok(()),
    }
}
