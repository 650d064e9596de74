//! The second step: a code, from an authenticator app or a YubiKey.

use crate::Keyward;
use crate::delivered_code::Words;
use crate::second_factor::{Awaiting, CodeOutcome, CodeRefused, Typed, accept, awaiting};
use crate::turn::Proved;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::session::Client;
use keyward_core::flows::Stage as _;
use keyward_core::flows::sign_in::{AwaitingSecondFactor, SecondFactorVerified};
use keyward_core::problem::{Fault, Result, codes};
use keyward_core::secret::Token;
use keyward_store::{devices, users};

use super::open_session::open_admitted;

impl Keyward {
    /// What the sign-in of this journey waits for; `None` where there is no such journey, or no
    /// device that could end it: the last one was removed meanwhile.
    ///
    /// # Errors
    /// `sign_in.expired`
    pub async fn awaiting_second_factor(&self, journey: &Token) -> Result<Option<Awaiting>> {
        let Some((turn, stage)) = self.load_sign_in(journey).await? else {
            return Ok(None);
        };
        let (user, id, now) = (stage.user_id(), journey.hash(), self.now());
        let mut awaiting = self
            .store
            .look(move |connection| awaiting(connection, user, &id, turn, now))
            .await?;
        if let Some(awaiting) = awaiting.as_mut().filter(|_| stage.is_recovery()) {
            awaiting.devices.retain(|device| !device.kind.is_mailbox());
        }
        Ok(awaiting)
    }

    pub(super) async fn load_sign_in(
        &self,
        journey: &Token,
    ) -> Result<Option<(i64, AwaitingSecondFactor)>> {
        self.load_stage(journey, codes::SIGN_IN_EXPIRED).await
    }

    /// The same for an answer, whose refusal stands in the trail.
    pub(super) async fn load_to_answer(
        &self,
        journey: &Token,
        client: &Client,
    ) -> Result<Option<(i64, AwaitingSecondFactor)>> {
        let loaded = self.load_sign_in(journey).await;
        self.or_too_late(loaded, journey, EventKind::SecondFactorChecked, client)
            .await
    }

    /// Answers the step `turn` of a sign-in with what was typed.
    ///
    /// # Errors
    /// `sign_in.turn_used`, `sign_in.expired`, `sign_in.too_many`
    pub async fn answer_with_code(
        &self,
        journey: &Token,
        turn: i64,
        typed: Typed<'_>,
        client: &Client,
    ) -> Result<CodeOutcome> {
        let (loaded, stage) = self
            .load_to_answer(journey, client)
            .await?
            .ok_or(codes::SIGN_IN_TURN_USED)?;
        let checked = self
            .check_code(journey, (loaded, stage), turn, &typed, client)
            .await?;
        match checked {
            Ok((turn, stage, proof)) => {
                let proved = Proved::Before(turn);
                self.finish_with(proved, stage, proof, client).await
            }
            Err(outcome) => Ok(outcome),
        }
    }

    /// Sends a code to one of the devices of whoever signs in on this journey.
    ///
    /// # Errors
    /// `sign_in.turn_used`, `sign_in.expired`, `device.unknown`, `code.…`;
    /// `recovery.other_device` for a mailbox where a mail began it.
    pub async fn send_sign_in_code(
        &self,
        journey: &Token,
        device: DeviceId,
        words: &dyn Words,
        client: &Client,
    ) -> Result<()> {
        let (_, stage) = self
            .load_sign_in(journey)
            .await?
            .ok_or(codes::SIGN_IN_TURN_USED)?;
        let owner = stage.user_id();
        let (user, device) = self
            .store
            .look(move |connection| {
                let device = devices::expect_of(connection, owner, device)?;
                Ok((users::expect(connection, owner)?, device))
            })
            .await?;
        if stage.is_recovery() && device.kind.is_mailbox() {
            return Err(codes::RECOVERY_OTHER_DEVICE.into());
        }
        self.send_code_to(journey, &user, device.id, words, client)
            .await
    }

    /// Spends what was proved, ends the journey and opens the session, all or nothing.
    pub(super) async fn finish_with(
        &self,
        proved: Proved,
        stage: AwaitingSecondFactor,
        proof: SecondFactorVerified,
        client: &Client,
    ) -> Result<CodeOutcome> {
        let finished = stage.finish(&proof)?;
        let replayed = proved.check().refusal(CodeRefused::REPLAYED.reason, client);
        let open = proved.open();
        let (context, settings, from) = (self.context(), self.settings.clone(), client.clone());
        let opened = self
            .store
            .write(move |connection| {
                // First, as whoever ends every way in does: neither waits for the other.
                users::hold(connection, finished.user_id())?;
                let turn = proved.taken(connection, context.now)?;
                let lockout = &settings.lockout;
                match accept(connection, &context, &turn, &proof, lockout, &from)? {
                    None => Ok(None),
                    Some(admitted) => {
                        let session = &settings.session;
                        open_admitted(connection, &context, &admitted, finished, session, &from)
                            .map(Some)
                    }
                }
            })
            .await;
        if let Err(problem) = &opened {
            self.close_turn(open, problem, client).await?;
        }
        if let Err(problem) = &opened
            && matches!(problem.fault(), Fault::Denied | Fault::Forged)
        {
            let refused = replayed.clone().refused(problem.code().name);
            self.record(refused).await?;
        }
        match opened? {
            Some(opened) => Ok(CodeOutcome::Opened(opened)),
            None => {
                self.record(replayed).await?;
                Ok(CodeOutcome::Used)
            }
        }
    }
}
