//! `/account/devices/add/email`

use actix_web::web::{Data, Form};
use serde::Deserialize;

use super::delivery_address::{ConfirmFields, DeliveryAddressPage};
use crate::views::pages::AddEmailPage;
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_core::domain::delivery_address::DeliveryAddress;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::user::EmailAddress;
use keyward_core::flows::permit::MayEnrol;

#[derive(Deserialize)]
pub struct AddressFields {
    email: String,
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
        kind: DeviceKind::Email,
        journey: Journey::EnrolEmail,
        here: "/account/devices/add/email",
    }
}

/// Asks for the address, and then for the code that was sent there.
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
    let typed = delivery_address_page.reader.typed();
    let own = permit.user().email.as_ref();
    let page = AddEmailPage {
        address: match typed.is_empty() {
            true => own.map(|own| own.as_str().to_owned()).unwrap_or_default(),
            false => typed,
        },
        digits: site.app.settings().codes.digits,
        is_required: permit.is_all(),
    };
    delivery_address_page.reader.enrols(&permit).show(&page)
}

/// The address.
pub async fn begin(
    site: Data<Site>,
    Permit(permit): Permit<MayEnrol>,
    Form(fields): Form<AddressFields>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let delivery_address_page = delivery_address_page(&site, &permit, reader, &browser);
    match EmailAddress::parse(&fields.email) {
        Ok(address) => {
            let delivery_address = DeliveryAddress::Mail(address);
            delivery_address_page
                .begin(delivery_address, &fields.email, &client)
                .await
        }
        Err(problem) => delivery_address_page.refuse(&problem, &fields.email),
    }
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

/// Another address.
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
