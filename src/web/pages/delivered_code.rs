//! Codes that are delivered, as a second factor: asking for one, and typing it.

use actix_web::web::{Data, Form};
use serde::Deserialize;

use crate::views::Notice;
use crate::views::pages::{DeliveredCodePage, DeliveryDevice, Way};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::reader::Reader;
use keyward_actions::second_factor::Awaiting;
use keyward_actions::sign_in;
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{DeviceId, DeviceKind, SignInMethod};
use keyward_core::problem::{Result, codes};

#[derive(Deserialize)]
pub struct SendFields {
    device: String,
    method: SignInMethod,
    pub(super) next: Option<String>,
}

/// The page of one method: to ask for a code, or to type the one that was sent.
pub(super) fn delivered_page(
    site: &Site,
    way: Way,
    awaiting: &Awaiting,
    method: SignInMethod,
    has_other_methods: bool,
    reader: &Reader,
) -> Answer {
    let devices = delivery_devices(awaiting, method);
    let (sent, sent_until) = sent_to(awaiting, &devices);
    reader.show(&DeliveredCodePage {
        way,
        turn: awaiting.turn,
        username: awaiting.user.name.as_str().to_owned(),
        kind: kind_of(awaiting, method),
        devices,
        sent,
        sent_until,
        digits: site.app.settings().codes.digits,
        has_other_methods,
    })
}

/// The devices of a method that codes are sent to.
fn delivery_devices(awaiting: &Awaiting, method: SignInMethod) -> Vec<DeliveryDevice> {
    let devices = awaiting.devices.iter();
    let devices = devices.filter(|device| SignInMethod::of(device.kind) == method);
    devices
        .filter_map(|device| {
            Some(DeliveryDevice {
                id: device.id,
                name: device.name.as_str().to_owned(),
                masked: device.model.clone().unwrap_or_default(),
                method: *awaiting.methods.get(&device.id)?,
            })
        })
        .collect()
}

/// The kind of the devices of a method.
fn kind_of(awaiting: &Awaiting, method: SignInMethod) -> DeviceKind {
    let mut kinds = awaiting.devices.iter().map(|device| device.kind);
    kinds
        .find(|kind| SignInMethod::of(*kind) == method)
        .unwrap_or(DeviceKind::Email)
}

/// Which of these a code was sent to, and until when it can be typed.
fn sent_to(
    awaiting: &Awaiting,
    devices: &[DeliveryDevice],
) -> (Option<DeliveryDevice>, Option<Timestamp>) {
    let sent = awaiting.sent.as_ref();
    let device = sent.and_then(|sent| {
        let mut devices = devices.iter();
        devices.find(|device| Some(device.id) == sent.device_id)
    });
    let until = sent
        .filter(|_| device.is_some())
        .map(|sent| sent.expires_at);
    (device.cloned(), until)
}

/// Sends a code to a device of the user who is signing in.
pub async fn send_code(
    site: Data<Site>,
    Form(fields): Form<SendFields>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let Some(journey) = browser.journey(Journey::SignIn) else {
        return Err(codes::SIGN_IN_TURN_USED.into());
    };
    let sent = sign_in::send_code(&site.app, &journey, fields.device()?, &reader, &client).await;
    match sent {
        Err(problem) if problem.code() == codes::SIGN_IN_EXPIRED => {
            browser.forget(Journey::SignIn);
            reader.tell("/sign-in", Notice::SignInExpired)
        }
        sent => {
            let page = Way::sign_in().page_of(fields.method());
            reader.tell(&page, sending_notice(sent)?)
        }
    }
}

/// What is told about a code that was sent, or was not.
///
/// # Errors
/// What cannot be mended on that page.
pub(super) fn sending_notice(sent: Result<()>) -> Result<Notice> {
    match sent {
        Ok(()) => Ok(Notice::CodeSent),
        Err(problem) if problem.code().name.starts_with("code.") => Ok(Notice::refused(&problem)),
        Err(problem) => Err(problem),
    }
}

impl SendFields {
    /// The device that a code shall go to.
    pub(super) fn device(&self) -> Result<DeviceId> {
        DeviceId::parse(&self.device).ok_or_else(|| codes::DEVICE_UNKNOWN.into())
    }

    /// The page that it was asked for on.
    pub(super) fn method(&self) -> SignInMethod {
        self.method
    }
}
