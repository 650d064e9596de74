//! What an authenticator app's device knows.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::prepared_statements;
use super::schema::{devices, totp_secrets};
use keyward_core::domain::device::{DeviceId, DeviceState};
use keyward_core::domain::user::UserId;
use keyward_core::factors::totp::{TotpDevice, TotpParameters};
use keyward_core::problem::Result;

#[derive(Queryable)]
struct TotpRow {
    device_id: String,
    secret: Vec<u8>,
    digits: i64,
    step: i64,
    t0: i64,
    tolerance: i64,
    drift: i64,
    last_step: i64,
}

impl TotpRow {
    fn into_device(self, user_id: UserId) -> Result<TotpDevice> {
        let bad = |what| unreadable("totp_secrets", &self.device_id, what);
        Ok(TotpDevice {
            device_id: DeviceId::from_stored(&self.device_id).ok_or_else(|| bad("device_id"))?,
            user_id,
            parameters: TotpParameters {
                digits: u32::try_from(self.digits).map_err(|_| bad("digits"))?,
                step: u32::try_from(self.step).map_err(|_| bad("step"))?,
                t0: self.t0,
                tolerance: u32::try_from(self.tolerance).map_err(|_| bad("tolerance"))?,
            },
            drift: self.drift,
            last_step: self.last_step,
            sealed_secret: self.secret,
        })
    }
}

/// Adds what the kind knows to a device that is there already.
pub fn insert(connection: &mut AnyConnection, device: &TotpDevice) -> Result<()> {
    prepared!(connection, |c| diesel::insert_into(totp_secrets::table)
        .values((
            totp_secrets::device_id.eq(device.device_id.to_string()),
            totp_secrets::secret.eq(&device.sealed_secret),
            totp_secrets::digits.eq(i64::from(device.parameters.digits)),
            totp_secrets::step.eq(i64::from(device.parameters.step)),
            totp_secrets::t0.eq(device.parameters.t0),
            totp_secrets::tolerance.eq(i64::from(device.parameters.tolerance)),
            totp_secrets::drift.eq(device.drift),
            totp_secrets::last_step.eq(device.last_step),
        ))
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// The authenticator apps of a user that may be used.
pub fn of_user(connection: &mut AnyConnection, user: UserId) -> Result<Vec<TotpDevice>> {
    prepared!(connection, |c| totp_secrets::table
        .inner_join(devices::table)
        .filter(devices::user_id.eq(user.to_string()))
        .filter(devices::state.eq(DeviceState::Active.as_str()))
        .order(devices::id)
        .select(totp_secrets::all_columns)
        .load::<TotpRow>(c))
    .map_err(failed)?
    .into_iter()
    .map(|row| row.into_device(user))
    .collect()
}

/// Spends a code: remembers its step and the drift. `false` where this or a later code was spent
/// before, also in a race (RFC 6238 §5.2).
pub fn spend(
    connection: &mut AnyConnection,
    device: DeviceId,
    step: i64,
    drift: i64,
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        totp_secrets::table
            .find(device.to_string())
            .filter(totp_secrets::last_step.lt(step)),
    )
    .set((
        totp_secrets::last_step.eq(step),
        totp_secrets::drift.eq(drift),
    ))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}
