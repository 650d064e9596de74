//! `/webauthn/authentication`: a passkey in place of user name and password, or the second factor
//! of a sign-in that is under way.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Query};
use serde::Deserialize;

use super::lead_to;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::ceremony::CeremonyCookie;
use crate::web::extract::client::Caller;
use crate::web::extract::reader::Reader;
use crate::web::extract::trusted_cookies::cookie;
use crate::web::pages::code_fields::Preferences as Remember;
use crate::web::pages::sign_in::leave_before;
use keyward_actions::application;
use keyward_actions::sign_in::{self, PasskeyOutcome};
use keyward_core::domain::session::Client;
use keyward_core::factors::webauthn::PasswordlessChallenge;
use keyward_core::flows::next_path::NextPath;
use keyward_core::problem::{Problem, codes};
use keyward_core::secret::Token;

#[derive(Default, Deserialize)]
struct Preferences {
    username: Option<String>,
}

#[derive(Deserialize)]
pub struct Params {
    next: Option<String>,
    #[serde(flatten)]
    remember: Remember,
}

/// The input of `parseRequestOptionsFromJSON`. Where a sign-in waits for its second factor, they
/// are for that; else they are for any user who answers, or for the name of the body.
pub async fn options(
    site: Data<Site>,
    body: Bytes,
    browser: Browser,
    ceremony: CeremonyCookie,
) -> Answer {
    let wish: Preferences = if body.is_empty() {
        Preferences::default()
    } else {
        serde_json::from_slice(&body)
            .map_err(|error| Problem::new(codes::REQUEST_MALFORMED).detailed(error.to_string()))?
    };
    let name = wish.username.filter(|name| !name.trim().is_empty());
    if let (Some(journey), None) = (browser.journey(Journey::SignIn), &name) {
        match sign_in::authentication_options(&site.app, &journey).await {
            Ok(options) => return Ok(HttpResponse::Ok().json(options)),
            // It ended, or waits for something else: then this is a new beginning.
            Err(problem) if problem.code() == codes::CEREMONY_NOT_STARTED => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    let token = match ceremony.0 {
        Some(token) if !sign_in::is_void(&site.app, &token).await? => token,
        _ => sign_in::passwordless_token(&site.app),
    };
    let options = sign_in::passwordless_options(&site.app, &token, name.as_deref()).await?;
    Ok(HttpResponse::Ok()
        .cookie(CeremonyCookie::of(&site, &token))
        .json(options))
}

/// The `toJSON()` of the credential that answered.
pub async fn verify(
    site: Data<Site>,
    Query(asked): Query<Params>,
    body: Bytes,
    browser: Browser,
    reader: Reader,
    ceremony: CeremonyCookie,
    Caller(client): Caller,
) -> Answer {
    let token = ceremony.0;
    let challenge = token
        .as_ref()
        .and_then(|token| sign_in::passwordless_challenge(&site.app, token, &body));
    if let (Some(token), Some(challenge)) = (&token, challenge) {
        let next = application::destination(&site.app, asked.next.as_deref()).await?;
        let asked = (token, challenge);
        return passwordless(&site, asked, &body, next, &browser, &client).await;
    }
    let outcome = match browser.journey(Journey::SignIn) {
        Some(journey) => sign_in::with_ceremony(&site.app, &journey, &body, &client).await?,
        None => None,
    };
    let Some(outcome) = outcome else {
        let problem = sign_in::refuse_unasked(&site.app, token.as_ref(), &body, &client).await?;
        return Err(problem.into());
    };
    let trusted = asked
        .remember
        .grant(&site, &reader, &outcome.opened, &client)
        .await?;
    browser.open(&outcome.opened)?;
    let mut answer = lead_to(outcome.opened.next.as_str());
    if let Some(trusted) = trusted {
        answer
            .add_cookie(&cookie(&site, &trusted))
            .map_err(|error| Problem::internal(error.to_string()))?;
    }
    Ok(answer)
}

async fn passwordless(
    site: &Site,
    (token, challenge): (&Token, PasswordlessChallenge),
    body: &[u8],
    next: Option<NextPath>,
    browser: &Browser,
    client: &Client,
) -> Answer {
    let next = next.unwrap_or_default();
    let outcome = sign_in::with_passkey(&site.app, token, challenge, body, next, client).await?;
    leave_before(site, browser, client).await?;
    match outcome {
        PasskeyOutcome::Opened(opened) => {
            browser.open(&opened)?;
            Ok(lead_to(opened.next.as_str()))
        }
        PasskeyOutcome::Password(journey) => {
            browser.begin_sign_in(&journey)?;
            Ok(lead_to("/sign-in"))
        }
    }
}
