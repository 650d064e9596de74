//! `/account/devices/add/totp`

use actix_web::web::{Data, Form};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::{added, naming};
use crate::views::pages::AddTotpPage;
use crate::views::{Notice, QrDrawing};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::enrol::{self, EnrolOutcome};
use keyward_core::domain::device::DeviceKind;
use keyward_core::flows::permit::MayEnrol;
use keyward_core::problem::{Problem, Result, codes};

const HERE: &str = "/account/devices/add/totp";

#[derive(Deserialize)]
pub struct FormData {
    turn: i64,
    code: SecretString,
    #[serde(default)]
    name: String,
}

/// The secret as a QR code and to type.
pub async fn show(
    site: Data<Site>,
    Permit(permit): Permit<MayEnrol>,
    reader: Reader,
    browser: Browser,
) -> Answer {
    let offer = enrol::offer_totp(&site.app, &permit, browser.journey(Journey::EnrolTotp)).await?;
    browser.set_journey(Journey::EnrolTotp, &offer.journey)?;
    let page = AddTotpPage {
        turn: offer.turn,
        uri: offer.address.to_string(),
        drawing: drawn(offer.address).await?,
        secret: offer.secret.to_string(),
        digits: site.app.settings().totp.digits,
        name: reader.typed(),
        is_required: permit.is_all(),
    };
    reader.enrols(&permit).show(&page)
}

/// How many addresses are drawn at once.
static DRAWING: Semaphore = Semaphore::const_new(2);

/// An address as a QR code, drawn off the async threads: a long name takes ten milliseconds.
async fn drawn(address: Zeroizing<String>) -> Result<QrDrawing> {
    let seat = DRAWING.acquire().await.map_err(Problem::internal)?;
    let drawing = tokio::task::spawn_blocking(move || {
        let _seat = seat;
        QrDrawing::of(&address)
    });
    drawing.await.map_err(Problem::internal)?
}

/// The first code.
pub async fn confirm(
    site: Data<Site>,
    Permit(permit): Permit<MayEnrol>,
    Form(fields): Form<FormData>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let journey = browser
        .journey(Journey::EnrolTotp)
        .ok_or(codes::ENROLMENT_NOT_STARTED)?;
    let naming = naming(&reader, DeviceKind::Totp, &fields.name, &client)?;
    let outcome = enrol::totp(
        &site.app,
        &permit,
        &journey,
        fields.turn,
        fields.code.expose_secret(),
        naming,
        &client,
    )
    .await?;
    match outcome {
        EnrolOutcome::Added(device) => {
            browser.forget(Journey::EnrolTotp);
            added(&reader, &browser, &device)
        }
        EnrolOutcome::Used => reader.tell_with(HERE, Notice::CodeUsed, Some(&fields.name)),
        _ => reader.tell_with(HERE, Notice::WrongCode, Some(&fields.name)),
    }
}
