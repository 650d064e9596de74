//! Where devices are sent codes.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, is_taken, unreadable};
use super::schema::delivery_addresses;
use keyward_core::domain::delivery_address::DeliveryMethod;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Result, codes};

/// A row: the address is sealed.
#[derive(Clone, Debug)]
pub struct SealedDeliveryAddress {
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

/// Adds a delivery address to a device that is there already.
///
/// # Errors
/// `device.taken` where this user has the same one already.
pub fn insert(
    connection: &mut AnyConnection,
    delivery_address: &SealedDeliveryAddress,
) -> Result<()> {
    let inserted = diesel::insert_into(delivery_addresses::table)
        .values((
            delivery_addresses::device_id.eq(delivery_address.device_id.to_string()),
            delivery_addresses::user_id.eq(delivery_address.user_id.to_string()),
            delivery_addresses::method.eq(delivery_address.method.as_str()),
            delivery_addresses::address.eq(&delivery_address.address),
            delivery_addresses::address_hash.eq(&delivery_address.address_hash),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        return Err(codes::DEVICE_TAKEN.into());
    }
    inserted.map(drop).map_err(failed)
}

/// Whether this user has this delivery address already.
pub fn is_known(
    connection: &mut AnyConnection,
    user: UserId,
    method: DeliveryMethod,
    address_hash: &str,
) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        delivery_addresses::table
            .filter(delivery_addresses::user_id.eq(user.to_string()))
            .filter(delivery_addresses::method.eq(method.as_str()))
            .filter(delivery_addresses::address_hash.eq(address_hash)),
    ))
    .get_result(connection)
    .map_err(failed)
}

/// The delivery address of this device of this user.
pub fn of_device(
    connection: &mut AnyConnection,
    user: UserId,
    device: DeviceId,
) -> Result<Option<SealedDeliveryAddress>> {
    let row = delivery_addresses::table
        .find(device.to_string())
        .filter(delivery_addresses::user_id.eq(user.to_string()))
        .select((
            delivery_addresses::method,
            delivery_addresses::address,
            delivery_addresses::address_hash,
        ))
        .get_result::<(String, Vec<u8>, String)>(connection)
        .optional()
        .map_err(failed)?;
    row.map(|(method, address, address_hash)| {
        let method = DeliveryMethod::from_stored(&method);
        Ok(SealedDeliveryAddress {
            device_id: device,
            user_id: user,
            method: method
                .ok_or_else(|| unreadable("delivery_addresses", &device.to_string(), "method"))?,
            address,
            address_hash,
        })
    })
    .transpose()
}

/// The mailboxes that codes of a user are sent to.
pub fn mailboxes_of(
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<Vec<SealedDeliveryAddress>> {
    delivery_addresses::table
        .filter(delivery_addresses::user_id.eq(user.to_string()))
        .filter(delivery_addresses::method.eq(DeliveryMethod::Mail.as_str()))
        .order(delivery_addresses::device_id)
        .select((
            delivery_addresses::device_id,
            delivery_addresses::address,
            delivery_addresses::address_hash,
        ))
        .load::<(String, Vec<u8>, String)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(id, address, address_hash)| {
            Ok(SealedDeliveryAddress {
                device_id: DeviceId::from_stored(&id)
                    .ok_or_else(|| unreadable("delivery_addresses", &id, "device_id"))?,
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
    delivery_addresses::table
        .filter(delivery_addresses::user_id.eq(user.to_string()))
        .select(delivery_addresses::address_hash)
        .load(connection)
        .map_err(failed)
}

/// By what the devices of a user are reached.
pub fn methods_of(
    connection: &mut AnyConnection,
    user: UserId,
) -> Result<Vec<(DeviceId, DeliveryMethod)>> {
    delivery_addresses::table
        .filter(delivery_addresses::user_id.eq(user.to_string()))
        .select((delivery_addresses::device_id, delivery_addresses::method))
        .load::<(String, String)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(id, method)| {
            let bad = |what| unreadable("delivery_addresses", &id, what);
            Ok((
                DeviceId::from_stored(&id).ok_or_else(|| bad("device_id"))?,
                DeliveryMethod::from_stored(&method).ok_or_else(|| bad("method"))?,
            ))
        })
        .collect()
}
