//! The second step by passkey or security key.

use serde_json::Value;

use super::open_session::Opened;
use crate::Keyward;
use crate::second_factor::CodeOutcome;
use crate::turn::Proved;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::session::Client;
use keyward_core::flows::Unfinished;
use keyward_core::flows::sign_in::SecondFactorVerified;
use keyward_core::problem::{Result, codes};
use keyward_core::secret::Token;

/// Where an authenticator's answer led.
#[must_use]
#[derive(Debug)]
pub struct CeremonyOutcome {
    /// The session.
    pub opened: Opened,
}

impl Keyward {
    /// The options for the browser, in place of any that this sign-in was given before.
    ///
    /// # Errors
    /// `ceremony.not_started` where no sign-in waits for a second factor, `sign_in.expired`,
    /// `device.unknown` where the user has neither passkey nor security key.
    pub async fn authentication_options(&self, journey: &Token) -> Result<Value> {
        let (turn, stage) = self
            .load_sign_in(journey)
            .await?
            .ok_or(codes::CEREMONY_NOT_STARTED)?;
        let (options, ceremony) = self.start_ceremony(stage.user_id()).await?;
        let stage = Unfinished::AwaitingSecondFactor(stage.with_ceremony(ceremony));
        self.move_on(journey, turn, &stage).await?;
        Ok(options)
    }

    /// Verifies the authenticator's answer and opens the session. The ceremony is taken out of its
    /// row with it, whatever the answer is: none is good for a second look. `None` where nothing of
    /// the kind is waited for.
    ///
    /// # Errors
    /// `ceremony.…`, `sign_in.turn_used`, `sign_in.expired`, `sign_in.too_many`
    pub async fn answer_ceremony(
        &self,
        journey: &Token,
        answer: &[u8],
        client: &Client,
    ) -> Result<Option<CeremonyOutcome>> {
        let Some((turn, stage)) = self.load_to_answer(journey, client).await? else {
            return Ok(None);
        };
        let (stage, ceremony) = stage.take_ceremony();
        let kind = DeviceKind::SecurityKey;
        let (turn, stage) = self
            .open_sign_in_turn(journey, turn, stage, kind, client)
            .await?;
        match self
            .verify_ceremony(stage.user_id(), ceremony, answer)
            .await?
        {
            Ok(proof) => {
                let (user, device) = (proof.user_id(), proof.device_id());
                let presented = proof.sign_count();
                let proof = SecondFactorVerified::Credential(proof);
                let proved = Proved::Now(turn);
                match self.finish_with(proved, stage, proof, client).await? {
                    CodeOutcome::Opened(opened) => Ok(Some(CeremonyOutcome { opened })),
                    _ => Err(self.overtaken(user, device, presented, client).await?),
                }
            }
            Err(refusal) => Err(self.refuse_ceremony(turn, refusal, client).await?),
        }
    }
}
