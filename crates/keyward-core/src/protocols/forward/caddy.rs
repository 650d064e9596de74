//! Caddy: `forward_auth`, which is its reverse proxy with the request's method and path in headers. What
//! is not 2xx goes to the client as we answer it.

use super::{ForwardedRequest, Headers, Leading, Unreadable, forwarded};

pub(super) const LEADING: Leading = Leading::Redirect;

pub(super) fn read(headers: &impl Headers) -> Result<ForwardedRequest<'_>, Unreadable> {
    forwarded(headers)
}
