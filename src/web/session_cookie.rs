//! The cookie of a browser's session, as other programs bring it to us.

use actix_web::cookie::{Cookie, CookieJar, Key};

use keyward_actions::{App, browser_session};
use keyward_core::problem::Result;
use keyward_core::secret::Token;

/// The identifier of the session of this cookie, which is given alone or in a whole `Cookie` header;
/// `None` where no user is signed in by it.
///
/// # Errors
/// The store's.
pub async fn identifier(app: &App, written: &str) -> Result<Option<Token>> {
    let name = app.settings().cookies.session.as_str();
    let sealed = match written.contains('=') && !is_value(written) {
        true => written
            .split(';')
            .filter_map(|cookie| Cookie::parse_encoded(cookie.trim().to_owned()).ok())
            .find(|cookie| cookie.name() == name)
            .map(|cookie| cookie.value().to_owned()),
        false => Cookie::parse_encoded(format!("{name}={written}"))
            .map(|cookie| cookie.value().to_owned())
            .ok(),
    };
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    let mut jar = CookieJar::new();
    jar.add_original(Cookie::new(name.to_owned(), sealed));
    let key = Key::from(browser_session::cookie_key(app).as_slice());
    let Some(opened) = jar.private(&key).get(name) else {
        return Ok(None);
    };
    browser_session::identifier_of(app, opened.value()).await
}

/// Whether this is a value alone: base64, whose padding is `=` too.
fn is_value(written: &str) -> bool {
    let bare = written.trim_end_matches('=');
    !bare.contains('=') && bare.len() + 2 >= written.len() && !bare.contains(';')
}
