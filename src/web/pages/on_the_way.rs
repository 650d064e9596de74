//! Where a user was going who has to add a device first: a cookie remembers it for an hour, so that the
//! page of their devices can say how to go on.

use actix_web::cookie::time;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::web::Site;
use crate::web::application_cookie;
use keyward_actions::openid;
use keyward_core::flows::next_path::NextPath;
use keyward_core::problem::Problem;
use keyward_core::protocols::oauth::Parameters;

/// The longest way that is remembered, as it is written in the cookie, in bytes.
const LONGEST_WAY: usize = 3072;

/// Whether the way leads to an OpenID client that asks for a key of attested hardware.
pub async fn leads_to_hardware(site: &Site, request: &HttpRequest) -> Result<bool, Problem> {
    let way = remembered(site, request);
    let Some((next, _)) = way.and_then(|(_, to)| client_there(&to)) else {
        return Ok(false);
    };
    let query = next.as_str().split_once('?');
    let query = query.map_or("", |(_, query)| query);
    match Parameters::read(query.as_bytes()) {
        Ok(parameters) => openid::asks_for_hardware(&site.app, &parameters).await,
        Err(_) => Ok(false),
    }
}

/// Remembers a method and an address, or a method and a path of ours that leads on to a client.
pub(super) fn remember(site: &Site, answer: &mut HttpResponse, way: &str) -> Result<(), Problem> {
    // No character of it is one that cookies or their readers change.
    let value = URL_SAFE_NO_PAD.encode(way);
    if value.len() > LONGEST_WAY {
        return Ok(());
    }
    let cookie = application_cookie::build(site, cookie_name(site), value);
    let cookie = cookie.max_age(time::Duration::hours(1)).finish();
    application_cookie::add(answer, &cookie)
}

/// Forgets it: the user is led on.
pub(super) fn forget(
    site: &Site,
    request: &HttpRequest,
    answer: &mut HttpResponse,
) -> Result<(), Problem> {
    let name = cookie_name(site);
    if request.cookie(name).is_none() {
        return Ok(());
    }
    let past = application_cookie::build(site, name, String::new());
    application_cookie::add(answer, &past.max_age(time::Duration::ZERO).finish())
}

fn cookie_name(site: &Site) -> &str {
    &site.app.settings().cookies.on_the_way
}

/// The method and the address that a browser brings. What it says is looked at as any address is that a
/// user asks for.
pub(super) fn remembered(site: &Site, request: &HttpRequest) -> Option<(String, String)> {
    let cookie = request.cookie(cookie_name(site))?;
    let way = URL_SAFE_NO_PAD.decode(cookie.value()).ok()?;
    let (method, to) = std::str::from_utf8(&way).ok()?.split_once(' ')?;
    Some((method.to_owned(), to.to_owned()))
}

/// A path of ours that leads on to a client, and what that calls itself.
pub(super) fn client_there(to: &str) -> Option<(NextPath, String)> {
    let next = NextPath::parse(to)?;
    let client_id = next.client_id()?;
    Some((next, client_id))
}
