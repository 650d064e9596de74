//! Enrolling a YubiKey by one touch.

use super::{EnrolOutcome, Naming, NewDevice, WhichKey, add};
use crate::App;
use crate::grounds;
use crate::validation;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::event::Refusal;
use keyward_core::domain::session::{Client, Methods};
use keyward_core::factors::yubikey::{self, YubikeyRefusal};
use keyward_core::flows::permit::MayEnrol;
use keyward_core::problem::{Fault, Result, codes};
use keyward_core::protocols::yubico::Otp;
use keyward_store::{spent_otps, yubikeys};

/// Binds the key that typed this OTP to the user, once it was confirmed, by Keyward itself or by a validation
/// service.
///
/// # Errors
/// The store's.
pub async fn yubikey(
    app: &App,
    permit: &MayEnrol,
    typed: &str,
    naming: Naming,
    client: &Client,
) -> Result<EnrolOutcome> {
    let kind = DeviceKind::Yubikey;
    let Some(otp) = Otp::parse(typed) else {
        super::refuse(app, permit, kind, Refusal::WrongCode, client).await?;
        return Ok(EnrolOutcome::Wrong);
    };
    // Before the touch is spent at the service.
    super::admit_kind(app, permit, kind, client).await?;
    let confirmed = match yubikey::confirm(validation::judge_otp(app, &otp).await?) {
        Ok(confirmed) => confirmed,
        Err(refusal) => {
            super::refuse(app, permit, kind, refusal.reason(), client).await?;
            return Ok(match refusal {
                YubikeyRefusal::Replayed => EnrolOutcome::Used,
                YubikeyRefusal::Unavailable(reports) => {
                    EnrolOutcome::Unavailable(YubikeyRefusal::why_unavailable(&reports))
                }
                YubikeyRefusal::Refused | YubikeyRefusal::OtherKey => EnrolOutcome::Wrong,
            });
        }
    };
    let new = NewDevice {
        id: super::new_device_id(app),
        kind,
        naming,
        model: Some("YubiKey".to_owned()),
        methods: Methods::second_factor(kind, false),
        credential: None,
        which: Some(WhichKey::Slot(confirmed.public_id().clone())),
    };
    let (context, may, from) = (app.context(), permit.clone(), client.clone());
    let added = grounds::write_for(app, permit.grounds(), move |connection| {
        if !spent_otps::spend(connection, confirmed.otp(), context.now)? {
            return Ok(None);
        }
        let id = new.id;
        add(connection, &context, &may, new, &from, |connection| {
            yubikeys::insert(connection, id, confirmed.public_id())
        })
        .map(Some)
    })
    .await;
    match added {
        Ok(Some(added)) => Ok(EnrolOutcome::Added(added)),
        Ok(None) => {
            super::refuse(app, permit, kind, Refusal::ReplayedCode, client).await?;
            Ok(EnrolOutcome::Used)
        }
        Err(problem) if problem.code() == codes::DEVICE_TAKEN => {
            super::refuse(app, permit, kind, Refusal::Taken, client).await?;
            Ok(EnrolOutcome::Taken)
        }
        Err(problem) => {
            if problem.fault() == Fault::Denied {
                let reason = problem.code();
                super::refuse(app, permit, kind, reason, client).await?;
            }
            Err(problem)
        }
    }
}
