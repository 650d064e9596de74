//! The second step after a passkey that did not verify its user: the password.

use secrecy::{ExposeSecret, SecretString};

use super::open_session::{Opened, open_admitted};
use crate::App;
use crate::attempt::{Tried, settle};
use crate::journey;
use crate::policy::admit_use;
use crate::turn::{self, Check};
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::device::Device;
use keyward_core::domain::event::{Actor, Event, EventKind, Refusal};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::User;
use keyward_core::flows::Stage as _;
use keyward_core::flows::sign_in::AwaitingPassword;
use keyward_core::problem::{Result, codes};
use keyward_core::secret::Token;
use keyward_store::{devices, journeys, passwords, users};

/// What the page of the password needs to know.
#[derive(Debug)]
pub struct Confirming {
    /// The step that the page's answer takes.
    pub turn: i64,
    /// Who is signing in.
    pub user: User,
    /// The device that answered.
    pub device: Device,
}

/// Where the password led.
#[must_use]
#[derive(Debug)]
pub enum ConfirmOutcome {
    /// It is wrong.
    Wrong,
    /// To a session.
    Opened(Opened),
}

/// What the sign-in of this journey waits for, where that is the password after a passkey.
///
/// # Errors
/// `sign_in.expired`
pub async fn awaiting_password(app: &App, journey: &Token) -> Result<Option<Confirming>> {
    let Some((turn, stage)) = load_confirming(app, journey).await? else {
        return Ok(None);
    };
    app.store
        .look(move |connection| {
            let user = users::expect(connection, stage.user_id())?;
            // A device that was removed meanwhile proves nothing any more.
            let device = devices::by_id(connection, stage.device_id())?;
            Ok(device.map(|device| Confirming { turn, user, device }))
        })
        .await
}

async fn load_confirming(app: &App, journey: &Token) -> Result<Option<(i64, AwaitingPassword)>> {
    journey::load(app, journey, codes::SIGN_IN_EXPIRED).await
}

/// Answers the step `turn` of a sign-in that a passkey began with the password.
///
/// # Errors
/// `sign_in.turn_used`, `sign_in.expired`, `sign_in.too_many`, `sign_in.busy`
pub async fn confirm_with_password(
    app: &App,
    journey: &Token,
    turn: i64,
    password: SecretString,
    client: &Client,
) -> Result<ConfirmOutcome> {
    let loaded = load_confirming(app, journey).await;
    let (loaded, stage) =
        journey::or_too_late(app, loaded, journey, EventKind::PasswordChecked, client)
            .await?
            .ok_or(codes::SIGN_IN_TURN_USED)?;
    if loaded != turn {
        return Err(codes::SIGN_IN_TURN_USED.into());
    }
    let user = stage.user_id();
    let check = Check {
        user,
        scope: AttemptScope::Password(user),
        event: EventKind::PasswordChecked,
        token: None,
    };
    let turn = turn::take(app, journey, turn, &stage, check, client).await?;
    let stored = app
        .store
        .look(move |connection| passwords::of(connection, user))
        .await?;
    let proof = app
        .passwords
        .with_seat(move |passwords| passwords.verify(stored.as_ref(), password.expose_secret()))
        .await?;
    let Some(proof) = proof else {
        turn::refuse(app, turn, Tried::Wrong, Refusal::WrongPassword, client).await?;
        return Ok(ConfirmOutcome::Wrong);
    };
    let device = stage.device_id();
    let finished = stage.finish(&proof)?;
    let accepted = Event::new(EventKind::PasswordChecked)
        .by(Actor::User(user))
        .about(user)
        .from(client);
    let (context, settings, from) = (app.context(), app.settings.clone(), client.clone());
    let opened = app
        .store
        .write(move |connection| {
            users::hold(connection, user)?;
            let admitted = admit_use(connection, user, device, Some(false), context.now)?;
            if !journeys::finish(connection, &turn.id, turn.turn)? {
                return Err(codes::SIGN_IN_TURN_USED.into());
            }
            // Removed, or put on hold, since it answered.
            if !devices::note_use(connection, device, context.now)? {
                return Err(codes::DEVICE_UNKNOWN.into());
            }
            let lockout = &settings.lockout;
            let scope = &turn.check.scope;
            settle(connection, &context, scope, Tried::Right, lockout, &from)?;
            context.record(connection, &accepted)?;
            let session = &settings.session;
            open_admitted(connection, &context, &admitted, finished, session, &from)
        })
        .await?;
    Ok(ConfirmOutcome::Opened(opened))
}
