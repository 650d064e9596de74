//! The second step: a code, from an authenticator app or a YubiKey.

use crate::App;
use crate::delivered_code::{self, Words};
use crate::journey;
use crate::second_factor::{self, Awaiting, CodeOutcome, CodeRefused, Typed, accept, awaiting};
use crate::turn::{self, Proved};
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::session::Client;
use keyward_core::flows::Stage as _;
use keyward_core::flows::permit::Grounds;
use keyward_core::flows::sign_in::{AwaitingSecondFactor, SecondFactorVerified};
use keyward_core::problem::{Fault, Result, codes};
use keyward_core::secret::Token;
use keyward_store::{devices, users};

use super::open_session::open_admitted;

/// What the sign-in of this journey waits for; `None` where there is no such journey, or no
/// device that could end it: the last one was removed meanwhile.
///
/// # Errors
/// `sign_in.expired`
pub async fn awaiting_second_factor(app: &App, journey: &Token) -> Result<Option<Awaiting>> {
    let Some((turn, stage)) = load(app, journey).await? else {
        return Ok(None);
    };
    let (user, id, now) = (stage.user_id(), journey.hash(), app.now());
    let mut awaiting = app
        .store
        .look(move |connection| awaiting(connection, user, &id, turn, now))
        .await?;
    if let Some(awaiting) = awaiting.as_mut().filter(|_| stage.is_recovery()) {
        awaiting.devices.retain(|device| !device.kind.is_mailbox());
    }
    Ok(awaiting)
}

pub(super) async fn load(
    app: &App,
    journey: &Token,
) -> Result<Option<(i64, AwaitingSecondFactor)>> {
    journey::load(app, journey, codes::SIGN_IN_EXPIRED).await
}

/// The same for an answer, whose refusal stands in the trail.
pub(super) async fn load_to_answer(
    app: &App,
    journey: &Token,
    client: &Client,
) -> Result<Option<(i64, AwaitingSecondFactor)>> {
    let loaded = load(app, journey).await;
    journey::or_too_late(app, loaded, journey, EventKind::SecondFactorChecked, client).await
}

/// Answers the step `turn` of a sign-in with what was typed.
///
/// # Errors
/// `sign_in.turn_used`, `sign_in.expired`, `sign_in.too_many`
pub async fn with_code(
    app: &App,
    journey: &Token,
    turn: i64,
    typed: Typed<'_>,
    client: &Client,
) -> Result<CodeOutcome> {
    let (loaded, stage) = load_to_answer(app, journey, client)
        .await?
        .ok_or(codes::SIGN_IN_TURN_USED)?;
    let checked =
        second_factor::check_code(app, journey, (loaded, stage), turn, &typed, client).await?;
    match checked {
        Ok((turn, stage, proof)) => {
            let proved = Proved::Before(turn);
            finish_with(app, proved, stage, proof, client).await
        }
        Err(outcome) => Ok(outcome),
    }
}

/// Sends a code to one of the devices of the user who signs in on this journey.
///
/// # Errors
/// `sign_in.turn_used`, `sign_in.expired`, `device.unknown`, `code.…`;
/// `recovery.other_device` for a mailbox where a mail began it.
pub async fn send_code(
    app: &App,
    journey: &Token,
    device: DeviceId,
    words: &dyn Words,
    client: &Client,
) -> Result<()> {
    let (_, stage) = load(app, journey).await?.ok_or(codes::SIGN_IN_TURN_USED)?;
    let owner = stage.user_id();
    let (user, device) = app
        .store
        .look(move |connection| {
            let device = devices::expect_of(connection, owner, device)?;
            Ok((users::expect(connection, owner)?, device))
        })
        .await?;
    if stage.is_recovery() && device.kind.is_mailbox() {
        return Err(codes::RECOVERY_OTHER_DEVICE.into());
    }
    // No user is in yet: the journey alone must stand still.
    let grounds = Grounds::Server;
    delivered_code::send_to(app, journey, &user, device.id, words, grounds, client).await
}

/// Spends what was proved, ends the journey and opens the session, all or nothing.
pub(super) async fn finish_with(
    app: &App,
    proved: Proved,
    stage: AwaitingSecondFactor,
    proof: SecondFactorVerified,
    client: &Client,
) -> Result<CodeOutcome> {
    let finished = stage.finish(&proof)?;
    let replayed = proved.check().refusal(CodeRefused::REPLAYED.reason, client);
    let open = proved.open();
    let (context, settings, from) = (app.context(), app.settings.clone(), client.clone());
    let opened = app
        .store
        .write(move |connection| {
            // First, as what ends every way in does: neither waits for the other.
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
        turn::close(app, open, problem, client).await?;
    }
    if let Err(problem) = &opened
        && matches!(problem.fault(), Fault::Denied | Fault::Forged)
    {
        let refused = replayed.clone().refused(problem.code());
        app.record(refused).await?;
    }
    match opened? {
        Some(opened) => Ok(CodeOutcome::Opened(opened)),
        None => {
            app.record(replayed).await?;
            Ok(CodeOutcome::Used)
        }
    }
}
