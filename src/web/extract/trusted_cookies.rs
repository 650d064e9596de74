//! The cookies of trusted browsers: one for each user of the browser.

use std::future::{Ready, ready};

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::permits::site;
use crate::web::Site;
use crate::web::answer::Refused;
use keyward_actions::trusted_browser::{self, Trusted};
use keyward_core::factors::trusted_browser::BrowserKey;
use keyward_settings::CookieSameSite;

/// How many cookies are looked at: more people do not share one browser, and each costs a look into
/// the database.
const MOST: usize = 8;

/// The keys in a request's cookies, as far as we have signed them.
pub struct TrustedCookies(pub Vec<BrowserKey>);

impl FromRequest for TrustedCookies {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = || {
            let site = site(request)?;
            let beginning = beginning(site);
            let Ok(cookies) = request.cookies() else {
                return Ok(Self(Vec::new()));
            };
            let ours = cookies
                .iter()
                .filter(|cookie| cookie.name().starts_with(&beginning));
            let keys =
                ours.filter_map(|cookie| trusted_browser::read_key(&site.app, cookie.value()));
            Ok(Self(keys.take(MOST).collect()))
        };
        ready(read())
    }
}

/// The cookie that a browser keeps.
pub fn cookie(site: &Site, trusted: &Trusted) -> Cookie<'static> {
    let settings = &site.app.settings().trusted_browser;
    let mark = trusted_browser::mark(&site.app, trusted.user_id);
    let lasts = trusted.expires_at.since(site.app.now()).as_secs();
    let name = format!("{}{mark}", beginning(site));
    let mut cookie = Cookie::build(name, trusted.cookie.to_string())
        .path(settings.path.clone())
        .http_only(true)
        .secure(site.app.settings().server.is_https())
        .same_site(match settings.same_site {
            CookieSameSite::Strict => SameSite::Strict,
            CookieSameSite::Lax => SameSite::Lax,
            CookieSameSite::None => SameSite::None,
        })
        .max_age(time::Duration::seconds(
            i64::try_from(lasts).unwrap_or(i64::MAX),
        ))
        .finish();
    if let Some(domain) = &settings.domain {
        cookie.set_domain(domain.clone());
    }
    cookie
}

/// What the names begin with. `__Host-` keeps neighbouring subdomains from setting one
/// (RFC 6265bis §4.1.3.2), where neither domain nor path is another than browsers want for it.
fn beginning(site: &Site) -> String {
    let settings = &site.app.settings();
    let trusted = &settings.trusted_browser;
    let bound = match settings.server.is_https() {
        false => "",
        true if trusted.domain.is_none() && trusted.path == "/" => "__Host-",
        true => "__Secure-",
    };
    format!("{bound}{}", trusted.prefix)
}
