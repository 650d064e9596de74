//! `/console/devices`

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use std::collections::HashMap;
use uuid::Uuid;

use super::confirming::ConfirmingSuperuser;
use super::user_address::address;
use super::wanted::Wanted;
use crate::lists::{Devices, List as _};
use crate::views::Notice;
use crate::views::console::{ConsoleDevicesPage, OwnedDeviceRow};
use crate::views::pages::{DeviceRow, RemoveDevicePage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use crate::web::form_pages::list_or;
use keyward_actions::device;
use keyward_actions::metadata;
use keyward_core::domain::device::{Device, DeviceId, DeviceState, DeviceSummary, Suspicion};
use keyward_core::flows::permit::{Administrator, MayLookUp, Staff, Superuser};
use keyward_core::problem::{Problem, Result, codes};

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(staff): Permit<Staff>,
    wanted: Wanted<Devices>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayLookUp::at_console(&staff, client);
    let found = wanted.page(&site.app, &by).await?;
    let devices = &found.items;
    let ids = devices.iter().map(|found| found.device.id).collect();
    let pictures = metadata::model_pictures(&site.app, ids).await?;
    let suspects = devices.iter().map(|found| &found.device);
    let suspects = suspects.filter(|device| device.state == DeviceState::Suspect);
    let suspects = suspects.map(|device| device.id).collect();
    let suspicions = device::suspicions(&site.app, &by, suspects).await?;
    let rows = devices
        .iter()
        .map(|found| row(found, &pictures, &suspicions));
    let page = ConsoleDevicesPage {
        kind: found.list.kind,
        user: found.typed("user"),
        unused_days: found.asked.days("unused_days"),
        unused_since: found.typed("unused_since"),
        suspect: found.list.suspect,
        are_more_meant: found.list.are_more_meant(),
        devices: rows.collect(),
        next: found.next,
        is_first_page: found.is_first_page,
    };
    reader.at_console(&staff).show(&page)
}

fn row(
    summary: &DeviceSummary,
    pictures: &HashMap<DeviceId, Uuid>,
    suspicions: &[Suspicion],
) -> OwnedDeviceRow {
    OwnedDeviceRow {
        device: DeviceRow::new(&summary.device, summary.default_device)
            .pictured(pictures)
            .suspected(suspicions),
        owner_id: summary.device.user_id,
        owner: summary.owner.clone(),
    }
}

/// Asks before a device is removed.
pub async fn ask_to_remove(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    path: Path<String>,
) -> Answer {
    let removal = device::foresee_removal_of(&site.app, &asked.administrator, id(&path)?).await;
    let (removal, owner) = match removal {
        Ok(removal) => removal,
        Err(problem) => return kept(&asked.reader, &asked.superuser, problem),
    };
    let page = RemoveDevicePage {
        device: DeviceRow::new(&removal.device, owner.default_device),
        owner: Some(owner.name.as_str().to_owned()),
        remaining: removal.remaining,
        ended_sessions: removal.ended_sessions,
    };
    asked.reader.show(&page)
}

/// Removes a device.
pub async fn remove(
    request: HttpRequest,
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let removed = device::remove(&site.app, &administrator, id(&path)?).await;
    match removed {
        Ok(device) => answer_with(&request, &reader, &device, |name| Notice::DeviceRemoved {
            name,
        }),
        Err(problem) => kept(&reader, &superuser, problem),
    }
}

/// What policy asks of the administrator at the console stays, and their own page says why.
fn kept(reader: &Reader, superuser: &Superuser, problem: Problem) -> Answer {
    match problem.code() {
        codes::DEVICE_LAST | codes::DEVICE_ONLY_WAY_IN => {
            reader.tell(&address(superuser.id()), Notice::refused(&problem))
        }
        _ => Err(problem.into()),
    }
}

/// Lets a suspect device be used again.
pub async fn release(
    request: HttpRequest,
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let device = device::release(&site.app, &administrator, id(&path)?).await?;
    answer_with(&request, &reader, &device, |name| Notice::DeviceReleased {
        name,
    })
}

/// On to the owner.
fn answer_with(
    request: &HttpRequest,
    reader: &Reader,
    device: &Device,
    notice: impl FnOnce(String) -> Notice,
) -> Answer {
    let name = device.name.as_str().to_owned();
    let to = list_or(request, address(device.user_id));
    reader.tell(&to, notice(name))
}

fn id(path: &str) -> Result<DeviceId> {
    DeviceId::parse(path).ok_or_else(|| codes::DEVICE_UNKNOWN.into())
}
