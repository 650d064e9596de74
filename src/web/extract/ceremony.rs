//! The cookie that binds passwordless challenges to the browser that asked for them.
//!
//! It holds 32 random bytes and stands for nothing else: no row belongs to it, so that strangers
//! fill no table. Tabs share it, and each has challenges of its own.

use std::future::{Ready, ready};

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::permits::site;
use crate::web::Site;
use crate::web::answer::Refused;
use keyward_actions::sign_in;
use keyward_core::problem::Problem;
use keyward_core::secret::Token;

fn name(site: &Site) -> &str {
    &site.app.settings().cookies.ceremony
}

/// What binds a passwordless ceremony to its browser; `None` where it never began one, or too
/// long ago.
pub struct CeremonyCookie(pub Option<Token>);

impl CeremonyCookie {
    /// The cookie for this browser. It goes with its last challenge.
    pub fn of(site: &Site, token: &Token) -> Cookie<'static> {
        let lasting = time::Duration::try_from(sign_in::challenges_last(&site.app));
        Cookie::build(name(site).to_owned(), token.expose().as_str().to_owned())
            .path("/")
            .http_only(true)
            // No other site has a reason to make a browser answer a challenge of ours.
            .same_site(SameSite::Strict)
            .secure(site.app.settings().server.is_https())
            .max_age(lasting.unwrap_or(time::Duration::MINUTE))
            .finish()
    }
}

impl FromRequest for CeremonyCookie {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = || {
            let cookie = request.cookie(name(site(request)?));
            Ok::<_, Problem>(Self(cookie.and_then(|cookie| Token::parse(cookie.value()))))
        };
        ready(read().map_err(Refused::from))
    }
}
