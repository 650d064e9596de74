//! What the pages of mailboxes and phones have in common: a code is sent, and comes back.

use actix_web::HttpResponse;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{added, naming};
use crate::views::Notice;
use crate::views::pages::ConfirmDeliveryAddressPage;
use crate::web::Site;
use crate::web::answer::{Answer, Refused, redirect};
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::reader::Reader;
use crate::web::pages::delivered_code::sending_notice;
use keyward_actions::enrol::{
    self, BeginDeliveryAddress, DeliveryAddressOffer, DeliveryAddressOutcome,
};
use keyward_actions::journey;
use keyward_core::domain::delivery_address::DeliveryAddress;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::session::Client;
use keyward_core::flows::permit::MayEnrol;
use keyward_core::problem::{Problem, codes};

/// The page of one kind.
pub(super) struct DeliveryAddressPage<'a> {
    pub site: &'a Site,
    pub permit: &'a MayEnrol,
    pub reader: Reader,
    pub browser: &'a Browser,
    /// The kind of device.
    pub kind: DeviceKind,
    /// The journey that the browser is on.
    pub journey: Journey,
    /// The page's address.
    pub here: &'static str,
}

/// The code, and what the device shall be called.
#[derive(Deserialize)]
pub struct ConfirmFields {
    turn: i64,
    code: SecretString,
    #[serde(default)]
    name: String,
}

impl DeliveryAddressPage<'_> {
    /// The enrolment under way.
    pub async fn under_way(&self) -> keyward_core::problem::Result<Option<DeliveryAddressOffer>> {
        match self.browser.journey(self.journey) {
            Some(journey) => {
                let app = &self.site.app;
                enrol::delivery_address_offer(app, self.permit, &journey).await
            }
            None => Ok(None),
        }
    }

    /// The page that asks for the code.
    pub fn ask_for_code(self, offer: &DeliveryAddressOffer) -> Answer {
        let page = ConfirmDeliveryAddressPage {
            kind: self.kind,
            turn: offer.turn,
            method: offer.delivery_address.method(),
            address: offer.delivery_address.shown(),
            sent_until: offer.sent.map(|sent| sent.expires_at),
            digits: self.site.app.settings().codes.digits,
            name: self.reader.typed(),
            is_required: self.permit.is_all(),
        };
        self.reader.enrols(self.permit).show(&page)
    }

    /// Sends the first code. `typed` is shown again where that is refused.
    pub async fn begin(
        &self,
        delivery_address: DeliveryAddress,
        typed: &str,
        client: &Client,
    ) -> Answer {
        let begun = enrol::begin_delivery_address(
            &self.site.app,
            self.permit,
            delivery_address,
            &self.reader,
            client,
        )
        .await;
        match begun {
            Ok(BeginDeliveryAddress::Sent(journey)) => {
                self.browser.set_journey(self.journey, &journey)?;
                self.reader.tell(self.here, Notice::CodeSent)
            }
            Ok(BeginDeliveryAddress::Taken) => self.refuse(&codes::RECEIVER_TAKEN.into(), typed),
            Err(problem) if problem.code().name.starts_with("code.") => {
                self.refuse(&problem, typed)
            }
            Err(problem) => Err(problem.into()),
        }
    }

    /// The form again, with what was typed.
    pub fn refuse(&self, problem: &Problem, typed: &str) -> Result<HttpResponse, Refused> {
        let notice = Notice::refused(problem);
        self.reader.tell_with(self.here, notice, Some(typed))
    }

    /// Sends another code.
    pub async fn send(&self, client: &Client) -> Answer {
        let journey = self
            .browser
            .journey(self.journey)
            .ok_or(codes::ENROLMENT_NOT_STARTED)?;
        let sent =
            enrol::send_address_code(&self.site.app, self.permit, &journey, &self.reader, client)
                .await;
        self.reader.tell(self.here, sending_notice(sent)?)
    }

    /// The code.
    pub async fn confirm(&self, fields: ConfirmFields, client: &Client) -> Answer {
        let journey = self
            .browser
            .journey(self.journey)
            .ok_or(codes::ENROLMENT_NOT_STARTED)?;
        let naming = naming(&self.reader, self.kind, &fields.name, client)?;
        let typed = fields.code.expose_secret();
        let outcome = enrol::delivery_address(
            &self.site.app,
            self.permit,
            &journey,
            fields.turn,
            typed,
            naming,
            client,
        )
        .await?;
        let notice = match outcome {
            DeliveryAddressOutcome::Added(device) => {
                self.browser.forget(self.journey);
                return added(&self.reader, self.browser, &device);
            }
            DeliveryAddressOutcome::Taken => {
                self.browser.forget(self.journey);
                return self.refuse(&codes::RECEIVER_TAKEN.into(), "");
            }
            DeliveryAddressOutcome::Expired => Notice::CodeExpired,
            DeliveryAddressOutcome::Wrong => Notice::WrongDeliveredCode,
        };
        let name = Some(fields.name.as_str());
        self.reader.tell_with(self.here, notice, name)
    }

    /// Gives the address up.
    pub async fn restart(&self) -> Answer {
        if let Some(journey) = self.browser.journey(self.journey) {
            journey::abandon(&self.site.app, &journey).await?;
            self.browser.forget(self.journey);
        }
        Ok(redirect(self.here))
    }
}
