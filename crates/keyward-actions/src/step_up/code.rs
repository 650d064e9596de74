//! Stepping up by a code.

use super::raise;
use crate::Keyward;
use crate::delivered_code::Words;
use crate::second_factor::{CodeOutcome, CodeRefused, Typed, accept};
use crate::turn::Proved;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::session::Client;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::MayStepUp;
use keyward_core::flows::sign_in::SecondFactorVerified;
use keyward_core::flows::step_up::SteppingUp;
use keyward_core::problem::Result;
use keyward_core::secret::Token;

impl Keyward {
    /// Answers the step `turn` with what was typed, and goes on to `next`.
    ///
    /// # Errors
    /// `sign_in.turn_used`, `sign_in.expired`, `sign_in.too_many`; `session.required` where the
    /// session ended meanwhile.
    pub async fn step_up_with_code(
        &self,
        permit: &MayStepUp,
        journey: &Token,
        turn: i64,
        typed: Typed<'_>,
        next: NextPath,
        client: &Client,
    ) -> Result<CodeOutcome> {
        let loaded = self.load_step_up(permit, journey).await?;
        let checked = self
            .check_code(journey, loaded, turn, &typed, client)
            .await?;
        match checked {
            Ok((turn, stage, proof)) => {
                let proved = Proved::Before(turn);
                self.raise_with(permit, proved, stage, proof, next, client)
                    .await
            }
            Err(outcome) => Ok(outcome),
        }
    }

    /// Sends a code to one of the devices of whoever proves themselves again on this journey.
    ///
    /// # Errors
    /// `sign_in.turn_used`, `sign_in.expired`, `device.unknown`, `code.…`
    pub async fn send_step_up_code(
        &self,
        permit: &MayStepUp,
        journey: &Token,
        device: DeviceId,
        words: &dyn Words,
        client: &Client,
    ) -> Result<()> {
        self.load_step_up(permit, journey).await?;
        self.send_code_to(journey, permit.user(), device, words, client)
            .await
    }

    /// Spends what was proved, ends the journey and raises the session, all or nothing.
    pub(super) async fn raise_with(
        &self,
        permit: &MayStepUp,
        proved: Proved,
        stage: SteppingUp,
        proof: SecondFactorVerified,
        next: NextPath,
        client: &Client,
    ) -> Result<CodeOutcome> {
        let raised = stage.finish(permit.sign_in(), &proof)?;
        let replayed = proved.check().refusal(CodeRefused::REPLAYED.reason, client);
        let open = proved.open();
        let (context, lockout, from) = (
            self.context(),
            self.settings.lockout.clone(),
            client.clone(),
        );
        let opened = self
            .write_for(permit.grounds(), move |connection| {
                let turn = proved.taken(connection, context.now)?;
                match accept(connection, &context, &turn, &proof, &lockout, &from)? {
                    None => Ok(None),
                    Some(_) => raise(connection, &context, &raised, next).map(Some),
                }
            })
            .await;
        if let Err(problem) = &opened {
            self.close_turn(open, problem, client).await?;
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
