//! The one way by which a body gets to a handler: whole, bounded and in time.
//!
//! A handler that waits for a body holds what it has taken meanwhile, and a client that sends half
//! of one keeps it waiting for as long as they like. Here every body is read before anything else
//! is done for it, and what a handler sees is there already.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{Error, HttpMessage, rt};
use futures_util::{StreamExt, stream};

use super::Site;
use super::answer::{FOR_SCRIPTS, Refused};
use super::connections::{AddressCounter, Place};
use super::extract::client;
use keyward_core::problem::{Problem, Result, codes};

/// The largest body that any address takes, in bytes. An attestation with its certificates has
/// about ten thousand.
pub const LONGEST: usize = 64 * 1024;

/// What bodies may cost.
#[derive(Debug)]
pub struct Bodies {
    /// How long one may take to arrive.
    within: Duration,
    /// Who has requests under way.
    requests: Arc<AddressCounter>,
}

impl Bodies {
    /// Bodies that arrive within this time, of so many requests at once from one address.
    pub fn new(within: Duration, at_once: usize) -> Self {
        Self {
            within,
            requests: AddressCounter::new("requests", at_once),
        }
    }

    /// A place for a request that this address has under way.
    ///
    /// # Errors
    /// `request.too_many`
    pub fn admit(&self, address: IpAddr) -> Result<Place> {
        let place = self.requests.enter(address);
        place.ok_or_else(|| {
            Problem::new(codes::REQUEST_TOO_MANY).retry_after(Duration::from_secs(1))
        })
    }

    /// The whole of a body of at most `longest` bytes.
    ///
    /// # Errors
    /// `request.too_large`, `request.late`, `request.malformed` where it breaks off.
    pub async fn whole(&self, payload: Payload, longest: usize) -> Result<Bytes> {
        let whole = rt::time::timeout(self.within, collect(payload, longest));
        whole
            .await
            .unwrap_or_else(|_| Err(codes::REQUEST_LATE.into()))
    }
}

async fn collect(mut payload: Payload, longest: usize) -> Result<Bytes> {
    let mut body = BytesMut::new();
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(broken)?;
        if body.len() + piece.len() > longest {
            return Err(codes::REQUEST_TOO_LARGE.into());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

fn broken(error: PayloadError) -> Problem {
    Problem::new(codes::REQUEST_MALFORMED).detailed(error.to_string())
}

/// Middleware: reads the body, and refuses what is too much, too slow or of the wrong kind.
///
/// # Errors
/// What handlers and middleware below fail with.
pub async fn arrive(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match admit(&mut request).await {
        Ok(_place) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(problem) => Ok(request.error_response(Refused::from(problem))),
    }
}

async fn admit(request: &mut ServiceRequest) -> Result<Place> {
    let site = request.app_data::<Data<Site>>().cloned();
    let site = site.ok_or(codes::INTERNAL)?;
    let place = site.bodies.admit(client::address_of(request.request()))?;
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return Ok(place);
    }
    refuse_unread(request.headers(), LONGEST)?;
    let body = site.bodies.whole(payload, LONGEST).await?;
    if request.path().starts_with(FOR_SCRIPTS) && !body.is_empty() && !is_json(request.headers()) {
        return Err(codes::REQUEST_MEDIA_TYPE.into());
    }
    request.set_payload(Payload::Stream {
        payload: Box::pin(stream::iter([Ok(body)])),
    });
    Ok(place)
}

/// What need not be read to be refused.
fn refuse_unread(headers: &HeaderMap, longest: usize) -> Result<()> {
    // What is compressed may be a thousand times as large as it looks, and no browser's form is.
    let plain = |coding: &str| coding.trim().eq_ignore_ascii_case("identity");
    let is_plain = headers
        .get_all(CONTENT_ENCODING)
        .all(|value| value.to_str().is_ok_and(plain));
    if !is_plain {
        return Err(codes::REQUEST_ENCODING.into());
    }
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match length {
        Some(length) if length > longest as u64 => Err(codes::REQUEST_TOO_LARGE.into()),
        _ => Ok(()),
    }
}

/// Whether a body is JSON. A form of another site can be of any type but this one.
pub fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}
