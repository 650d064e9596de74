//! `/webauthn/desk`: an administrator registers a passkey or security key for the owner of a key.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Query};
use serde::Deserialize;

use crate::views::Notice;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::console::enrolments_of;
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::{journey, key};
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::key::KeyId;
use keyward_core::flows::permit::{Administrator, Superuser};
use keyward_core::problem::{Problem, codes};

#[derive(Deserialize)]
pub struct Params {
    key: String,
}

#[derive(Deserialize)]
struct Preferences {
    kind: DeviceKind,
}

/// The input of `parseCreationOptionsFromJSON`, with the handle and the names of the key's owner.
pub async fn options(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Query(asked): Query<Params>,
    body: Bytes,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let wish: Preferences = serde_json::from_slice(&body)
        .map_err(|error| Problem::new(codes::REQUEST_MALFORMED).detailed(error.to_string()))?;
    let administrator = Administrator::at_console(&superuser, client);
    let key = KeyId::parse(&asked.key).ok_or(codes::KEY_UNKNOWN)?;
    // Of the enrolments that a browser began, the last one is waited for: no rows pile up.
    if let Some(before) = browser.journey(Journey::EnrolAtDesk) {
        journey::abandon(&site.app, &before).await?;
    }
    let (journey, options) = key::desk_options(&site.app, &administrator, key, wish.kind).await?;
    browser.set_journey(Journey::EnrolAtDesk, &journey)?;
    Ok(HttpResponse::Ok().json(options))
}

/// The `toJSON()` of the new credential.
pub async fn verify(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    body: Bytes,
    browser: Browser,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let journey = browser.journey(Journey::EnrolAtDesk);
    let id =
        key::desk_registered(&site.app, &administrator, journey.as_ref(), body.to_vec()).await?;
    browser.forget(Journey::EnrolAtDesk);
    let enrolment = key::find_enrolment(&site.app, &administrator, id).await?;
    reader.tell_script(&enrolments_of(enrolment.key), Notice::EnrolledAtDesk)
}
