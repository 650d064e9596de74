//! Stepping up by a code.

use super::raise;
use crate::App;
use crate::delivered_code::{self, Words};
use crate::grounds;
use crate::second_factor::{self, CodeOutcome, CodeRefused, Typed, accept};
use crate::turn::{self, Proved};
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::session::Client;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::MayStepUp;
use keyward_core::flows::sign_in::SecondFactorVerified;
use keyward_core::flows::step_up::SteppingUp;
use keyward_core::problem::Result;
use keyward_core::secret::Token;

/// Answers the step `turn` with what was typed, and goes on to `next`.
///
/// # Errors
/// `sign_in.turn_used`, `sign_in.expired`, `sign_in.too_many`; `session.required` where the
/// session ended meanwhile.
pub async fn with_code(
    app: &App,
    permit: &MayStepUp,
    journey: &Token,
    turn: i64,
    typed: Typed<'_>,
    next: NextPath,
    client: &Client,
) -> Result<CodeOutcome> {
    let loaded = super::load(app, permit, journey).await?;
    let checked = second_factor::check_code(app, journey, loaded, turn, &typed, client).await?;
    match checked {
        Ok((turn, stage, proof)) => {
            let proved = Proved::Before(turn);
            raise_with(app, permit, proved, stage, proof, next, client).await
        }
        Err(outcome) => Ok(outcome),
    }
}

/// Sends a code to one of the devices of the user who proves themselves again on this journey.
///
/// # Errors
/// `sign_in.turn_used`, `sign_in.expired`, `device.unknown`, `code.…`
pub async fn send_code(
    app: &App,
    permit: &MayStepUp,
    journey: &Token,
    device: DeviceId,
    words: &dyn Words,
    client: &Client,
) -> Result<()> {
    super::load(app, permit, journey).await?;
    let (user, grounds) = (permit.user(), permit.grounds());
    delivered_code::send_to(app, journey, user, device, words, grounds, client).await
}

/// Spends what was proved, ends the journey and raises the session, all or nothing.
pub(super) async fn raise_with(
    app: &App,
    permit: &MayStepUp,
    proved: Proved,
    stage: SteppingUp,
    proof: SecondFactorVerified,
    next: NextPath,
    client: &Client,
) -> Result<CodeOutcome> {
    let raised = stage.finish(permit.session(), &proof)?;
    let replayed = proved.check().refusal(CodeRefused::REPLAYED.reason, client);
    let open = proved.open();
    let (context, lockout, from) = (app.context(), app.settings.lockout.clone(), client.clone());
    let opened = grounds::write_for(app, permit.grounds(), move |connection| {
        let turn = proved.taken(connection, context.now)?;
        match accept(connection, &context, &turn, &proof, &lockout, &from)? {
            None => Ok(None),
            Some(_) => raise(connection, &context, &raised, next).map(Some),
        }
    })
    .await;
    if let Err(problem) = &opened {
        turn::close(app, open, problem, client).await?;
    }
    match opened? {
        Some(opened) => Ok(CodeOutcome::Opened(opened)),
        None => {
            app.record(replayed).await?;
            Ok(CodeOutcome::Used)
        }
    }
}
