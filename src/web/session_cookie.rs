//! The cookie of a browser's session, as other programs and proxies bring it to us.

use actix_web::cookie::{Cookie, CookieJar};

use super::Site;
use keyward_actions::browser_session;
use keyward_core::problem::Result;
use keyward_core::secret::Token;

/// The identifier of the session of this cookie, which is given alone or in a whole `Cookie` header;
/// `None` where no user is signed in by it.
///
/// # Errors
/// The store's.
pub async fn identifier(site: &Site, written: &str) -> Result<Option<Token>> {
    let name = site.app.settings().cookies.session.as_str();
    let key = match written.contains('=') && !is_value(written) {
        true => written
            .split(';')
            .filter_map(|cookie| Cookie::parse_encoded(cookie.trim().to_owned()).ok())
            .find(|cookie| cookie.name() == name)
            .and_then(|cookie| opened(site, cookie)),
        false => key_in(site, written),
    };
    match key {
        Some(key) => browser_session::identifier_of(&site.app, &key).await,
        None => Ok(None),
    }
}

/// The key of the browser's session in a cookie's value as it was sent; `None` where we have not
/// encrypted it.
pub fn key_in(site: &Site, value: &str) -> Option<String> {
    let name = &site.app.settings().cookies.session;
    let cookie = Cookie::parse_encoded(format!("{name}={value}")).ok()?;
    opened(site, cookie)
}

fn opened(site: &Site, cookie: Cookie<'static>) -> Option<String> {
    let name = cookie.name().to_owned();
    let mut jar = CookieJar::new();
    jar.add_original(cookie);
    let opened = jar.private(&site.cookie_key).get(&name)?;
    Some(opened.value().to_owned())
}

/// Whether this is a value alone: base64, whose padding is `=` too.
fn is_value(written: &str) -> bool {
    let bare = written.trim_end_matches('=');
    !bare.contains('=') && bare.len() + 2 >= written.len() && !bare.contains(';')
}
