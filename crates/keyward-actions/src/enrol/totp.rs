//! Enrolling an authenticator app.

use super::{EnrolOutcome, Naming, NewDevice, add};
use crate::{Keyward, journey};
use keyward_core::domain::device::DeviceKind;
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

impl Keyward {
    /// Offers a secret: the one of `journey` where that is this user's and still open, or a new
    /// one, so that going back to the page does not change what was scanned.
    ///
    /// # Errors
    /// The store's.
    pub async fn offer_totp(&self, permit: &MayEnrol, journey: Option<Token>) -> Result<TotpOffer> {
        if let Some(journey) = journey
            && let Some((turn, stage)) = self.load_own(permit.user().id, &journey).await?
        {
            return self.offer(permit, journey, turn, &stage);
        }
        let totp = &self.settings.totp;
        let parameters = TotpParameters {
            digits: totp.digits,
            step: totp.step,
            t0: 0,
            tolerance: totp.tolerance,
        };
        let secret = TotpSecret::generate(&*self.entropy);
        let stage = EnrollingTotp::begin(permit.user().id, &secret, parameters);
        let journey = self.begin_journey(&stage, journey::LONGEST).await?;
        self.offer(permit, journey, 0, &stage)
    }

    fn offer(
        &self,
        permit: &MayEnrol,
        journey: Token,
        turn: i64,
        stage: &EnrollingTotp,
    ) -> Result<TotpOffer> {
        let secret = stage.secret().ok_or(codes::ENROLMENT_NOT_STARTED)?;
        let issuer = &self.settings.totp.issuer;
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
    pub async fn enrol_totp(
        &self,
        permit: &MayEnrol,
        journey: &Token,
        turn: i64,
        typed: &str,
        naming: Naming,
        client: &Client,
    ) -> Result<EnrolOutcome> {
        let user = permit.user().id;
        let stage: EnrollingTotp = self.load_own_at(user, journey, turn).await?;
        let secret = stage.secret().ok_or(codes::ENROLMENT_NOT_STARTED)?;
        let parameters = stage.parameters();
        let sync = self.settings.totp.sync;
        let confirmed = totp::confirm(user, secret, parameters, typed, self.now(), sync)?;
        let Ok(confirmed) = confirmed else {
            self.refuse_enrolment(permit, DeviceKind::Totp, "wrong_code", client)
                .await?;
            return Ok(EnrolOutcome::Wrong);
        };
        let id = self.new_device_id();
        let device = confirmed.into_device(id, &self.master_key, &*self.entropy);
        let new = NewDevice {
            id,
            kind: DeviceKind::Totp,
            naming,
            model: None,
            methods: Methods::second_factor(DeviceKind::Totp, false),
            credential: None,
        };
        let journey = journey.hash();
        let told = (permit.clone(), client.clone());
        let (context, permit, client) = (self.context(), permit.clone(), client.clone());
        let added = self
            .write_for(permit.grounds(), move |connection| {
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
            let reason = problem.code().name;
            self.refuse_enrolment(&told.0, DeviceKind::Totp, reason, &told.1)
                .await?;
        }
        added.map(EnrolOutcome::Added)
    }
}
