//! Apache's HTTP server: the `LuaHookAccessChecker` of the documentation, which writes the headers of
//! this file and makes a redirect of a 401 with a `Location`.

use super::{ForwardedRequest, Headers, Leading, Unreadable, original};

pub(super) const LEADING: Leading = Leading::Status401;

pub(super) fn read(headers: &impl Headers) -> Result<ForwardedRequest<'_>, Unreadable> {
    original(headers)
}
