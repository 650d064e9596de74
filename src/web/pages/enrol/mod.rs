//! `/account/devices/add`: choosing and adding a device.

mod delivery_address;
pub mod email;
pub mod phone;
pub mod totp;
pub mod yubikey;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use crate::views::Notice;
use crate::views::pages::{AddDevicePage, AddWebauthnPage, EnrolReason, names};
use crate::web::Site;
use crate::web::answer::{Answer, Refused};
use crate::web::extract::browser::Browser;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::enrol::{Added, Naming};
use keyward_actions::password;
use keyward_actions::policy;
use keyward_core::domain::device::{DeviceKind, DeviceName};
use keyward_core::domain::session::Client;
use keyward_core::flows::permit::MayEnrol;
use keyward_core::problem::{Result, codes};

/// The kinds to choose from.
pub async fn choose(site: Data<Site>, Permit(permit): Permit<MayEnrol>, reader: Reader) -> Answer {
    let duty = policy::duty_of(&site.app, permit.user()).await?;
    let page = AddDevicePage {
        addable: policy::addable_kinds(&site.app, permit.user().id).await?,
        is_required: permit.is_all(),
        required_for: duty.map_or_else(Vec::new, |duty| names(&duty.groups)),
        why: why(&site, &permit).await?,
    };
    reader.enrols(&permit).show(&page)
}

async fn why(site: &Site, permit: &MayEnrol) -> Result<EnrolReason> {
    Ok(if !permit.is_all() {
        EnrolReason::Free
    } else if permit.is_by_pass() {
        EnrolReason::Pass
    } else if permit.is_by_short_password() {
        EnrolReason::Short
    } else if password::has_password(&site.app, permit.user().id).await? {
        EnrolReason::Required
    } else {
        EnrolReason::Passwordless
    })
}

/// A passkey or a security key: the browser does the rest.
pub async fn credential(
    site: Data<Site>,
    path: Path<String>,
    Permit(permit): Permit<MayEnrol>,
    reader: Reader,
) -> Answer {
    let kind = DeviceKind::parse(&path)
        .filter(|kind| kind.is_webauthn())
        .ok_or(codes::REQUEST_NOT_FOUND)?;
    let mut others = policy::addable_kinds(&site.app, permit.user().id).await?;
    others.retain(|other| *other != kind);
    let page = AddWebauthnPage {
        kind,
        others,
        is_required: permit.is_all(),
    };
    reader.enrols(&permit).show(&page)
}

/// What a new device will be called.
fn naming(reader: &Reader, kind: DeviceKind, typed: &str, client: &Client) -> Result<Naming> {
    Ok(Naming {
        typed: DeviceName::from_typed(typed),
        usual: reader.usual_name(kind, None, client)?,
    })
}

/// Back to the devices, in the session that goes on.
fn added(reader: &Reader, browser: &Browser, added: &Added) -> Result<HttpResponse, Refused> {
    browser.open(&added.opened)?;
    let notice = Notice::DeviceAdded {
        name: added.name.as_str().to_owned(),
    };
    reader.tell("/account/devices", notice)
}
