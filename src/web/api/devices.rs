//! `/api/v1/devices` and `/api/v1/credentials`

use actix_web::http::Method;

use super::call::{Call, done};
use super::operation::{Operation, to};
use super::users::user_named;
use crate::rows::{CredentialRow, DeviceRow};
use crate::web::answer::Answer;
use keyward_actions::device;
use keyward_core::clock::Timestamp;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::device::{DeviceFilter, DeviceId, DeviceKind, DevicePlace};
use keyward_core::problem::{Result, codes};

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::DevicesRead, ApiScope::DevicesWrite);
    let unknown = &[codes::DEVICE_UNKNOWN];
    let kinds = DeviceKind::ALL.map(DeviceKind::as_str);
    let whose = "Of this user, by id or name.";
    vec![
        Operation::new(
            Method::GET,
            "/devices",
            "devices.list",
            reads,
            "Devices, the longest unused first",
            || to(list),
        )
        .lists::<DeviceRow>()
        .filter("user", whose)
        .filter_of("kind", "Of this kind.", &kinds)
        .filter_of(
            "state",
            "`suspect`: those whose signature counter went back.",
            &["suspect"],
        )
        .filter("unused_since", "Not used since this moment (RFC 3339).")
        .refuses(&[codes::USER_UNKNOWN]),
        Operation::new(
            Method::GET,
            "/devices/{id}",
            "devices.read",
            reads,
            "One device",
            || to(read),
        )
        .reads::<DeviceRow>()
        .refuses(unknown),
        Operation::new(
            Method::DELETE,
            "/devices/{id}",
            "devices.delete",
            writes,
            "Removes a device, and ends the sessions that it proved",
            || to(delete),
        )
        .refuses(&[
            codes::DEVICE_UNKNOWN,
            codes::DEVICE_LAST,
            codes::DEVICE_ONLY_WAY_IN,
        ]),
        Operation::new(
            Method::POST,
            "/devices/{id}/release",
            "devices.release",
            writes,
            "Takes a suspect device off hold",
            || to(release),
        )
        .tells::<DeviceRow>("The device as it is now.")
        .refuses(unknown),
        Operation::new(
            Method::GET,
            "/credentials",
            "credentials.list",
            reads,
            "What is known of passkeys and security keys, in the order of their devices",
            || to(credentials),
        )
        .lists::<CredentialRow>()
        .filter("user", whose)
        .refuses(&[codes::USER_UNKNOWN]),
        Operation::new(
            Method::GET,
            "/credentials/{id}",
            "credentials.read",
            reads,
            "The credential in one device",
            || to(credential),
        )
        .reads::<CredentialRow>()
        .refuses(unknown),
    ]
}

fn device_of(call: &Call) -> Result<DeviceId> {
    let id = call.path("id", |text| Some(DeviceId::parse(text)))?;
    id.ok_or_else(|| codes::DEVICE_UNKNOWN.into())
}

async fn list(call: Call) -> Answer {
    let (listing, by, app) = (call.listing()?, call.administrator()?, call.app());
    let place: Option<(i64, DeviceId)> = listing.place(app)?;
    let filter = DeviceFilter {
        kind: listing.filter("kind", DeviceKind::parse)?,
        idle_since: listing.filter("unused_since", Timestamp::from_rfc3339)?,
        suspect: listing
            .filter("state", |text| (text == "suspect").then_some(()))?
            .is_some(),
        user: match listing.text("user") {
            None => None,
            Some(user) => Some(user_named(&call, &by, user).await?),
        },
        after: place.map(|(since, id)| DevicePlace {
            idle_since: Timestamp::from_millis(since),
            id,
        }),
    };
    let found = device::list(app, &by, filter, listing.one_more()?).await?;
    let size = listing.size()?;
    let next = found
        .get(size)
        .and_then(|_| found.get(size.saturating_sub(1)));
    let next = next.map(|last| (last.place.idle_since.millis(), last.place.id));
    let rows: Vec<DeviceRow> = found.iter().take(size).map(DeviceRow::from).collect();
    listing.page_before(app, &rows, next)
}

async fn read(call: Call) -> Answer {
    let found = device::find(call.app(), &call.administrator()?, device_of(&call)?).await?;
    call.read(&DeviceRow::from(&found), None)
}

async fn delete(call: Call) -> Answer {
    device::remove(call.app(), &call.administrator()?, device_of(&call)?).await?;
    done()
}

async fn release(call: Call) -> Answer {
    let (by, id) = (call.administrator()?, device_of(&call)?);
    device::release(call.app(), &by, id).await?;
    let found = device::find(call.app(), &by, id).await?;
    call.changed(&DeviceRow::from(&found), None)
}

async fn credentials(call: Call) -> Answer {
    let (listing, by, app) = (call.listing()?, call.administrator()?, call.app());
    let after: Option<DeviceId> = listing.place(app)?;
    let user = match listing.text("user") {
        None => None,
        Some(user) => Some(user_named(&call, &by, user).await?),
    };
    let found = device::credentials(app, &by, user, after, listing.one_more()?).await?;
    let rows = found.iter().map(CredentialRow::from).collect();
    listing.page(app, rows, |last: &CredentialRow| last.device.clone())
}

async fn credential(call: Call) -> Answer {
    let found = device::credential(call.app(), &call.administrator()?, device_of(&call)?).await?;
    call.read(&CredentialRow::from(&found), None)
}
