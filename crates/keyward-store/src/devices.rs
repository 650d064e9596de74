//! Devices: what all kinds have in common.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::connection::{AnyConnection, failed, listed, prepared, unreadable};
use super::prepared_statements;
use super::schema::{devices, users};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{
    Device, DeviceFilter, DeviceId, DeviceKind, DeviceName, DevicePlace, DeviceState, DeviceSummary,
};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Problem, Result, codes};

#[derive(Queryable)]
struct DeviceRow {
    id: String,
    user_id: String,
    kind: String,
    name: String,
    model: Option<String>,
    state: String,
    created_at: i64,
    last_used_at: Option<i64>,
    idle_since: i64,
}

impl TryFrom<DeviceRow> for Device {
    type Error = Problem;

    fn try_from(row: DeviceRow) -> Result<Self> {
        let bad = |what| unreadable("devices", &row.id, what);
        Ok(Self {
            id: DeviceId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
            user_id: UserId::from_stored(&row.user_id).ok_or_else(|| bad("user_id"))?,
            kind: DeviceKind::from_stored(&row.kind).ok_or_else(|| bad("kind"))?,
            name: DeviceName::from_stored(&row.name),
            state: DeviceState::from_stored(&row.state).ok_or_else(|| bad("state"))?,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
            model: row.model,
        })
    }
}

