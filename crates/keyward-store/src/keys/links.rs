//! What is on a key: OTP slots by their public ids, and devices of people.
//!
//! A YubiKey that types one-time passwords is on the key whose slot has its public id: that is looked up,
//! and not written down, so it is so for devices that are added later too.

use std::collections::HashMap;

use diesel::prelude::*;

use super::schema::{key_devices, key_slots, keys};
use crate::connection::{AnyConnection, failed, prepared, unreadable};
use crate::schema::{attestations, devices, otp_keys, users, yubikeys};
use keyward_core::clock::Timestamp;
use keyward_core::domain::attestation::AttestedSerial;
use keyward_core::domain::device::{DeviceId, DeviceKind};
use keyward_core::domain::key::{KeyId, KeyLinks, LinkProof, LinkedDevice, LinkedSlot};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

/// The key that has the OTP slot of this public id.
pub fn key_of_slot(connection: &mut AnyConnection, public_id: &str) -> Result<Option<KeyId>> {
    let id = key_slots::table
        .find(public_id)
        .select(key_slots::key_id)
        .get_result::<String>(connection)
        .optional()
        .map_err(failed)?;
    id.map(|id| KeyId::from_stored(&id).ok_or_else(|| unreadable("key_slots", public_id, "key_id")))
        .transpose()
}

