//! Envoy: the filter `ext_authz` with an HTTP service. It asks with the client's own method, host and
//! path, the path after a prefix, and hands an answer that is not 200 to the client.

use super::{FORWARDED_PROTO, ForwardedRequest, Headers, Leading, Unreadable, http_scheme, one};

pub(super) const LEADING: Leading = Leading::Redirect;

pub(super) fn read<'a>(
    headers: &'a impl Headers,
    own: ForwardedRequest<'a>,
) -> Result<ForwardedRequest<'a>, Unreadable> {
    let scheme = http_scheme(one(headers, FORWARDED_PROTO)?);
    Ok(ForwardedRequest {
        scheme: scheme.ok_or(Unreadable::Malformed(FORWARDED_PROTO))?,
        ..own
    })
}
