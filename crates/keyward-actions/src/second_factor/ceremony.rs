//! A passkey or security key.

use serde_json::Value;

use crate::Keyward;
use crate::attempt::Tried;
use crate::policy::standings;
use crate::turn::OpenTurn;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::factors::webauthn::{AuthenticationRefusal, CredentialVerified};
use keyward_core::flows::ceremony::CeremonyInProgress;
use keyward_core::problem::{Problem, Result, Wording, codes};
use keyward_store::{credentials, users};

impl Keyward {
    /// A new ceremony for the passkeys and security keys of a user, with the browser's options.
    ///
    /// # Errors
    /// `device.unknown` where the user has neither passkey nor security key.
    pub(crate) async fn start_ceremony(&self, user: UserId) -> Result<(Value, CeremonyInProgress)> {
        let now = self.now();
        let (usable, standings) = self
            .store
            .look(move |connection| {
                let standings = standings(connection, user, now)?;
                let mut usable = credentials::of_user(connection, user, false)?;
                usable.retain(|credential| !standings.has_stopped(credential.device_id));
                Ok((usable, standings))
            })
            .await?;
        let asked = standings.rules_to_ask(usable.iter().map(|credential| credential.device_id));
        let (options, ceremony) = self
            .relying_party
            .under(&asked)
            .start_authentication(user, &usable)?;
        Ok((options, CeremonyInProgress::begin(ceremony, now)))
    }

    /// Verifies an authenticator's answer. Its row stays as it is. A ceremony that never began, was
    /// answered before or is too old refuses every answer.
    pub(crate) async fn verify_ceremony(
        &self,
        user_id: UserId,
        ceremony: Option<CeremonyInProgress>,
        answer: &[u8],
    ) -> Result<Result<CredentialVerified, AuthenticationRefusal>> {
        let (now, lasting) = (self.now(), self.challenges_last());
        let ceremony = ceremony
            .ok_or_else(|| codes::CEREMONY_NOT_STARTED.into())
            .and_then(|ceremony| ceremony.open(now, lasting));
        let ceremony = match ceremony {
            Ok(ceremony) => ceremony,
            Err(problem) => return Ok(Err(problem.into())),
        };
        let (user, stored) = self
            .store
            .look(move |connection| {
                let user = users::expect(connection, user_id)?;
                Ok((user, credentials::of_user(connection, user_id, false)?))
            })
            .await?;
        // Where it stands: a signature takes less than handing it to a thread and back is worth.
        let relying_party = &self.relying_party;
        Ok(relying_party.finish_authentication(ceremony, answer, &stored, &user.handle))
    }

    /// Takes the turn of an answer that was refused, records why, and gives back the problem to
    /// answer with.
    pub(crate) async fn refuse_ceremony(
        &self,
        open: OpenTurn,
        refusal: AuthenticationRefusal,
        client: &Client,
    ) -> Result<Problem> {
        let turn = self.count_turn(open, client).await?;
        let suspicion = self.suspicion(&refusal, client);
        let problem = Problem::from(refusal);
        if let Some(suspicion) = suspicion {
            self.suspect(turn.check.user, suspicion).await?;
        }
        // With the right key in hand, nothing was guessed.
        let tried = match problem.wording() {
            Some(Wording::Changed) => Tried::NoGuess,
            _ => Tried::Wrong,
        };
        self.refuse_turn_as(turn, tried, &problem, client).await?;
        Ok(problem)
    }
}
