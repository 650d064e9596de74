//! Stepping up by the password, for a user who has no device.

use secrecy::{ExposeSecret, SecretString};

use super::raise;
use crate::App;
use crate::attempt::{Tried, settle};
use crate::grounds;
use crate::sign_in::Opened;
use crate::turn::{self, Check, Turn};
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind, Refusal};
use keyward_core::domain::event_detail::Means;
use keyward_core::domain::session::Client;
use keyward_core::factors::password::PasswordVerified;
use keyward_core::flows::Stage as _;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::MayStepUp;
use keyward_core::flows::step_up::{Raised, SteppingUp};
use keyward_core::problem::{Result, codes};
use keyward_core::secret::Token;
use keyward_store::{devices, journeys, passwords};

/// Where the password led.
#[must_use]
#[derive(Debug)]
pub enum PasswordAgain {
    /// It is wrong.
    Wrong,
    /// To a raised session.
    Opened(Opened),
}

/// Answers the step `turn` with the password of a user who has no device, and goes on to `next`.
///
/// # Errors
/// `sign_in.turn_used`, `sign_in.expired`, `sign_in.too_many`, `sign_in.busy`;
/// `session.step_up` where there is a device, which a password does not stand in for.
pub async fn with_password(
    app: &App,
    permit: &MayStepUp,
    journey: &Token,
    turn: i64,
    password: SecretString,
    next: NextPath,
    client: &Client,
) -> Result<PasswordAgain> {
    let (loaded, stage) = super::load(app, permit, journey).await?;
    if loaded != turn {
        return Err(codes::SIGN_IN_TURN_USED.into());
    }
    let (turn, stage) = take_password_turn(app, journey, turn, stage, client).await?;
    let user = turn.check.user;
    let stored = app
        .store
        .look(move |connection| passwords::of(connection, user))
        .await?;
    let proof = app
        .passwords
        .with_seat(move |passwords| passwords.verify(stored.as_ref(), password.expose_secret()))
        .await?;
    match proof {
        Some(proof) => {
            let raised = stage.finish_by_password(&proof)?;
            let again = (turn.clone(), proof);
            match raise_by_password(app, permit, again, raised, next, client).await? {
                Some(opened) => Ok(PasswordAgain::Opened(opened)),
                None => {
                    let reason = Refusal::ReplacedPassword;
                    turn::refuse(app, turn, Tried::NoGuess, reason, client).await?;
                    Ok(PasswordAgain::Wrong)
                }
            }
        }
        None => {
            turn::refuse(app, turn, Tried::Wrong, Refusal::WrongPassword, client).await?;
            Ok(PasswordAgain::Wrong)
        }
    }
}

async fn take_password_turn(
    app: &App,
    journey: &Token,
    turn: i64,
    stage: SteppingUp,
    client: &Client,
) -> Result<(Turn, SteppingUp)> {
    let user = stage.user_id();
    let has_device = app
        .store
        .look(move |connection| devices::has_any(connection, user))
        .await?;
    if has_device {
        return Err(codes::SESSION_STEP_UP.into());
    }
    let check = Check {
        user,
        scope: AttemptScope::Password(user),
        event: EventKind::SteppedUp,
        token: None,
    };
    let turn = turn::take(app, journey, turn, &stage, check, client).await?;
    Ok((turn, stage))
}

/// Raises the session; `None` where the password was replaced since it was found right.
async fn raise_by_password(
    app: &App,
    permit: &MayStepUp,
    (turn, proof): (Turn, PasswordVerified),
    raised: Raised,
    next: NextPath,
    client: &Client,
) -> Result<Option<Opened>> {
    let user = turn.check.user;
    let accepted = Event::new(EventKind::SteppedUp)
        .by(Actor::User(user))
        .about(user)
        .detailed(EventDetail::By {
            means: Means::Password,
        })
        .from(client);
    let (context, lockout, from) = (app.context(), app.settings.lockout.clone(), client.clone());
    grounds::write_for(app, permit.grounds(), move |connection| {
        if !passwords::hold_proved(connection, &proof)? {
            return Ok(None);
        }
        // A device may have been enrolled since, by another session.
        if devices::has_any(connection, user)? {
            return Err(codes::SESSION_STEP_UP.into());
        }
        if !journeys::finish(connection, &turn.id, turn.turn)? {
            return Err(codes::SIGN_IN_TURN_USED.into());
        }
        let scope = &turn.check.scope;
        settle(connection, &context, scope, Tried::Right, &lockout, &from)?;
        context.record(connection, &accepted)?;
        raise(connection, &context, &raised, next).map(Some)
    })
    .await
}
