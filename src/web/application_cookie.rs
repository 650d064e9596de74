//! The cookie by which the applications under `session.cookie_domain` know a session: given with the
//! one that opens it here, so that who has signed in is known there at once.

use actix_session::{SessionExt as _, SessionStatus};
use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, CookieBuilder, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};

use super::Site;
use super::answer::Refused;
use keyward_actions::application;
use keyward_actions::browser_session::IDENTIFIER;
use keyward_core::problem::Problem;
use keyward_core::secret::Token;

/// Adds the cookie to an answer that opens or raises a session.
pub async fn give(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut answer = next.call(request).await?;
    let session = answer.request().get_session();
    if session.status() != SessionStatus::Renewed {
        return Ok(answer);
    }
    let identifier: Option<String> = session.get(IDENTIFIER).ok().flatten();
    let site = answer.request().app_data::<Data<Site>>().cloned();
    let (Some(identifier), Some(site)) = (identifier.as_deref().and_then(Token::parse), site)
    else {
        return Ok(answer);
    };
    let opened = application::open_here(&site.app, &identifier).await;
    if let Some(token) = opened.map_err(Refused::from)? {
        let cookie = cookie(&site, &token);
        answer
            .response_mut()
            .add_cookie(&cookie)
            .map_err(Error::from)?;
    }
    Ok(answer)
}

/// The cookie for all hosts of `session.cookie_domain`, for as long as the browser runs.
pub fn cookie(site: &Site, token: &Token) -> Cookie<'static> {
    let settings = site.app.settings();
    let name = &settings.cookies.applications;
    let mut cookie = build(site, name, token.expose().to_string()).finish();
    if let Some(domain) = &settings.session.cookie_domain {
        cookie.set_domain(domain.clone());
    }
    cookie
}

/// Adds a cookie to an answer.
///
/// # Errors
/// None that a caller could cause: what is built here can be written.
pub fn add(answer: &mut HttpResponse, cookie: &Cookie<'_>) -> Result<(), Problem> {
    answer
        .add_cookie(cookie)
        .map_err(|error| Problem::internal(error.to_string()))
}

/// A cookie that scripts do not see, for as long as the browser runs.
pub fn build(site: &Site, name: &str, value: String) -> CookieBuilder<'static> {
    Cookie::build(name.to_owned(), value)
        .path("/")
        .http_only(true)
        .secure(site.app.settings().server.is_https())
        .same_site(SameSite::Lax)
}
