//! `/webauthn/activation`: whoever gave an activation code uses the key itself.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};

use crate::views::Notice;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::reader::Reader;
use keyward_actions::key;
use keyward_core::problem::codes;

/// The input of `parseRequestOptionsFromJSON`, for the one credential that is activated.
pub async fn options(site: Data<Site>, browser: Browser) -> Answer {
    let journey = browser
        .journey(Journey::Activate)
        .ok_or(codes::CEREMONY_NOT_STARTED)?;
    let options = key::activation_options(&site.app, &journey).await?;
    Ok(HttpResponse::Ok().json(options))
}

/// The `toJSON()` of the credential that answered. Nobody is signed in by it.
pub async fn verify(
    site: Data<Site>,
    body: Bytes,
    browser: Browser,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let journey = browser.journey(Journey::Activate);
    let name = key::activate_registered(&site.app, journey.as_ref(), &body, &client).await?;
    browser.forget(Journey::Activate);
    let name = name.to_string();
    reader.tell_script("/sign-in", Notice::DeviceActivated { name })
}
