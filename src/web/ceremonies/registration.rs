//! `/webauthn/registration`: a new passkey or security key.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::views::Notice;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use crate::web::pages::on_the_way::leads_to_hardware;
use keyward_actions::enrol::{self, NewCredential};
use keyward_actions::journey;
use keyward_core::domain::device::{DeviceKind, DeviceName};
use keyward_core::flows::permit::MayEnrol;
use keyward_core::problem::{Problem, codes};

#[derive(Default, Deserialize)]
struct Preferences {
    kind: Option<DeviceKind>,
    name: Option<String>,
}

/// The input of `parseCreationOptionsFromJSON`, for the kind and the name of the body; a passkey
/// where it names none.
pub async fn options(
    site: Data<Site>,
    request: HttpRequest,
    body: Bytes,
    Permit(permit): Permit<MayEnrol>,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let wish: Preferences = if body.is_empty() {
        Preferences::default()
    } else {
        serde_json::from_slice(&body)
            .map_err(|error| Problem::new(codes::REQUEST_MALFORMED).detailed(error.to_string()))?
    };
    let kind = wish.kind.unwrap_or(DeviceKind::Passkey);
    let name = wish.name.as_deref().and_then(DeviceName::from_typed);
    // Of the enrolments that a browser began, the last one is waited for: no rows pile up.
    if let Some(before) = browser.journey(Journey::EnrolCredential) {
        journey::abandon(&site.app, &before).await?;
    }
    let asked = NewCredential {
        kind,
        name,
        is_for_hardware: leads_to_hardware(&site, &request).await?,
    };
    let (journey, options) =
        enrol::registration_options(&site.app, &permit, asked, &client).await?;
    browser.set_journey(Journey::EnrolCredential, &journey)?;
    Ok(HttpResponse::Ok().json(options))
}

/// The `toJSON()` of the new credential.
pub async fn verify(
    site: Data<Site>,
    body: Bytes,
    Permit(permit): Permit<MayEnrol>,
    browser: Browser,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let journey = browser.journey(Journey::EnrolCredential);
    let added = enrol::credential(
        &site.app,
        &permit,
        journey.as_ref(),
        body.to_vec(),
        |kind, model| reader.usual_name(kind, model, &client),
        &client,
    )
    .await?;
    browser.open(&added.opened)?;
    let name = added.name.as_str().to_owned();
    reader.tell_script("/account/devices", Notice::DeviceAdded { name })
}
