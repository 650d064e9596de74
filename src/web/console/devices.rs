//! `/console/devices`

use actix_web::HttpRequest;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

use super::paging::{ONE_MORE, cut, read, typed};
use super::user_address::address;
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
use keyward_actions::user;
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{
    Device, DeviceFilter, DeviceId, DeviceKind, DevicePlace, DeviceState, DeviceSummary, Suspicion,
};
use keyward_core::flows::permit::{Administrator, SteppedUp, Superuser};
use keyward_core::problem::{Problem, Result, codes};

/// The most days that the filter takes.
const MOST_DAYS: u32 = 36_500;

#[derive(Deserialize)]
pub struct Params {
    kind: Option<String>,
    user: Option<String>,
    unused_days: Option<String>,
    state: Option<String>,
    after: Option<String>,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Query(asked): Query<Params>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let after = read(asked.after, place)?;
    let mut page = ConsoleDevicesPage {
        kind: read(asked.kind, DeviceKind::parse)?,
        user: typed(asked.user)?.unwrap_or_default(),
        unused_days: read(asked.unused_days, days)?,
        suspect: read(asked.state, DeviceState::parse)? == Some(DeviceState::Suspect),
        are_more_meant: false,
        devices: Vec::new(),
        next: None,
        is_first_page: after.is_none(),
    };
    let mut devices = found(&site, &administrator, &mut page, after).await?;
    let is_more = cut(&mut devices);
    let last = devices.last().filter(|_| is_more);
    page.next = last.map(|last| written(last.place));
    let ids = devices.iter().map(|found| found.device.id).collect();
    let pictures = metadata::model_pictures(&site.app, ids).await?;
    let suspects = devices.iter().map(|found| &found.device);
    let suspects = suspects.filter(|device| device.state == DeviceState::Suspect);
    let suspects = suspects.map(|device| device.id).collect();
    let suspicions = device::suspicions(&site.app, &administrator, suspects).await?;
    let rows = devices
        .iter()
        .map(|found| row(found, &pictures, &suspicions));
    page.devices = rows.collect();
    reader.at_console(&superuser).show(&page)
}

/// What the page's filter finds.
async fn found(
    site: &Site,
    administrator: &Administrator,
    page: &mut ConsoleDevicesPage,
    after: Option<DevicePlace>,
) -> Result<Vec<DeviceSummary>> {
    let unused = page.unused_days.map(u64::from);
    let filter = DeviceFilter {
        kind: page.kind,
        user: None,
        idle_since: unused.map(|days| site.app.now() - Duration::from_hours(24 * days)),
        suspect: page.suspect,
        after,
    };
    if page.user.is_empty() {
        return device::list(&site.app, administrator, filter, ONE_MORE).await;
    }
    let meant = user::meant(&site.app, administrator, &page.user).await?;
    page.are_more_meant = meant.are_more;
    let mut found = Vec::new();
    for user in meant.people {
        let filter = DeviceFilter {
            user: Some(user),
            ..filter.clone()
        };
        found.extend(device::list(&site.app, administrator, filter, ONE_MORE).await?);
    }
    found.sort_by_key(|one| (one.place.idle_since, one.place.id.to_string()));
    found.truncate(usize::try_from(ONE_MORE).unwrap_or_default());
    Ok(found)
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
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let removal = device::foresee_removal_of(&site.app, &administrator, id(&path)?).await;
    let (removal, owner) = match removal {
        Ok(removal) => removal,
        Err(problem) => return kept(&reader, &superuser, problem),
    };
    let page = RemoveDevicePage {
        device: DeviceRow::new(&removal.device, owner.default_device),
        owner: Some(owner.name.as_str().to_owned()),
        remaining: removal.remaining,
        ended_sessions: removal.ended_sessions,
    };
    reader.at_console(&superuser).show(&page)
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

fn days(text: &str) -> Option<u32> {
    text.parse().ok().filter(|days| *days <= MOST_DAYS)
}

/// A place in the list, as addresses carry it.
fn written(place: DevicePlace) -> String {
    format!("{}-{}", place.idle_since.millis(), place.id)
}

fn place(text: &str) -> Option<DevicePlace> {
    let (millis, id) = text.split_once('-')?;
    Some(DevicePlace {
        idle_since: Timestamp::from_millis(millis.parse().ok()?),
        id: DeviceId::parse(id)?,
    })
}
