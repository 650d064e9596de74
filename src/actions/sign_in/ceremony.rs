//! The second step by passkey or security key.

use std::sync::Arc;

use serde_json::Value;

use super::open_session::Opened;
use super::second_factor::{CodeOutcome, Turn, suspicion};
use crate::actions::Keyward;
use crate::actions::attempt::Tried;
use crate::domain::device::{DeviceId, DeviceKind, DeviceState};
use crate::domain::session::Client;
use crate::factors::webauthn::{AuthenticationCeremony, AuthenticationRefusal, CredentialVerified};
use crate::flows::Unfinished;
use crate::flows::sign_in::SecondFactorVerified;
use crate::problem::{Problem, Result, codes};
use crate::secret::Token;
use crate::store::{credentials, devices, journeys, users};

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
        let user = stage.user_id();
        let usable = self
            .store
            .look(move |connection| credentials::of_user(connection, user, false))
            .await?;
        let (options, ceremony) = self.relying_party.start_authentication(user, &usable)?;
        let id = journey.hash();
        let stage = Unfinished::AwaitingSecondFactor(stage.with_ceremony(ceremony));
        let sealed = self.seal_stage(&id, &stage)?;
        self.store
            .write(move |connection| {
                if journeys::take_turn(connection, &id, turn, &sealed)? {
                    Ok(())
                } else {
                    Err(codes::SIGN_IN_TURN_USED.into())
                }
            })
            .await?;
        Ok(options)
    }

    /// Verifies the authenticator's answer and opens the session. The ceremony is taken out of its
    /// row first: an answer is looked at once, whatever it is.
    ///
    /// # Errors
    /// `ceremony.…`, `sign_in.turn_used`, `sign_in.expired`, `sign_in.too_many`
    pub async fn answer_ceremony(
        &self,
        journey: &Token,
        answer: Vec<u8>,
        client: &Client,
    ) -> Result<CeremonyOutcome> {
        let (turn, stage) = self
            .load_sign_in(journey)
            .await?
            .ok_or(codes::CEREMONY_NOT_STARTED)?;
        let (stage, ceremony) = stage.take_ceremony();
        let ceremony = ceremony.ok_or(codes::CEREMONY_NOT_STARTED)?;
        let kind = DeviceKind::SecurityKey;
        let turn = self.take_turn(journey, turn, stage, kind, client).await?;
        match self.verify_answer(&turn, ceremony, answer).await? {
            Ok(proof) => {
                let proof = SecondFactorVerified::Credential(proof);
                match self.finish_with(turn, proof, client).await? {
                    CodeOutcome::Opened(opened) => Ok(CeremonyOutcome { opened }),
                    // Another answer with this counter, or a later one, was a moment faster.
                    _ => Err(codes::CEREMONY_COUNTER.into()),
                }
            }
            Err(refusal) => Err(self.refuse_answer(turn, refusal, client).await?),
        }
    }

    async fn verify_answer(
        &self,
        turn: &Turn,
        ceremony: AuthenticationCeremony,
        answer: Vec<u8>,
    ) -> Result<Result<CredentialVerified, AuthenticationRefusal>> {
        let user_id = turn.stage.user_id();
        let (user, stored) = self
            .store
            .look(move |connection| {
                let user = users::expect(connection, user_id)?;
                Ok((user, credentials::of_user(connection, user_id, false)?))
            })
            .await?;
        let relying_party = Arc::clone(&self.relying_party);
        tokio::task::spawn_blocking(move || {
            relying_party.finish_authentication(ceremony, &answer, &stored, &user.handle)
        })
        .await
        .map_err(Problem::internal)
    }

    /// Records why an answer was refused, and gives back the problem to answer with.
    async fn refuse_answer(
        &self,
        turn: Turn,
        refusal: AuthenticationRefusal,
        client: &Client,
    ) -> Result<Problem> {
        let suspect = match &refusal {
            AuthenticationRefusal::CounterWentBack { device_id, .. } => Some(*device_id),
            AuthenticationRefusal::Problem(_) => None,
        };
        let problem = Problem::from(refusal);
        if let Some(device) = suspect {
            self.mark_suspect(&turn, device, &problem, client).await?;
        }
        self.refuse_code(turn, Tried::Wrong, problem.code().name, client)
            .await?;
        Ok(problem)
    }

    async fn mark_suspect(
        &self,
        turn: &Turn,
        device: DeviceId,
        problem: &Problem,
        client: &Client,
    ) -> Result<()> {
        let event = suspicion(turn.stage.user_id(), device, problem, client);
        let pen = self.pen();
        self.store
            .write(move |connection| {
                devices::set_state(connection, device, DeviceState::Suspect)?;
                pen.record(connection, &event)
            })
            .await
    }
}
