//! The keys that devices are on, as policy looks at them.

use std::collections::HashMap;

use diesel::prelude::*;

use super::schema::{key_devices, key_slots, keys};
use super::{Columns, KeyRow, by_id, by_serial, key_of_slot};
use crate::connection::{AnyConnection, failed, listed, unreadable};
use crate::schema::{attestations, yubikeys};
use keyward_core::domain::attestation::AttestedSerial;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::key::{Key, SerialNumber};
use keyward_core::problem::Result;

type Found = Vec<(String, KeyRow)>;

/// The keys that these devices are on. What is proved counts for more than what is told.
pub fn of_devices(
    connection: &mut AnyConnection,
    devices: &[DeviceId],
) -> Result<HashMap<DeviceId, Key>> {
    let ids: Vec<String> = devices.iter().map(ToString::to_string).collect();
    let told: Found = key_devices::table
        .inner_join(keys::table.on(keys::id.eq(key_devices::key_id)))
        .filter(key_devices::device_id.eq_any(&ids))
        .select((key_devices::device_id, Columns::default()))
        .load(connection)
        .map_err(failed)?;
    let by_slot: Found = yubikeys::table
        .inner_join(key_slots::table.on(key_slots::public_id.eq(yubikeys::public_id)))
        .inner_join(keys::table.on(keys::id.eq(key_slots::key_id)))
        .filter(yubikeys::device_id.eq_any(&ids))
        .select((yubikeys::device_id, Columns::default()))
        .load(connection)
        .map_err(failed)?;
    let by_serial = attestations::table
        .inner_join(keys::table.on(attestations::serial.eq(keys::serial.nullable())))
        .filter(attestations::device_id.eq_any(&ids))
        .filter(attestations::is_verified)
        .select((
            attestations::device_id,
            attestations::serial_maker,
            Columns::default(),
        ))
        .load::<(String, Option<String>, KeyRow)>(connection)
        .map_err(failed)?
        .into_iter()
        .filter(|(_, maker, row)| {
            let maker = maker.as_deref();
            maker.is_some_and(|maker| AttestedSerial::names_maker(maker, &row.facts.maker))
        })
        .map(|(device, _, row)| (device, row));
    // What comes later takes the place of what came before.
    told.into_iter()
        .chain(by_slot)
        .chain(by_serial)
        .map(|(device, row)| {
            let id = DeviceId::from_stored(&device);
            let id = id.ok_or_else(|| unreadable("devices", &device, "id"))?;
            Ok((id, Key::try_from(row)?))
        })
        .filter_map(listed)
        .collect()
}

/// The key that a certificate says an authenticator is.
pub fn of_serial(connection: &mut AnyConnection, serial: &AttestedSerial) -> Result<Option<Key>> {
    let number = SerialNumber::from_stored(&serial.number);
    let found = by_serial(connection, &number, None)?;
    let is_meant = |key: &Key| AttestedSerial::names_maker(&serial.maker, &key.facts.maker);
    Ok(found.into_iter().find(is_meant))
}

/// Whether a certificate of some device tells a serial number: of whichever maker.
pub fn is_told(connection: &mut AnyConnection, serial: &SerialNumber) -> Result<bool> {
    let told = attestations::table.filter(attestations::serial.eq(serial.as_str()));
    diesel::select(diesel::dsl::exists(told))
        .get_result(connection)
        .map_err(failed)
}

/// The key that has the OTP slot of this public id.
pub fn of_slot(connection: &mut AnyConnection, public_id: &str) -> Result<Option<Key>> {
    match key_of_slot(connection, public_id)? {
        Some(id) => by_id(connection, id),
        None => Ok(None),
    }
}

/// Keeps a key as it is until the transaction ends; `false` where it is of another version by now.
pub fn hold(connection: &mut AnyConnection, key: &Key) -> Result<bool> {
    let row = keys::table
        .find(key.id.to_string())
        .filter(keys::version.eq(key.version));
    diesel::update(row)
        .set(keys::version.eq(key.version))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}
