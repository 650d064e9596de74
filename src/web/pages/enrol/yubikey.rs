//! `/account/devices/add/yubikey`

use actix_web::web::{Data, Form};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{added, naming};
use crate::actions::enrol::EnrolOutcome;
use crate::domain::device::DeviceKind;
use crate::domain::session::Client;
use crate::flows::permit::MayEnrol;
use crate::problem::codes;
use crate::views::Notice;
use crate::views::pages::AddYubikeyPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::Browser;
use crate::web::extract::reader::Reader;

const HERE: &str = "/account/devices/add/yubikey";

#[derive(Deserialize)]
pub struct Fields {
    otp: SecretString,
    #[serde(default)]
    name: String,
}

/// Asks for a touch.
pub async fn show(permit: MayEnrol, reader: Reader) -> Answer {
    let page = AddYubikeyPage {
        name: reader.typed(),
        is_required: permit.is_all(),
    };
    reader.enrols(&permit).show(&page)
}

/// The touch.
pub async fn add(
    site: Data<Site>,
    permit: MayEnrol,
    Form(fields): Form<Fields>,
    reader: Reader,
    browser: Browser,
    client: Client,
) -> Answer {
    let naming = naming(&reader, DeviceKind::Yubikey, &fields.name, &client)?;
    let outcome = site
        .keyward
        .enrol_yubikey(&permit, fields.otp.expose_secret(), naming, &client)
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
