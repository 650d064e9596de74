//! `/api/v1/devices` and `/api/v1/credentials`

use actix_web::http::Method;

use super::call::{Call, done};
use super::lists::list;
use super::operation::{Operation, to};
use crate::lists::{Credentials, Devices};
use crate::rows::{CredentialRow, DeviceRow};
use crate::web::answer::Answer;
use keyward_actions::device;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::domain::device::DeviceId;
use keyward_core::problem::{Result, codes};

/// The operations.
pub fn operations() -> Vec<Operation> {
    let (reads, writes) = (ApiScope::DevicesRead, ApiScope::DevicesWrite);
    let unknown = &[codes::DEVICE_UNKNOWN];
    vec![
        list::<Devices>("devices.list", reads),
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
        list::<Credentials>("credentials.list", reads),
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

async fn read(call: Call) -> Answer {
    let found = device::find(call.app(), &call.looks_up()?, device_of(&call)?).await?;
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

async fn credential(call: Call) -> Answer {
    let found = device::credential(call.app(), &call.audits()?, device_of(&call)?).await?;
    call.read(&CredentialRow::from(&found), None)
}
