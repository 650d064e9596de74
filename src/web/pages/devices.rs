//! `/account/devices`

use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

use crate::views::Notice;
use crate::views::pages::{AcceptedPasskeys, Advice, DeviceRow, DevicesPage, RemoveDevicePage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_core::domain::device::{Device, DeviceId, DeviceName};
use keyward_core::flows::permit::{SignedIn, SteppedUp};
use keyward_core::problem::{Problem, Result, codes};

const HERE: &str = "/account/devices";

#[derive(Deserialize)]
pub struct NameField {
    name: String,
}

/// The list.
pub async fn list(site: Data<Site>, Permit(signed_in): Permit<SignedIn>, reader: Reader) -> Answer {
    let devices = site.keyward.own_devices(&signed_in).await?;
    let default = signed_in.user().default_device;
    let ids = devices.iter().map(|device| device.id).collect();
    let pictures = site.keyward.model_pictures(ids).await?;
    let standings = site.keyward.standings(signed_in.user().id).await?;
    let suspicions = site.keyward.own_suspicions(&signed_in).await?;
    let row = |device: &Device| DeviceRow::new(device, default).pictured(&pictures);
    let devices: Vec<DeviceRow> = devices
        .iter()
        .map(|device| row(device).judged(&standings).suspected(&suspicions))
        .collect();
    let credentials = site.keyward.own_credentials(&signed_in).await?;
    let rp_id = site.keyward.relying_party.id();
    let duty = site.keyward.second_factor_duty(signed_in.user()).await?;
    let page = DevicesPage {
        advice: Advice::of(&devices, &standings, duty.as_ref()),
        devices,
        addable: site.keyward.addable_kinds(signed_in.user().id).await?,
        has_password: site.keyward.has_password(signed_in.user().id).await?,
        may_have_codes: site
            .keyward
            .may_have_backup_codes(signed_in.user().id)
            .await?,
        passkeys: AcceptedPasskeys::of(rp_id, signed_in.user(), &credentials),
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
    site.keyward
        .rename_device(&permit, id, name, &client)
        .await?;
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
    let device = site.keyward.own_device(&permit, id).await?;
    let made = site.keyward.make_default_device(&permit, id, &client).await;
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
    let removal = site
        .keyward
        .foresee_removal(permit.user().id, id(&path)?, Some(permit.sign_in().id))
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
    let removed = site
        .keyward
        .remove_own_device(&permit, id(&path)?, &client)
        .await;
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
