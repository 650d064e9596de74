//! Codes that are delivered: sending one to a device or to an address that is being added, and
//! looking at what was typed.
//!
//! A code belongs to the journey that asked for it and is good there alone. A new one on the same
//! journey voids the one before. How many are sent is counted before they are, on the address and
//! on the user.

mod call;
mod phones;
mod send;
mod verify;
pub use call::call_speech;
pub use phones::phone_traffic;
pub use phones::switch_phones;
pub(crate) use send::send;
pub(crate) use send::send_to;
pub(crate) use verify::confirm;
pub(crate) use verify::verify;

use super::App;
use keyward_core::domain::delivery_address::{DeliveryAddress, DeliveryMethod};
use keyward_core::domain::device::{Delivery, DeviceId, DeviceKind};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Result, codes};
use keyward_core::secret::{KeyPurpose, MasterKey, Place, Token};
use keyward_settings::{PhoneWay, Settings};
use keyward_store::delivered_codes::{self, Outstanding};
use keyward_store::delivery_addresses::SealedDeliveryAddress;

pub use call::{CallSpeech, call_address};
pub use phones::PhoneTraffic;
pub use send::Words;
pub(super) use send::{Order, OrderPurpose, forget_sendings, spent_until};

/// The code that a journey waits for, if one was sent and still counts.
pub(super) async fn outstanding(app: &App, journey: &Token) -> Result<Option<Outstanding>> {
    let (id, now) = (journey.hash(), app.now());
    app.store
        .look(move |connection| delivered_codes::outstanding(connection, &id, now))
        .await
}

/// The keyed hash by which an address is known again, whatever travels there.
pub(super) fn address_hash(delivery_address: &DeliveryAddress, key: &MasterKey) -> String {
    let parts = [
        delivery_address.method().kind().as_str(),
        &delivery_address.folded(),
    ];
    let tag = key.tag::<16>(KeyPurpose::DeliveryAddress, &parts);
    data_encoding::HEXLOWER.encode(tag.as_slice())
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "delivery_addresses",
        column: "address",
        row,
    }
}

/// Whether codes are sent this way here.
pub(super) fn is_offered(settings: &Settings, method: DeliveryMethod) -> bool {
    match method {
        DeliveryMethod::Mail => settings.codes.email,
        DeliveryMethod::Sms => settings.phone.sms != PhoneWay::None,
        DeliveryMethod::Call => settings.phone.call != PhoneWay::None,
    }
}

/// By what phones are reached here, what is offered first before the rest.
fn methods_to_phones(settings: &Settings) -> Vec<DeliveryMethod> {
    let methods = [DeliveryMethod::Sms, DeliveryMethod::Call].into_iter();
    methods
        .filter(|method| is_offered(settings, *method))
        .collect()
}

/// Whether devices of this kind can be added here, by the settings.
pub(super) fn is_kind_offered(settings: &Settings, kind: DeviceKind) -> bool {
    match kind.delivery() {
        Some(Delivery::Mailbox) => is_offered(settings, DeliveryMethod::Mail),
        Some(Delivery::Phone) => !methods_to_phones(settings).is_empty(),
        None => true,
    }
}

/// By what phones are reached here.
pub fn phone_methods(app: &App) -> Vec<DeliveryMethod> {
    methods_to_phones(&app.settings)
}

/// Refuses a way that is switched off.
///
/// # Errors
/// `code.off`
fn offer_method(app: &App, method: DeliveryMethod) -> Result<()> {
    if is_offered(&app.settings, method) {
        Ok(())
    } else {
        Err(codes::CODE_OFF.into())
    }
}

/// Seals a delivery address for the row of its device.
pub(super) fn seal_delivery_address(
    app: &App,
    user: UserId,
    device: DeviceId,
    delivery_address: &DeliveryAddress,
) -> SealedDeliveryAddress {
    let row = device.to_string();
    let address = delivery_address.address().as_bytes();
    SealedDeliveryAddress {
        device_id: device,
        user_id: user,
        method: delivery_address.method(),
        address: app.master_key.seal(&*app.entropy, place(&row), address),
        address_hash: address_hash(delivery_address, &app.master_key),
    }
}

/// Opens the delivery address of a device.
///
/// # Errors
/// `master_key.wrong`, `database.row`
pub(super) fn open_delivery_address(
    key: &MasterKey,
    sealed: &SealedDeliveryAddress,
) -> Result<DeliveryAddress> {
    let row = sealed.device_id.to_string();
    let address = key.open(place(&row), &sealed.address)?;
    std::str::from_utf8(&address)
        .map(|address| DeliveryAddress::from_stored(sealed.method, address))
        .map_err(|_| {
            keyward_core::problem::Problem::new(codes::DATABASE_ROW)
                .detailed(format!("delivery_addresses {row}: address"))
        })
}
