//! YubiKeys that type one-time passwords, by their public ids.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, is_taken, prepared, unreadable};
use super::schema::{devices, users, yubikeys};
use keyward_core::domain::device::{DeviceId, DeviceState};
use keyward_core::domain::user::UserId;
use keyward_core::factors::yubikey::YubikeyDevice;
use keyward_core::problem::{Result, codes};
use keyward_core::protocols::yubico::PublicId;

/// Binds a public id to a device that is there already.
///
/// # Errors
/// `device.taken` where a user has it: a public id belongs to one user at a time.
pub fn insert(
    connection: &mut AnyConnection,
    device: DeviceId,
    public_id: &PublicId,
) -> Result<()> {
    let inserted = prepared!(connection, |c| diesel::insert_into(yubikeys::table)
        .values((
            yubikeys::device_id.eq(device.to_string()),
            yubikeys::public_id.eq(public_id.as_str()),
        ))
        .execute(c));
    if is_taken(&inserted) {
        return Err(codes::DEVICE_TAKEN.into());
    }
    inserted.map(drop).map_err(failed)
}

/// The name of the user who has the key of this public id.
pub fn owner(connection: &mut AnyConnection, public_id: &PublicId) -> Result<Option<String>> {
    prepared!(connection, |c| yubikeys::table
        .inner_join(devices::table.inner_join(users::table))
        .filter(yubikeys::public_id.eq(public_id.as_str()))
        .select(users::name)
        .get_result(c))
    .optional()
    .map_err(failed)
}

/// Rows as they are, in the order of their devices after one.
pub(super) fn as_they_are(
    connection: &mut AnyConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Result<()>)>> {
    let rows = yubikeys::table
        .filter(yubikeys::device_id.gt(after))
        .order(yubikeys::device_id)
        .limit(limit)
        .load::<(String, String)>(connection)
        .map_err(failed)?;
    let read = |(device, public_id): (String, String)| {
        let id = PublicId::from_stored(&public_id);
        let read = id.ok_or_else(|| unreadable("yubikeys", &device, "public_id"));
        (device, read.map(drop))
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Who has a YubiKey of this public id.
pub fn owners_of(connection: &mut AnyConnection, public_id: &PublicId) -> Result<Vec<UserId>> {
    let ids: Vec<String> = yubikeys::table
        .inner_join(devices::table)
        .filter(yubikeys::public_id.eq(public_id.as_str()))
        .select(devices::user_id)
        .load(connection)
        .map_err(failed)?;
    let read =
        |id: String| UserId::from_stored(&id).ok_or_else(|| unreadable("devices", &id, "user_id"));
    ids.into_iter().map(read).collect()
}

/// The YubiKeys of a user that may be used.
pub fn of_user(connection: &mut AnyConnection, user: UserId) -> Result<Vec<YubikeyDevice>> {
    prepared!(connection, |c| yubikeys::table
        .inner_join(devices::table)
        .filter(devices::user_id.eq(user.to_string()))
        .filter(devices::state.eq(DeviceState::Active.as_str()))
        .order(devices::id)
        .select(yubikeys::all_columns)
        .load::<(String, String)>(c))
    .map_err(failed)?
    .into_iter()
    .map(|(device_id, public_id)| {
        let bad = |what| unreadable("yubikeys", &device_id, what);
        Ok(YubikeyDevice {
            id: DeviceId::from_stored(&device_id).ok_or_else(|| bad("device_id"))?,
            user_id: user,
            public_id: PublicId::from_stored(&public_id).ok_or_else(|| bad("public_id"))?,
        })
    })
    .collect()
}