/// Says that a slot is on a key; `false` where it is on one already.
pub fn link_slot(
    connection: &mut AnyConnection,
    key: KeyId,
    public_id: &str,
    now: Timestamp,
) -> Result<bool> {
    let statement = diesel::insert_into(key_slots::table)
        .values((
            key_slots::public_id.eq(public_id),
            key_slots::key_id.eq(key.to_string()),
            key_slots::linked_at.eq(now.millis()),
        ))
        .on_conflict(key_slots::public_id)
        .do_nothing();
    prepared!(connection, |inner| statement.execute(inner))
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Says that a device is on a key; `false` where it is on one already.
pub fn link_device(
    connection: &mut AnyConnection,
    key: KeyId,
    device: DeviceId,
    now: Timestamp,
) -> Result<bool> {
    let statement = diesel::insert_into(key_devices::table)
        .values((
            key_devices::device_id.eq(device.to_string()),
            key_devices::key_id.eq(key.to_string()),
            key_devices::linked_at.eq(now.millis()),
        ))
        .on_conflict(key_devices::device_id)
        .do_nothing();
    prepared!(connection, |inner| statement.execute(inner))
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Says that a slot is not on this key any more; `false` where it was not.
pub fn unlink_slot(connection: &mut AnyConnection, key: KeyId, public_id: &str) -> Result<bool> {
    let link = key_slots::table
        .find(public_id)
        .filter(key_slots::key_id.eq(key.to_string()));
    diesel::delete(link)
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Says that a device is not on this key any more; `false` where nobody had said that it was.
pub fn unlink_device(connection: &mut AnyConnection, key: KeyId, device: DeviceId) -> Result<bool> {
    let link = key_devices::table
        .find(device.to_string())
        .filter(key_devices::key_id.eq(key.to_string()));
    diesel::delete(link)
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// The public ids on each of these keys, in the order of their letters.
pub fn public_ids(
    connection: &mut AnyConnection,
    keys: &[String],
) -> Result<HashMap<String, Vec<String>>> {
    let rows = key_slots::table
        .filter(key_slots::key_id.eq_any(keys))
        .order(key_slots::public_id)
        .select((key_slots::key_id, key_slots::public_id))
        .load::<(String, String)>(connection)
        .map_err(failed)?;
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for (key, public_id) in rows {
        found.entry(key).or_default().push(public_id);
    }
    Ok(found)
}

type DeviceColumns = (
    devices::id,
    devices::kind,
    devices::name,
    devices::user_id,
    users::name,
);

#[derive(Queryable)]
struct DeviceRow {
    id: String,
    kind: String,
    name: String,
    owner: String,
    owner_name: String,
}

impl DeviceRow {
    fn linked(self, proof: LinkProof) -> Result<LinkedDevice> {
        let bad = |what| unreadable("devices", &self.id, what);
        Ok(LinkedDevice {
            id: DeviceId::from_stored(&self.id).ok_or_else(|| bad("id"))?,
            kind: DeviceKind::from_stored(&self.kind).ok_or_else(|| bad("kind"))?,
            owner: UserId::from_stored(&self.owner).ok_or_else(|| bad("user_id"))?,
            name: self.name,
            owner_name: self.owner_name,
            proof,
        })
    }
}

/// The devices whose maker's certificate has the serial number of a key, and leads to a root of their
/// model.
fn by_serial(connection: &mut AnyConnection, key: &str) -> Result<Vec<DeviceRow>> {
    let (serial, maker): (String, String) = keys::table
        .find(key)
        .select((keys::serial, keys::maker))
        .get_result(connection)
        .map_err(failed)?;
    if serial.is_empty() {
        return Ok(Vec::new());
    }
    let found = attestations::table
        .inner_join(devices::table.on(devices::id.eq(attestations::device_id)))
        .inner_join(users::table.on(users::id.eq(devices::user_id)))
        .filter(attestations::serial.eq(&serial))
        .filter(attestations::is_verified)
        .order(devices::id)
        .select((attestations::serial_maker, DeviceColumns::default()))
        .load::<(Option<String>, DeviceRow)>(connection)
        .map_err(failed)?;
    let is_of = |named: &Option<String>| {
        let named = named.as_deref();
        named.is_some_and(|named| AttestedSerial::names_maker(named, &maker))
    };
    let found = found.into_iter().filter(|(named, _)| is_of(named));
    Ok(found.map(|(_, row)| row).collect())
}

/// What is on a key.
pub fn links_of(connection: &mut AnyConnection, key: KeyId) -> Result<KeyLinks> {
    let key = key.to_string();
    let public_ids: Vec<String> = key_slots::table
        .filter(key_slots::key_id.eq(&key))
        .order(key_slots::public_id)
        .select(key_slots::public_id)
        .load(connection)
        .map_err(failed)?;
    let held: Vec<String> = otp_keys::table
        .filter(otp_keys::public_id.eq_any(&public_ids))
        .select(otp_keys::public_id)
        .load(connection)
        .map_err(failed)?;
    let by_slot = yubikeys::table
        .inner_join(devices::table.inner_join(users::table))
        .filter(yubikeys::public_id.eq_any(&public_ids))
        .order(devices::id)
        .select(DeviceColumns::default())
        .load::<DeviceRow>(connection)
        .map_err(failed)?;
    let told = key_devices::table
        .inner_join(devices::table.inner_join(users::table))
        .filter(key_devices::key_id.eq(&key))
        .order(devices::id)
        .select(DeviceColumns::default())
        .load::<DeviceRow>(connection)
        .map_err(failed)?;
    let by_serial = by_serial(connection, &key)?;
    let is_told_alone = |row: &DeviceRow| by_serial.iter().all(|proved| proved.id != row.id);
    let told: Vec<DeviceRow> = told.into_iter().filter(is_told_alone).collect();
    let by_slot = by_slot.into_iter();
    let by_slot = by_slot.map(|row| row.linked(LinkProof::PublicId));
    let by_serial = by_serial.into_iter();
    let by_serial = by_serial.map(|row| row.linked(LinkProof::Serial));
    let told = told.into_iter().map(|row| row.linked(LinkProof::Told));
    let slot = |public_id: String| LinkedSlot {
        is_held: held.contains(&public_id),
        public_id,
    };
    Ok(KeyLinks {
        devices: by_slot
            .chain(by_serial)
            .chain(told)
            .collect::<Result<_>>()?,
        slots: public_ids.into_iter().map(slot).collect(),
    })
}
