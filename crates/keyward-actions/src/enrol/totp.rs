//! Enrolling an authenticator app.

use super::{EnrolOutcome, Naming, NewDevice, add};
use crate::grounds;
use crate::{App, journey};
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::event::Refusal;
use keyward_core::domain::session::{Client, Methods};
use keyward_core::factors::totp::{self, TotpParameters, TotpSecret};
use keyward_core::flows::enrolment::EnrollingTotp;
use keyward_core::flows::permit::MayEnrol;
use keyward_core::problem::{Fault, Result, codes};
use keyward_core::protocols::otpauth;
use keyward_core::secret::Token;
use keyward_store::{journeys, totp_secrets};
use zeroize::Zeroizing;

/// What the page of a new authenticator app shows.
pub struct TotpOffer {
    /// The journey that the browser holds from now on.
    pub journey: Token,
    /// The step that the page's answer takes.
    pub turn: i64,
    /// The secret to type: unpadded base32.
    pub secret: Zeroizing<String>,
    /// The address for the QR code.
    pub address: Zeroizing<String>,
}

/// Offers a secret: the one of `journey` where that is this user's and still open, or a new
/// one, so that going back to the page does not change what was scanned.
///
/// # Errors
/// The store's.
pub async fn offer_totp(app: &App, permit: &MayEnrol, journey: Option<Token>) -> Result<TotpOffer> {
    if let Some(journey) = journey
        && let Some((turn, stage)) =
            crate::journey::load_own(app, permit.user().id, &journey).await?
    {
        return offer(app, permit, journey, turn, &stage);
    }
    let totp = &app.settings.totp;
    let parameters = TotpParameters {
        digits: totp.digits,
        step: totp.step,
        t0: 0,
        tolerance: totp.tolerance,
    };
    let secret = TotpSecret::generate(&*app.entropy);
    let stage = EnrollingTotp::begin(permit.user().id, &secret, parameters);
    let journey = crate::journey::begin(app, &stage, journey::LONGEST).await?;
    offer(app, permit, journey, 0, &stage)
}

fn offer(
    app: &App,
    permit: &MayEnrol,
    journey: Token,
    turn: i64,
    stage: &EnrollingTotp,
) -> Result<TotpOffer> {
    let secret = stage.secret().ok_or(codes::ENROLMENT_NOT_STARTED)?;
    let issuer = &app.settings.totp.issuer;
    let account = permit.user().name.as_str();
    let TotpParameters { digits, step, .. } = stage.parameters();
    let secret = secret.base32();
    Ok(TotpOffer {
        journey,
        turn,
        address: otpauth::totp_address(issuer, account, &secret, digits, step),
        secret,
    })
}

/// Adds the app when it shows the right code. The code is spent with that.
///
/// # Errors
/// `enrolment.not_started` where the journey is over or was answered elsewhere.
pub async fn totp(
    app: &App,
    permit: &MayEnrol,
    journey: &Token,
    turn: i64,
    typed: &str,
    naming: Naming,
    client: &Client,
) -> Result<EnrolOutcome> {
    let user = permit.user().id;
    let stage: EnrollingTotp = crate::journey::load_own_at(app, user, journey, turn).await?;
    let secret = stage.secret().ok_or(codes::ENROLMENT_NOT_STARTED)?;
    let parameters = stage.parameters();
    let sync = app.settings.totp.sync;
    let confirmed = totp::confirm(user, secret, parameters, typed, app.now(), sync)?;
    let Ok(confirmed) = confirmed else {
        super::refuse(app, permit, DeviceKind::Totp, Refusal::WrongCode, client).await?;
        return Ok(EnrolOutcome::Wrong);
    };
    let id = super::new_device_id(app);
    let device = confirmed.into_device(id, &app.master_key, &*app.entropy);
    let new = NewDevice {
        id,
        kind: DeviceKind::Totp,
        naming,
        model: None,
        methods: Methods::second_factor(DeviceKind::Totp, false),
        credential: None,
        which: None,
    };
    let journey = journey.hash();
    let told = (permit.clone(), client.clone());
    let (context, permit, client) = (app.context(), permit.clone(), client.clone());
    let added = grounds::write_for(app, permit.grounds(), move |connection| {
        if !journeys::finish(connection, &journey, turn)? {
            return Err(codes::ENROLMENT_NOT_STARTED.into());
        }
        add(connection, &context, &permit, new, &client, |connection| {
            totp_secrets::insert(connection, &device)
        })
    })
    .await;
    if let Err(problem) = &added
        && problem.fault() == Fault::Denied
    {
        let reason = problem.code();
        super::refuse(app, &told.0, DeviceKind::Totp, reason, &told.1).await?;
    }
    added.map(EnrolOutcome::Added)
}
