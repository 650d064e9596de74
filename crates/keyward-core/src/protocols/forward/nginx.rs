//! nginx: `auth_request` (ngx_http_auth_request_module). It takes 2xx, 401 and 403, and answers 500 to
//! the client for anything else. It hands on no body and no status of ours; its settings take the
//! `Location` of a 401 and make a redirect of it.

use super::{ForwardedRequest, Headers, Leading, Unreadable, original};

pub(super) const LEADING: Leading = Leading::Status401;

pub(super) fn read(headers: &impl Headers) -> Result<ForwardedRequest<'_>, Unreadable> {
    original(headers)
}
