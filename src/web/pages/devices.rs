//! `/account/devices`

use actix_web::HttpRequest;
use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

use super::application::way_on;
use crate::views::Notice;
use crate::views::enrolments::EnrolmentRow;
use crate::views::pages::{
    AcceptedPasskeys, Advice, DeviceRow, DevicesPage, OwnKeyRow, RemoveDevicePage,
};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::device;
use keyward_actions::key;
use keyward_actions::metadata;
use keyward_actions::password;
use keyward_actions::policy;
use keyward_core::domain::device::{Device, DeviceId, DeviceName};
use keyward_core::flows::permit::{SignedIn, SteppedUp};
use keyward_core::problem::{Problem, Result, codes};

const HERE: &str = "/account/devices";

#[derive(Deserialize)]
pub struct NameField {
    name: String,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(signed_in): Permit<SignedIn>,
    request: HttpRequest,
    reader: Reader,
) -> Answer {
    let devices = device::own(&site.app, &signed_in).await?;
    let default = signed_in.user().default_device;
    let ids = devices.iter().map(|device| device.id).collect();
    let pictures = metadata::model_pictures(&site.app, ids).await?;
    let policy_states = policy::device_states(&site.app, signed_in.user().id).await?;
    let suspicions = device::own_suspicions(&site.app, &signed_in).await?;
    let row = |device: &Device| DeviceRow::new(device, default).pictured(&pictures);
    let devices: Vec<DeviceRow> = devices
        .iter()
        .map(|device| row(device).judged(&policy_states).suspected(&suspicions))
        .collect();
    let credentials = device::own_credentials(&site.app, &signed_in).await?;
    let rp_id = site.app.relying_party().id();
    let duty = policy::duty_of(&site.app, signed_in.user()).await?;
    let keys = key::own(&site.app, &signed_in).await?;
    let waiting = key::own_enrolments(&site.app, &signed_in).await?;
    let now = site.app.now();
    let page = DevicesPage {
        advice: Advice::of(&devices, &policy_states, duty.as_ref()),
        devices,
        addable: policy::addable_kinds(&site.app, signed_in.user().id).await?,
        has_password: password::has_password(&site.app, signed_in.user().id).await?,
        may_have_codes: policy::may_have_backup_codes(&site.app, signed_in.user().id).await?,
        passkeys: AcceptedPasskeys::of(rp_id, signed_in.user(), &credentials),
        keys: keys.iter().map(OwnKeyRow::from).collect(),
        on_the_way: way_on(&site, &request).await?,
        waiting: waiting
            .iter()
            .map(|one| EnrolmentRow::new(one, now))
            .collect(),
    };
    reader.is(&signed_in).show(&page)
}

/// Gives a device another name.
pub async fn rename(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    path: Path<String>,
    Form(field): Form<NameField>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let id = id(&path)?;
    let Some(name) = DeviceName::from_typed(&field.name) else {
        return reader.tell(HERE, Notice::NameMissing);
    };
    let notice = Notice::DeviceRenamed {
        name: name.as_str().to_owned(),
    };
    device::rename(&site.app, &permit, id, name, &client).await?;
    reader.tell(HERE, notice)
}

/// Makes a device the one that is asked for first.
pub async fn make_default(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let id = id(&path)?;
    let device = device::own_one(&site.app, &permit, id).await?;
    let made = device::make_default(&site.app, &permit, id, &client).await;
    if let Err(problem) = made {
        return match problem.code() == codes::DEVICE_WEAKER {
            true => reader.tell(HERE, Notice::refused(&problem)),
            false => Err(problem.into()),
        };
    }
    reader.tell(
        HERE,
        Notice::DeviceMadeDefault {
            name: name_of(&device),
        },
    )
}

/// Asks before a device is removed.
pub async fn ask_to_remove(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    path: Path<String>,
    reader: Reader,
) -> Answer {
    let removal = device::foresee_removal(
        &site.app,
        permit.user().id,
        id(&path)?,
        Some(permit.session().id),
    )
    .await;
    let removal = match removal {
        Ok(removal) => removal,
        Err(problem) => return kept(&reader, problem),
    };
    let page = RemoveDevicePage {
        device: DeviceRow::new(&removal.device, permit.user().default_device),
        owner: None,
        remaining: removal.remaining,
        ended_sessions: removal.ended_sessions,
    };
    reader.is(&permit).show(&page)
}

/// Removes a device.
pub async fn remove(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    path: Path<String>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let removed = device::remove_own(&site.app, &permit, id(&path)?, &client).await;
    match removed {
        Ok((device, opened)) => {
            browser.raise(&opened)?;
            let name = name_of(&device);
            reader.tell(HERE, Notice::DeviceRemoved { name })
        }
        Err(problem) => kept(&reader, problem),
    }
}

/// A device that its owner needs stays, and the list says why.
fn kept(reader: &Reader, problem: Problem) -> Answer {
    match problem.code() {
        codes::DEVICE_LAST | codes::DEVICE_ONLY_WAY_IN => {
            reader.tell(HERE, Notice::refused(&problem))
        }
        _ => Err(problem.into()),
    }
}

fn name_of(device: &Device) -> String {
    device.name.as_str().to_owned()
}

fn id(path: &str) -> Result<DeviceId> {
    DeviceId::parse(path).ok_or_else(|| codes::DEVICE_UNKNOWN.into())
}
