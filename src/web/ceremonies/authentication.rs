//! `/webauthn/authentication`: the second factor of a sign-in.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};

use super::lead_to;
use crate::domain::session::Client;
use crate::problem::codes;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::{Browser, Journey};

/// The input of `parseRequestOptionsFromJSON`.
pub async fn options(site: Data<Site>, browser: Browser) -> Answer {
    let journey = browser
        .journey(Journey::SignIn)
        .ok_or(codes::CEREMONY_NOT_STARTED)?;
    let options = site.keyward.authentication_options(&journey).await?;
    Ok(HttpResponse::Ok().json(options))
}

/// The `toJSON()` of the credential that answered.
pub async fn verify(site: Data<Site>, body: Bytes, browser: Browser, client: Client) -> Answer {
    let journey = browser
        .journey(Journey::SignIn)
        .ok_or(codes::CEREMONY_NOT_STARTED)?;
    let outcome = site
        .keyward
        .answer_ceremony(&journey, body.to_vec(), &client)
        .await?;
    browser.open(&outcome.opened)?;
    Ok(lead_to(outcome.opened.next.as_str()))
}
