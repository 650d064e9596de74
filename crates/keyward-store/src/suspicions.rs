//! Why devices are suspect: what their counters did.

use std::net::IpAddr;

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, listed, unreadable};
use super::schema::{devices, suspicions};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{DeviceId, Suspicion};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

type Row = (String, i64, i64, i64, String, String);

/// Remembers why a device is suspect, in place of what was known before.
pub fn put(connection: &mut AnyConnection, suspicion: &Suspicion) -> Result<()> {
    forget(connection, suspicion.device_id)?;
    diesel::insert_into(suspicions::table)
        .values((
            suspicions::device_id.eq(suspicion.device_id.to_string()),
            suspicions::raised_at.eq(suspicion.raised_at.millis()),
            suspicions::stored_count.eq(i64::from(suspicion.stored)),
            suspicions::presented_count.eq(i64::from(suspicion.presented)),
            suspicions::address.eq(suspicion.client.address.to_string()),
            suspicions::user_agent.eq(&suspicion.client.user_agent),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Why this device is suspect, if it is known.
pub fn of_device(connection: &mut AnyConnection, device: DeviceId) -> Result<Option<Suspicion>> {
    suspicions::table
        .find(device.to_string())
        .first::<Row>(connection)
        .optional()
        .map_err(failed)?
        .map(read)
        .and_then(listed)
        .transpose()
}

/// Why devices of this user are suspect.
pub fn of_user(connection: &mut AnyConnection, user: UserId) -> Result<Vec<Suspicion>> {
    suspicions::table
        .inner_join(devices::table)
        .filter(devices::user_id.eq(user.to_string()))
        .select(suspicions::all_columns)
        .load::<Row>(connection)
        .map_err(failed)?
        .into_iter()
        .map(read)
        .filter_map(listed)
        .collect()
}

/// Forgets why a device was suspect.
pub fn forget(connection: &mut AnyConnection, device: DeviceId) -> Result<()> {
    diesel::delete(suspicions::table.find(device.to_string()))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Rows as they are, in the order of their ids after one.
pub(super) fn as_they_are(
    connection: &mut AnyConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Result<()>)>> {
    let rows = suspicions::table
        .filter(suspicions::device_id.gt(after))
        .order(suspicions::device_id)
        .limit(limit)
        .load::<Row>(connection)
        .map_err(failed)?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (row.0.clone(), read(row).map(drop)))
        .collect())
}

fn read((id, raised_at, stored, presented, address, user_agent): Row) -> Result<Suspicion> {
    let bad = |what| unreadable("suspicions", &id, what);
    let address = address.parse::<IpAddr>().map_err(|_| bad("address"))?;
    Ok(Suspicion {
        device_id: DeviceId::from_stored(&id).ok_or_else(|| bad("device_id"))?,
        raised_at: Timestamp::from_millis(raised_at),
        stored: u32::try_from(stored).map_err(|_| bad("stored_count"))?,
        presented: u32::try_from(presented).map_err(|_| bad("presented_count"))?,
        client: Client::new(address, &user_agent),
    })
}
