//! The second step by passkey or security key.

use serde_json::Value;

use super::open_session::Opened;
use crate::Keyward;
use crate::second_factor::Presented;
use crate::turn::Proved;
use keyward_core::domain::session::Client;
use keyward_core::flows::sign_in::SecondFactorVerified;
use keyward_core::flows::{AwaitsSecondFactor as _, Stage as _};
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
        self.move_on(journey, turn, &stage.with_ceremony(ceremony))
            .await?;
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
        let Some(loaded) = self.load_to_answer(journey, client).await? else {
            return Ok(None);
        };
        let (turn, stage, proof) = self.check_ceremony(journey, loaded, answer, client).await?;
        let presented = Presented::of(&proof);
        let proof = SecondFactorVerified::Credential(proof);
        let outcome = self
            .finish_with(Proved::Now(turn), stage, proof, client)
            .await?;
        let opened = self.opened_by(outcome, &presented, client).await?;
        Ok(Some(CeremonyOutcome { opened }))
    }
}
