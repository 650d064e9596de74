//! `/webauthn/step-up`: proving oneself again by passkey or security key.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Query};
use serde::Deserialize;

use super::lead_to;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::pages::code_fields::leading_to;
use keyward_actions::step_up;
use keyward_core::flows::permit::MayStepUp;
use keyward_core::problem::codes;

#[derive(Deserialize)]
pub struct Params {
    next: Option<String>,
}

/// The input of `parseRequestOptionsFromJSON`.
pub async fn options(
    site: Data<Site>,
    Permit(permit): Permit<MayStepUp>,
    browser: Browser,
) -> Answer {
    let journey = browser
        .journey(Journey::StepUp)
        .ok_or(codes::CEREMONY_NOT_STARTED)?;
    let options = step_up::options(&site.app, &permit, &journey).await?;
    Ok(HttpResponse::Ok().json(options))
}

/// The `toJSON()` of the credential that answered.
pub async fn verify(
    site: Data<Site>,
    Permit(permit): Permit<MayStepUp>,
    Query(asked): Query<Params>,
    body: Bytes,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let journey = browser.journey(Journey::StepUp);
    let next = leading_to(asked.next.as_deref());
    let opened =
        step_up::with_ceremony(&site.app, &permit, journey.as_ref(), &body, next, &client).await?;
    browser.raise(&opened)?;
    Ok(lead_to(opened.next.as_str()))
}
