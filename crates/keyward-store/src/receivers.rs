//! Where devices are sent codes.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, is_taken, unreadable};
use super::schema::receivers;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::receiver::DeliveryMethod;
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Result, codes};

/// A row: the address is sealed.
#[derive(Clone, Debug)]
pub struct SealedReceiver {
    /// The device.
    pub device_id: DeviceId,
    /// Whose it is.
    pub user_id: UserId,
    /// By what it is reached.
    pub method: DeliveryMethod,
    /// The sealed address.
    pub address: Vec<u8>,
    /// Its keyed hash.
    pub address_hash: String,
}

/// Adds a receiver to a device that is there already.
///
/// # Errors
/// `device.taken` where this user has the same one already.
pub fn insert(connection: &mut AnyConnection, receiver: &SealedReceiver) -> Result<()> {
    let inserted = diesel::insert_into(receivers::table)
        .values((
            receivers::device_id.eq(receiver.device_id.to_string()),
            receivers::user_id.eq(receiver.user_id.to_string()),
            receivers::method.eq(receiver.method.as_str()),
            receivers::address.eq(&receiver.address),
            receivers::address_hash.eq(&receiver.address_hash),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        return Err(codes::DEVICE_TAKEN.into());
    }
    inserted.map(drop).map_err(failed)
}

/// Whether this user has this receiver already.
pub fn is_known(
    connection: &mut AnyConnection,
    user: UserId,
    method: DeliveryMethod,
    address_hash: &str,
) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        receivers::table
            .filter(receivers::user_id.eq(user.to_string()))
            .filter(receivers::method.eq(method.as_str()))
            .filter(receivers::address_hash.eq(address_hash)),
    ))
    .get_result(connection)
    .map_err(failed)
}

/// The receiver of this device of this user.
pub fn of_device(
    connection: &mut AnyConnection,
    user: UserId,
    device: DeviceId,
) -> Result<Option<SealedReceiver>> {
    let row = receivers::table
        .find(device.to_string())
        .filter(receivers::user_id.eq(user.to_string()))
        .select((
            receivers::method,
            receivers::address,
            receivers::address_hash,
        ))
        .get_result::<(String, Vec<u8>, String)>(connection)
        .optional()
        .map_err(failed)?;
    row.map(|(method, address, address_hash)| {
        let method = DeliveryMethod::from_stored(&method);
        Ok(SealedReceiver {
            device_id: device,
            user_id: user,
            method: method.ok_or_else(|| unreadable("receivers", &device.to_string(), "method"))?,
            address,
            address_hash,
        })
    })
    .transpose()
}

/// The mailboxes that codes of a user are sent to.
pub fn mailboxes_of(connection: &mut AnyConnection, user: UserId) -> Result<Vec<SealedReceiver>> {
    receivers::table
        .filter(receivers::user_id.eq(user.to_string()))
        .filter(receivers::method.eq(DeliveryMethod::Mail.as_str()))
        .order(receivers::device_id)
        .select((
            receivers::device_id,
            receivers::address,
            receivers::address_hash,
        ))
        .load::<(String, Vec<u8>, String)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(id, address, address_hash)| {
            Ok(SealedReceiver {
                device_id: DeviceId::from_stored(&id)
                    .ok_or_else(|| unreadable("receivers", &id, "device_id"))?,
                user_id: user,
                method: DeliveryMethod::Mail,
                address,
                address_hash,
            })
        })
        .collect()
}

/// The keyed hashes of what the devices of a user are reached at.
pub fn hashes_of(connection: &mut AnyConnection, user: UserId) -> Result<Vec<String>> {
    receivers::table
        .filter(receivers::user_id.eq(user.to_string()))
        .select(receivers::address_hash)
        .load(connection)
        .map_err(failed)
}

/// By what the devices of a user are reached.
pub fn methods_of(
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<Vec<(DeviceId, DeliveryMethod)>> {
    receivers::table
        .filter(receivers::user_id.eq(user.to_string()))
        .select((receivers::device_id, receivers::method))
        .load::<(String, String)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(id, method)| {
            let bad = |what| unreadable("receivers", &id, what);
            Ok((
                DeviceId::from_stored(&id).ok_or_else(|| bad("device_id"))?,
                DeliveryMethod::from_stored(&method).ok_or_else(|| bad("method"))?,
            ))
        })
        .collect()
}
