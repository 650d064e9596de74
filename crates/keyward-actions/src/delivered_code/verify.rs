//! Looking at a code that was typed.

use crate::App;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::user::UserId;
use keyward_core::factors::delivered_code::{
    self, CodeConfirmed, DeliveredCodeRefusal, DeliveredCodeVerified, SentCode,
};
use keyward_core::problem::Result;
use keyward_core::secret::TokenHash;
use keyward_store::{delivered_codes, delivery_addresses};

/// Looks at a code that was typed for a second factor of this kind.
pub(crate) async fn verify(
    app: &App,
    user: UserId,
    kind: DeviceKind,
    typed: &str,
    journey: &TokenHash,
) -> Result<Result<DeliveredCodeVerified, DeliveredCodeRefusal>> {
    let sent = begin_try(app, user, journey).await?;
    let key = &app.master_key;
    Ok(delivered_code::verify(
        user,
        kind,
        sent.as_ref(),
        typed,
        key,
    ))
}

/// Looks at a code that was typed for an address that is being added.
pub(crate) async fn confirm(
    app: &App,
    user: UserId,
    typed: &str,
    journey: &TokenHash,
) -> Result<Result<CodeConfirmed, DeliveredCodeRefusal>> {
    let sent = begin_try(app, user, journey).await?;
    // One that went to a device that is there already proves nothing about a new one.
    let sent = sent.filter(|sent| sent.place.device.is_none());
    Ok(delivered_code::confirm(
        sent.as_ref(),
        typed,
        &app.master_key,
    ))
}

/// Counts a try on the journey's code, and gives it.
async fn begin_try(app: &App, user: UserId, journey: &TokenHash) -> Result<Option<SentCode>> {
    let (journey, now) = (journey.clone(), app.now());
    app.store
        .write(move |connection| {
            let Some((place, hash)) = delivered_codes::begin_try(connection, &journey, now)? else {
                return Ok(None);
            };
            let delivery_address = match place.device {
                None => None,
                Some(device) => delivery_addresses::of_device(connection, user, device)?
                    .map(|delivery_address| (delivery_address.user_id, delivery_address.method)),
            };
            Ok(Some(SentCode {
                place,
                hash,
                delivery_address,
            }))
        })
        .await
}
