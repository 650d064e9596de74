//! `/account/devices/add/yubikey`

use actix_web::web::{Data, Form};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{added, naming};
use crate::views::Notice;
use crate::views::pages::AddYubikeyPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::enrol::{self, EnrolOutcome};
use keyward_core::domain::device::DeviceKind;
use keyward_core::flows::permit::MayEnrol;
use keyward_core::problem::codes;

const HERE: &str = "/account/devices/add/yubikey";

#[derive(Deserialize)]
pub struct FormData {
    otp: SecretString,
    #[serde(default)]
    name: String,
}

/// Asks for a touch.
pub async fn show(Permit(permit): Permit<MayEnrol>, reader: Reader) -> Answer {
    let page = AddYubikeyPage {
        name: reader.typed(),
        is_required: permit.is_all(),
    };
    reader.enrols(&permit).show(&page)
}

/// The touch.
pub async fn add(
    site: Data<Site>,
    Permit(permit): Permit<MayEnrol>,
    Form(fields): Form<FormData>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let naming = naming(&reader, DeviceKind::Yubikey, &fields.name, &client)?;
    let outcome = enrol::yubikey(
        &site.app,
        &permit,
        fields.otp.expose_secret(),
        naming,
        &client,
    )
    .await?;
    let notice = match outcome {
        EnrolOutcome::Added(device) => return added(&reader, &browser, &device),
        EnrolOutcome::Wrong => Notice::NotAnOtp,
        EnrolOutcome::Used => Notice::OtpUsed,
        EnrolOutcome::Taken => Notice::refused(&codes::DEVICE_TAKEN.into()),
        EnrolOutcome::Unavailable(code) => Notice::refused(&code.into()),
    };
    reader.tell_with(HERE, notice, Some(&fields.name))
}
