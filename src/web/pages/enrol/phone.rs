//! `/account/devices/add/phone`

use actix_web::web::{Data, Form};
use serde::Deserialize;

use super::delivery_address::{ConfirmFields, DeliveryAddressPage};
use crate::views::pages::AddPhonePage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::delivered_code;
use keyward_actions::policy;
use keyward_core::domain::delivery_address::{DeliveryAddress, DeliveryMethod};
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::phone_number::PhoneNumber;
use keyward_core::flows::permit::MayEnrol;
use keyward_core::problem::codes;

#[derive(Deserialize)]
pub struct NumberFields {
    phone: String,
    method: Option<DeliveryMethod>,
}

fn delivery_address_page<'a>(
    site: &'a Site,
    permit: &'a MayEnrol,
    reader: Reader,
    browser: &'a Browser,
) -> DeliveryAddressPage<'a> {
    DeliveryAddressPage {
        site,
        permit,
        reader,
        browser,
        kind: DeviceKind::Phone,
        journey: Journey::EnrolPhone,
        here: "/account/devices/add/phone",
    }
}

/// Asks for the number, and then for the code that was sent there.
pub async fn show(
    site: Data<Site>,
    Permit(permit): Permit<MayEnrol>,
    reader: Reader,
    browser: Browser,
) -> Answer {
    let delivery_address_page = delivery_address_page(&site, &permit, reader, &browser);
    if let Some(offer) = delivery_address_page.under_way().await? {
        return delivery_address_page.ask_for_code(&offer);
    }
    let mut stronger = policy::addable_kinds(&site.app, permit.user().id).await?;
    stronger.retain(|kind| !kind.is_delivered());
    let page = AddPhonePage {
        stronger,
        number: delivery_address_page.reader.typed(),
        methods: delivered_code::phone_methods(&site.app),
        has_region: site.app.settings().phone.default_region.is_some(),
        digits: site.app.settings().codes.digits,
        is_required: permit.is_all(),
    };
    delivery_address_page.reader.enrols(&permit).show(&page)
}

/// The number.
pub async fn begin(
    site: Data<Site>,
    Permit(permit): Permit<MayEnrol>,
    Form(fields): Form<NumberFields>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let delivery_address_page = delivery_address_page(&site, &permit, reader, &browser);
    let home = site.app.settings().phone.default_region;
    let Some(number) = PhoneNumber::parse(&fields.phone, home) else {
        return delivery_address_page.refuse(&codes::CODE_NO_NUMBER.into(), &fields.phone);
    };
    let offered = delivered_code::phone_methods(&site.app);
    let method = fields.method.or_else(|| offered.first().copied());
    let delivery_address = match method {
        Some(DeliveryMethod::Sms) => DeliveryAddress::Sms(number),
        Some(DeliveryMethod::Call) => DeliveryAddress::Call(number),
        Some(DeliveryMethod::Mail) | None => {
            return delivery_address_page.refuse(&codes::CODE_OFF.into(), &fields.phone);
        }
    };
    delivery_address_page
        .begin(delivery_address, &fields.phone, &client)
        .await
}

/// Another code.
pub async fn send(
    site: Data<Site>,
    Permit(permit): Permit<MayEnrol>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    delivery_address_page(&site, &permit, reader, &browser)
        .send(&client)
        .await
}

/// The code.
pub async fn confirm(
    site: Data<Site>,
    Permit(permit): Permit<MayEnrol>,
    Form(fields): Form<ConfirmFields>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let delivery_address_page = delivery_address_page(&site, &permit, reader, &browser);
    delivery_address_page.confirm(fields, &client).await
}

/// Another number.
pub async fn restart(
    site: Data<Site>,
    Permit(permit): Permit<MayEnrol>,
    reader: Reader,
    browser: Browser,
) -> Answer {
    delivery_address_page(&site, &permit, reader, &browser)
        .restart()
        .await
}
