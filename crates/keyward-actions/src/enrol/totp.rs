//! Enrolling an authenticator app.

use super::{EnrolOutcome, Naming, NewDevice, add};
use crate::{Keyward, journey};
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::session::{Client, Methods};
use keyward_core::factors::totp::{self, TotpParameters, TotpSecret};
use keyward_core::flows::Unfinished;
use keyward_core::flows::enrolment::EnrollingTotp;
use keyward_core::flows::permit::MayEnrol;
use keyward_core::problem::{Fault, Problem, Result, codes};
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
            && let Some((turn, stage)) = self.load_totp(permit, &journey).await?
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
        let unfinished = Unfinished::EnrollingTotp(stage);
        let journey = self
            .begin_journey(permit.user().id, &unfinished, journey::LONGEST)
            .await?;
        match unfinished {
            Unfinished::EnrollingTotp(stage) => self.offer(permit, journey, 0, &stage),
            _ => Err(codes::ENROLMENT_NOT_STARTED.into()),
        }
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

    /// The enrolment of this journey where it is this user's.
    async fn load_totp(
        &self,
        permit: &MayEnrol,
        journey: &Token,
    ) -> Result<Option<(i64, EnrollingTotp)>> {
        let loaded = match self
            .load_journey(journey, codes::ENROLMENT_NOT_STARTED)
            .await
        {
            Err(problem) if problem.code() == codes::ENROLMENT_NOT_STARTED => None,
            loaded => loaded?,
        };
        Ok(loaded.and_then(|loaded| match loaded.stage {
            Unfinished::EnrollingTotp(stage) if stage.user_id() == permit.user().id => {
                Some((loaded.turn, stage))
            }
            _ => None,
        }))
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
        let not_started = || Problem::new(codes::ENROLMENT_NOT_STARTED);
        let (loaded, stage) = self
            .load_totp(permit, journey)
            .await?
            .ok_or_else(not_started)?;
        if loaded != turn {
            return Err(not_started());
        }
        let secret = stage.secret().ok_or_else(not_started)?;
        let (user, parameters) = (permit.user().id, stage.parameters());
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
