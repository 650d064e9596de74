//! The cookie in which a browser keeps what it was sent to other OpenID providers for.
//!
//! It is sealed, so that a browser neither reads nor makes one, and bound to this host where the scheme
//! allows that: a neighbouring subdomain must not plant its own (login CSRF).

use std::future::{Ready, ready};

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::permits::site;
use crate::web::Site;
use crate::web::answer::Refused;
use keyward_core::flows::upstream::LASTS;
use keyward_core::problem::Problem;

fn name(site: &Site) -> &str {
    &site.app.settings().cookies.upstream
}

/// What a browser keeps, sealed; `None` where it keeps nothing that can be read.
pub struct UpstreamCookie(pub Option<Vec<u8>>);

impl UpstreamCookie {
    /// The cookie for this browser.
    pub fn of(site: &Site, kept: &[u8]) -> Cookie<'static> {
        let lasting = time::Duration::try_from(LASTS);
        Self::with(site, URL_SAFE_NO_PAD.encode(kept))
            .max_age(lasting.unwrap_or(time::Duration::MINUTE))
            .finish()
    }

    /// What takes the cookie away.
    pub fn gone(site: &Site) -> Cookie<'static> {
        Self::with(site, String::new())
            .max_age(time::Duration::ZERO)
            .finish()
    }

    fn with(site: &Site, value: String) -> actix_web::cookie::CookieBuilder<'static> {
        Cookie::build(name(site).to_owned(), value)
            .path("/")
            .http_only(true)
            // The provider leads back here from its own site.
            .same_site(SameSite::Lax)
            .secure(site.app.settings().server.is_https())
    }
}

impl FromRequest for UpstreamCookie {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = || {
            let cookie = request.cookie(name(site(request)?));
            let kept = cookie.and_then(|cookie| URL_SAFE_NO_PAD.decode(cookie.value()).ok());
            Ok::<_, Problem>(Self(kept))
        };
        ready(read().map_err(Refused::from))
    }
}
