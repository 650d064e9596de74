//! `/oauth2/end-session`: signing out at the wish of an OpenID client.

use actix_web::http::header::LOCATION;
use actix_web::web::{Bytes, Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::authorize::led_to_get;
use crate::views::Notice;
use crate::views::pages::{ApplicationLeadPage, EndSessionPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::access;
use crate::web::extract::reader::Reader;
use keyward_actions::openid::{self, EndSession};
use keyward_actions::session;
use keyward_core::domain::client::Client;
use keyward_core::domain::session::Session;
use keyward_core::flows::permit::Access;
use keyward_core::problem::{Problem, codes};
use keyward_core::protocols::oauth::Parameters;

#[derive(Deserialize)]
pub struct Fields {
    /// The client's wish, as it came.
    wish: String,
}

/// Asks, or signs out at once where the client shows that it knows this session.
pub async fn ask(
    site: Data<Site>,
    request: HttpRequest,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let wish = read(request.query_string())?;
    let open = match access(&request).await? {
        Access::Full(permit) => Some(permit.into_parts()),
        Access::EnrolmentOnly(permit) => Some(permit.into_parts()),
        Access::Nothing => None,
    };
    let session: Option<&Session> = open.as_ref().map(|(session, _)| session);
    let asked = openid::end_session(&site.app, &wish, session).await?;
    if session.is_some() && !asked.is_of_session {
        return reader.show(&EndSessionPage {
            client: asked.client,
            wish: wish.to_text(),
        });
    }
    end(&site, &browser, &client).await?;
    match asked.leads_to {
        // What comes from a client's page is no form of ours, and may be redirected.
        Some(to) => Ok(HttpResponse::SeeOther()
            .insert_header((LOCATION, to))
            .finish()),
        None => reader.tell("/sign-in", Notice::SignedOut),
    }
}

/// The same from a form of the client's.
pub async fn from_form(body: Bytes) -> Answer {
    led_to_get("/oauth2/end-session", &body)
}

/// The user has said that they leave.
pub async fn confirm(
    site: Data<Site>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
    Form(fields): Form<Fields>,
) -> Answer {
    let wish = read(&fields.wish)?;
    let EndSession { leads_to, .. } = openid::end_session(&site.app, &wish, None).await?;
    end(&site, &browser, &client).await?;
    match leads_to {
        Some(to) => reader.show(&ApplicationLeadPage { to }),
        None => reader.tell("/sign-in", Notice::SignedOut),
    }
}

fn read(text: &str) -> Result<Parameters, Problem> {
    Parameters::read(text.as_bytes()).map_err(|refusal| {
        Problem::new(codes::REQUEST_MALFORMED).detailed(refusal.description.into_owned())
    })
}

async fn end(site: &Site, browser: &Browser, client: &Client) -> Result<(), Problem> {
    if let Some(identifier) = browser.identifier() {
        session::sign_out(&site.app, &identifier, client).await?;
        browser.end();
    }
    Ok(())
}