/// Adds a device; what its kind alone knows follows in a table of its own.
pub fn insert(connection: &mut AnyConnection, device: &Device) -> Result<()> {
    prepared!(connection, |c| diesel::insert_into(devices::table)
        .values((
            devices::id.eq(device.id.to_string()),
            devices::user_id.eq(device.user_id.to_string()),
            devices::kind.eq(device.kind.as_str()),
            devices::name.eq(device.name.as_str()),
            devices::model.eq(device.model.as_deref()),
            devices::state.eq(device.state.as_str()),
            devices::created_at.eq(device.created_at.millis()),
            devices::idle_since.eq(device.created_at.millis()),
        ))
        .execute(c))
    .map_err(failed)?;
    prepared!(connection, |c| prepared_statements::update(
        users::table.find(device.user_id.to_string())
    )
    .set(users::device_count.eq(users::device_count + 1))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// The device of this id.
pub fn by_id(connection: &mut AnyConnection, id: DeviceId) -> Result<Option<Device>> {
    prepared!(connection, |c| devices::table
        .find(id.to_string())
        .get_result::<DeviceRow>(c))
    .optional()
    .map_err(failed)?
    .map(Device::try_from)
    .transpose()
}

/// This device of this user.
///
/// # Errors
/// `device.unknown`, also where the device is another user's.
pub fn expect_of(connection: &mut AnyConnection, owner: UserId, id: DeviceId) -> Result<Device> {
    by_id(connection, id)?
        .filter(|device| device.user_id == owner)
        .ok_or_else(|| codes::DEVICE_UNKNOWN.into())
}

/// All devices of a user, oldest first.
pub fn of_user(connection: &mut AnyConnection, owner: UserId) -> Result<Vec<Device>> {
    prepared!(connection, |c| devices::table
        .filter(devices::user_id.eq(owner.to_string()))
        .order(devices::id)
        .load::<DeviceRow>(c))
    .map_err(failed)?
    .into_iter()
    .map(Device::try_from)
    .collect()
}

/// The same for an administrator who helps a user, without those that cannot be read.
pub fn readable_of(connection: &mut AnyConnection, owner: UserId) -> Result<Vec<Device>> {
    devices::table
        .filter(devices::user_id.eq(owner.to_string()))
        .order(devices::id)
        .load::<DeviceRow>(connection)
        .map_err(failed)?
        .into_iter()
        .map(Device::try_from)
        .filter_map(listed)
        .collect()
}

/// How many devices a user has, those that cannot be read too.
pub fn count_of(connection: &mut AnyConnection, owner: UserId) -> Result<usize> {
    let count = devices::table
        .filter(devices::user_id.eq(owner.to_string()))
        .count()
        .get_result::<i64>(connection)
        .map_err(failed)?;
    Ok(count.try_into().unwrap_or_default())
}

/// Whether a superuser has a device of this kind.
pub fn superusers_have(connection: &mut AnyConnection, kind: DeviceKind) -> Result<bool> {
    let theirs = devices::table
        .inner_join(users::table)
        .filter(devices::kind.eq(kind.as_str()))
        .filter(users::is_superuser);
    diesel::select(diesel::dsl::exists(theirs))
        .get_result(connection)
        .map_err(failed)
}

/// Whether a user has a device, suspect or not: one that may be copied must not turn the second
/// factor off.
pub fn has_any(connection: &mut AnyConnection, owner: UserId) -> Result<bool> {
    prepared!(connection, |c| diesel::select(diesel::dsl::exists(
        devices::table.filter(devices::user_id.eq(owner.to_string())),
    ))
    .get_result(c))
    .map_err(failed)
}

/// Renames a device of this user; `false` where there is none.
pub fn rename(
    connection: &mut AnyConnection,
    owner: UserId,
    id: DeviceId,
    name: &DeviceName,
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        devices::table
            .find(id.to_string())
            .filter(devices::user_id.eq(owner.to_string())),
    )
    .set(devices::name.eq(name.as_str()))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Remembers that a device proved its owner; `false` where it may not any more.
pub fn note_use(connection: &mut AnyConnection, id: DeviceId, now: Timestamp) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        devices::table
            .find(id.to_string())
            .filter(devices::state.eq(DeviceState::Active.as_str())),
    )
    .set((
        devices::last_used_at.eq(now.millis()),
        devices::idle_since.eq(now.millis()),
    ))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Changes whether a device may be used; `false` where it was not in the state that it is taken from.
pub fn change_state(
    connection: &mut AnyConnection,
    id: DeviceId,
    from: DeviceState,
    to: DeviceState,
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        devices::table
            .find(id.to_string())
            .filter(devices::state.eq(from.as_str())),
    )
    .set(devices::state.eq(to.as_str()))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Removes a device of this user with everything that its kind knows; `false` where there is none.
pub fn remove(connection: &mut AnyConnection, owner: UserId, id: DeviceId) -> Result<bool> {
    let removed = prepared!(connection, |c| diesel::delete(
        devices::table
            .find(id.to_string())
            .filter(devices::user_id.eq(owner.to_string())),
    )
    .execute(c))
    .map_err(failed)?;
    if removed == 0 {
        return Ok(false);
    }
    let owners_row = users::table.find(owner.to_string());
    prepared!(connection, |c| prepared_statements::update(
        owners_row.clone()
    )
    .set(users::device_count.eq(users::device_count - 1))
    .execute(c))
    .map_err(failed)?;
    prepared!(connection, |c| prepared_statements::update(
        owners_row.filter(users::default_device.eq(id.to_string()))
    )
    .set(users::default_device.eq(None::<String>))
    .execute(c))
    .map_err(failed)?;
    Ok(true)
}

/// Removes all devices of a user, and counts them.
pub fn remove_all(connection: &mut AnyConnection, owner: UserId) -> Result<usize> {
    prepared!(connection, |c| prepared_statements::update(
        users::table.find(owner.to_string())
    )
    .set((
        users::default_device.eq(None::<String>),
        users::device_count.eq(0),
    ))
    .execute(c))
    .map_err(failed)?;
    prepared!(connection, |c| diesel::delete(
        devices::table.filter(devices::user_id.eq(owner.to_string()))
    )
    .execute(c))
    .map_err(failed)
}

/// A page of everybody's devices, the longest unused first.
pub fn page(
    connection: &mut AnyConnection,
    filter: &DeviceFilter,
    limit: i64,
) -> Result<Vec<DeviceSummary>> {
    let mut query = devices::table
        .inner_join(users::table)
        .select((devices::all_columns, users::name, users::default_device))
        .order((devices::idle_since, devices::id))
        .limit(limit)
        .into_boxed();
    if let Some(kind) = filter.kind {
        query = query.filter(devices::kind.eq(kind.as_str()));
    }
    if let Some(user) = filter.user {
        query = query.filter(devices::user_id.eq(user.to_string()));
    }
    if let Some(moment) = filter.idle_since {
        query = query.filter(devices::idle_since.lt(moment.millis()));
    }
    if filter.suspect {
        // Written out, or the index of suspects would not be seen to fit.
        query = query.filter(sql::<Bool>("devices.state = 'suspect'"));
    }
    if let Some(place) = filter.after {
        // A row value is one range of the index, however many devices share a moment.
        query = query.filter(
            sql::<Bool>("(devices.idle_since, devices.id) > (")
                .bind::<BigInt, _>(place.idle_since.millis())
                .sql(", ")
                .bind::<Text, _>(place.id.to_string())
                .sql(")"),
        );
    }
    query
        .load::<(DeviceRow, String, Option<String>)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(summed_up)
        .filter_map(listed)
        .collect()
}

/// One device, as lists tell it.
pub fn summary(connection: &mut AnyConnection, id: DeviceId) -> Result<Option<DeviceSummary>> {
    let found = devices::table
        .inner_join(users::table)
        .filter(devices::id.eq(id.to_string()))
        .select((devices::all_columns, users::name, users::default_device))
        .first::<(DeviceRow, String, Option<String>)>(connection)
        .optional()
        .map_err(failed)?;
    found.map(summed_up).transpose()
}

fn summed_up((row, owner, default): (DeviceRow, String, Option<String>)) -> Result<DeviceSummary> {
    let idle_since = Timestamp::from_millis(row.idle_since);
    let device = Device::try_from(row)?;
    Ok(DeviceSummary {
        place: DevicePlace {
            idle_since,
            id: device.id,
        },
        default_device: default.as_deref().and_then(DeviceId::from_stored),
        device,
        owner,
    })
}

/// A page of all devices as their rows are, by id.
pub(super) fn as_they_are(
    connection: &mut AnyConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Result<Device>)>> {
    let rows = devices::table
        .filter(devices::id.gt(after))
        .order(devices::id)
        .limit(limit)
        .load::<DeviceRow>(connection)
        .map_err(failed)?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id.clone(), row.try_into()))
        .collect())
}
