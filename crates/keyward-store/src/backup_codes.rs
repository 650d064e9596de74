//! The codes of backup sets.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::prepared_statements;
use super::schema::{backup_codes, devices};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{DeviceId, DeviceKind, DeviceState};
use keyward_core::domain::user::UserId;
use keyward_core::factors::backup_codes::BackupCodeSet;
use keyward_core::problem::Result;

/// Adds the codes of a set whose device is there already.
pub fn insert(connection: &mut AnyConnection, set: DeviceId, hashes: &[String]) -> Result<()> {
    for hash in hashes {
        diesel::insert_into(backup_codes::table)
            .values((
                backup_codes::device_id.eq(set.to_string()),
                backup_codes::code_hash.eq(hash),
            ))
            .execute(connection)
            .map_err(failed)?;
    }
    Ok(())
}

/// The set of a user that may be used.
pub fn of_user(connection: &mut AnyConnection, user: UserId) -> Result<Option<BackupCodeSet>> {
    let id = devices::table
        .filter(devices::user_id.eq(user.to_string()))
        .filter(devices::kind.eq(DeviceKind::BackupCodes.as_str()))
        .filter(devices::state.eq(DeviceState::Active.as_str()))
        .select(devices::id)
        .first::<String>(connection)
        .optional()
        .map_err(failed)?;
    let Some(id) = id else { return Ok(None) };
    let codes = backup_codes::table
        .filter(backup_codes::device_id.eq(&id))
        .order(backup_codes::code_hash)
        .select((backup_codes::code_hash, backup_codes::used_at))
        .load::<(String, Option<i64>)>(connection)
        .map_err(failed)?;
    Ok(Some(BackupCodeSet {
        device_id: DeviceId::from_stored(&id).ok_or_else(|| unreadable("devices", &id, "id"))?,
        user_id: user,
        codes: codes
            .into_iter()
            .map(|(hash, used_at)| (hash, used_at.is_some()))
            .collect(),
    }))
}

/// Spends a code; `false` where it was spent before, also in a race.
pub fn spend(
    connection: &mut AnyConnection,
    set: DeviceId,
    hash: &str,
    now: Timestamp,
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        backup_codes::table
            .find((set.to_string(), hash))
            .filter(backup_codes::used_at.is_null()),
    )
    .set(backup_codes::used_at.eq(now.millis()))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Whether a code of this set is left.
pub fn has_any_left(connection: &mut AnyConnection, set: DeviceId) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        backup_codes::table
            .filter(backup_codes::device_id.eq(set.to_string()))
            .filter(backup_codes::used_at.is_null()),
    ))
    .get_result(connection)
    .map_err(failed)
}
