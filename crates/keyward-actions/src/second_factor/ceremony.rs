//! A passkey or security key.

use serde_json::Value;

use super::{CodeOutcome, check_of, proving};
use crate::App;
use crate::attempt::Tried;
use crate::device;
use crate::journey::AtTurn;
use crate::policy::policy_states;
use crate::sign_in::{self, Opened};
use crate::turn::{self, OpenTurn};
use keyward_core::domain::application::Level;
use keyward_core::domain::device::{DeviceId, DeviceKind};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::factors::webauthn::{AuthenticationRefusal, CredentialVerified};
use keyward_core::flows::AwaitsSecondFactor;
use keyward_core::flows::ceremony::CeremonyInProgress;
use keyward_core::problem::{Problem, Result, Wording, codes};
use keyward_core::secret::Token;
use keyward_store::{credentials, users};

/// Which counter of whose device an answer had.
pub(crate) struct CounterReading {
    user: UserId,
    device: DeviceId,
    sign_count: u32,
}

impl CounterReading {
    /// What this proof stands on.
    pub fn of(proof: &CredentialVerified) -> Self {
        Self {
            user: proof.user_id(),
            device: proof.device_id(),
            sign_count: proof.sign_count(),
        }
    }
}

/// Verifies an authenticator's answer to a journey that waits for a second factor, whatever it
/// is for. The ceremony is taken out of its stage with it: none is good for a second look. An
/// answer that proves nothing is settled and recorded here; what a proof opens is for the caller,
/// who takes the turn with it.
///
/// # Errors
/// `ceremony.…`, `sign_in.turn_used`, `sign_in.too_many`
pub(crate) async fn check_ceremony<S: AwaitsSecondFactor>(
    app: &App,
    journey: &Token,
    (turn, stage): AtTurn<S>,
    answer: &[u8],
    client: &Client,
) -> Result<(OpenTurn, S, CredentialVerified)> {
    let (stage, ceremony) = stage.take_ceremony();
    let mut check = check_of(stage.user_id(), DeviceKind::SecurityKey, S::CHECK);
    check.token = stage.token().map(str::to_owned);
    let open = turn::open(app, journey, turn, &stage, check, client).await?;
    match verify_ceremony(app, stage.user_id(), ceremony, answer).await? {
        Ok(proof) => Ok((open, stage, proof)),
        Err(refusal) => Err(refuse_ceremony(app, open, refusal, client).await?),
    }
}

/// What an accepted answer opened.
///
/// # Errors
/// `ceremony.counter` where another answer with a counter as high was a moment faster.
pub(crate) async fn opened_by(
    app: &App,
    outcome: CodeOutcome,
    presented: &CounterReading,
    client: &Client,
) -> Result<Opened> {
    let CounterReading {
        user,
        device,
        sign_count,
    } = *presented;
    match outcome {
        CodeOutcome::Opened(opened) => Ok(opened),
        CodeOutcome::Wrong
        | CodeOutcome::Used
        | CodeOutcome::Expired
        | CodeOutcome::OtherKey
        | CodeOutcome::Unavailable(_) => {
            Err(device::overtaken(app, user, device, sign_count, client).await?)
        }
    }
}

/// A new ceremony for the passkeys and security keys of a user that prove as much as a level, with the
/// browser's options.
///
/// # Errors
/// `device.unknown` where the user has neither passkey nor security key.
pub(crate) async fn start_ceremony(
    app: &App,
    user: UserId,
    level: Level,
) -> Result<(Value, CeremonyInProgress)> {
    let now = app.now();
    let (usable, policy_states) = app
        .store
        .look(move |connection| {
            let policy_states = policy_states(connection, user, now)?;
            let mut usable = credentials::of_user(connection, user, false)?;
            usable.retain(|credential| !policy_states.has_stopped(credential.device_id));
            if level == Level::Hardware {
                let proving = proving(connection, user, level)?;
                usable.retain(|credential| proving.contains(&credential.device_id));
            }
            Ok((usable, policy_states))
        })
        .await?;
    let asked = policy_states.rules_to_ask(usable.iter().map(|credential| credential.device_id));
    let (options, ceremony) = app
        .ceremonies
        .relying_party
        .under(&asked)
        .start_authentication(user, &usable)?;
    Ok((options, CeremonyInProgress::begin(ceremony, now)))
}

/// Verifies an authenticator's answer. Its row stays as it is. A ceremony that never began, was
/// answered before or is too old refuses every answer.
async fn verify_ceremony(
    app: &App,
    user_id: UserId,
    ceremony: Option<CeremonyInProgress>,
    answer: &[u8],
) -> Result<Result<CredentialVerified, AuthenticationRefusal>> {
    let (now, lasting) = (app.now(), sign_in::challenges_last(app));
    let ceremony = ceremony
        .ok_or_else(|| codes::CEREMONY_NOT_STARTED.into())
        .and_then(|ceremony| ceremony.open(now, lasting));
    let ceremony = match ceremony {
        Ok(ceremony) => ceremony,
        Err(problem) => return Ok(Err(problem.into())),
    };
    let (user, stored) = app
        .store
        .look(move |connection| {
            let user = users::expect(connection, user_id)?;
            Ok((user, credentials::of_user(connection, user_id, false)?))
        })
        .await?;
    // Where it stands: a signature takes less than handing it to a thread and back is worth.
    let relying_party = &app.ceremonies.relying_party;
    Ok(relying_party.finish_authentication(ceremony, answer, &stored, &user.handle))
}

/// Takes the turn of an answer that was refused, records why, and gives back the problem to
/// answer with.
async fn refuse_ceremony(
    app: &App,
    open: OpenTurn,
    refusal: AuthenticationRefusal,
    client: &Client,
) -> Result<Problem> {
    let turn = turn::count(app, open, client).await?;
    let suspicion = device::suspicion(app, &refusal, client);
    let problem = Problem::from(refusal);
    if let Some(suspicion) = suspicion {
        device::suspect(app, turn.check.user, suspicion).await?;
    }
    // With the right key in hand, nothing was guessed.
    let tried = match problem.wording() {
        Some(Wording::Changed) => Tried::NoGuess,
        _ => Tried::Wrong,
    };
    turn::refuse_as(app, turn, tried, &problem, client).await?;
    Ok(problem)
}
