//! Changing one's own password.

use secrecy::{ExposeSecret, SecretString};

use super::{still_fits, use_of};
use crate::App;
use crate::attempt::{self, Tried, admit, is_locked, settle};
use crate::grounds;
use crate::session::end_every_way_in;
use crate::sign_in::{Opened, rekey};
use crate::user;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::event::{Actor, Event, EventKind, Refusal};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::NewPassword;
use keyward_core::factors::password::StoredPassword;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::SteppedUp;
use keyward_core::problem::{Result, codes};
use keyward_store::passwords;

/// Where a change led.
#[must_use = "the browser must be told"]
#[derive(Debug)]
pub enum ChangeOutcome {
    /// Nowhere: the present password is not that.
    Wrong,
    /// There is a new one, and the user's other sessions have ended. This one goes on under a new
    /// identifier.
    Changed(Opened),
}

/// Replaces the password of a user who knows the present one, or has none, and ends their other
/// sessions and the sign-ins in progress. Tries are counted with those at sign-in.
///
/// # Errors
/// `user.password_short`, `sign_in.too_many`, `sign_in.busy`; `session.required` where the session
/// ended meanwhile.
pub async fn change(
    app: &App,
    permit: &SteppedUp,
    present: SecretString,
    new: NewPassword,
    client: &Client,
) -> Result<ChangeOutcome> {
    let (user, here) = (permit.user().id, permit.session().id);
    attempt::admit_address(app, client).await?;
    let (settings, now) = (app.settings.clone(), app.now());
    let policy = settings.clone();
    let (usage, stored) = app
        .store
        .look(move |connection| {
            let usage = use_of(connection, &policy.policy, user, now)?;
            let stored = passwords::of(connection, user)?.ok_or(codes::USER_UNKNOWN)?;
            Ok((usage, stored))
        })
        .await?;
    let new = new.for_use(usage)?;
    let event = Event::new(EventKind::PasswordSet)
        .by(Actor::User(user))
        .about(user)
        .from(client);
    let scope = AttemptScope::Password(user);
    let version = stored.version;
    if stored.hash.is_some() {
        let refused = event.clone();
        let right = knows(app, &scope, refused, stored, present, client).await?;
        if !right {
            return Ok(ChangeOutcome::Wrong);
        }
    }
    let hash = user::hash_password(app, user, new).await?;
    let (context, lockout, from) = (app.context(), app.settings.lockout.clone(), client.clone());
    grounds::write_for(app, permit.grounds(), move |connection| {
        // Replaced since the present one was looked at: by its owner elsewhere, by a link.
        if !passwords::hold(connection, user, version)? {
            context.record(connection, &event.refused(Refusal::ReplacedPassword))?;
            return Ok(ChangeOutcome::Wrong);
        }
        still_fits(connection, &settings.policy, user, usage, context.now)?;
        passwords::set(connection, user, &hash)?;
        end_every_way_in(connection, user, Some(here), context.now)?;
        settle(connection, &context, &scope, Tried::Right, &lockout, &from)?;
        context.record(connection, &event)?;
        let opened = rekey(connection, &context, here, NextPath::default())?;
        Ok(ChangeOutcome::Changed(opened))
    })
    .await
}

async fn knows(
    app: &App,
    scope: &AttemptScope,
    event: Event,
    stored: StoredPassword,
    typed: SecretString,
    client: &Client,
) -> Result<bool> {
    let (counted, lockout, now) = (scope.clone(), app.settings.lockout.clone(), app.now());
    let from = client.clone();
    let admitted = attempt::begin_counted(app, move |connection| {
        admit(connection, &counted, &lockout, &from, now)
    })
    .await;
    if let Err(problem) = admitted {
        if is_locked(&problem) {
            let locked = event.refused(Refusal::Locked);
            attempt::note_locked(app, scope, locked, client).await?;
        }
        return Err(problem);
    }
    let proof = app
        .passwords
        .with_seat(move |passwords| passwords.verify(Some(&stored), typed.expose_secret()))
        .await?;
    if proof.is_some() {
        return Ok(true);
    }
    let refused = event.refused(Refusal::WrongPassword);
    let (context, scope, from) = (app.context(), scope.clone(), client.clone());
    let lockout = app.settings.lockout.clone();
    app.store
        .write(move |connection| {
            settle(connection, &context, &scope, Tried::Wrong, &lockout, &from)?;
            context.record(connection, &refused)
        })
        .await?;
    Ok(false)
}
