//! What was true when a permit was given, asked again in the transaction that acts on it.
//!
//! A request shows its session, and then it waits: for a seat at which passwords are hashed, for
//! other servers, for the database. Meanwhile the session may have ended, its user may have been
//! disabled or lost the console, and the identifier may have been replaced because it was copied.
//! What is written for a permit is written by [`write_for`], and by nothing else:
//! `tests/architecture` looks for that.

use std::sync::Arc;

use super::App;
use crate::policy::second_factor_duty;
use keyward_core::clock::Timestamp;
use keyward_core::flows::permit::{Grounds, SessionGrounds};
use keyward_core::problem::{Problem, Result, codes};
use keyward_settings::Settings;
use keyward_store::sessions::Open;
use keyward_store::{AnyConnection, devices, sessions, users};

/// Runs a transaction as [`Store::write`](keyward_store::Store::write) does, on grounds that must
/// stand still.
///
/// # Errors
/// The closure's; `session.required` where the session ended meanwhile, got another identifier,
/// or its user may not any more what they were permitted.
pub(super) async fn write_for<T, F>(app: &App, grounds: Grounds, change: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
{
    let asked = Asked::at_present(app, grounds);
    app.store
        .write(move |connection| asked.on(connection, change))
        .await
}

/// Runs a transaction of many rows as
/// [`Store::write_batch`](keyward_store::Store::write_batch) does, on grounds that must stand
/// still.
///
/// # Errors
/// As [`write_for`].
pub(super) async fn write_batch_for<T, F>(app: &App, grounds: Grounds, change: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
{
    let asked = Asked::at_present(app, grounds);
    app.store
        .write_batch(move |connection| asked.on(connection, change))
        .await
}

/// What makes a session an open one at a moment: [`judge`](keyward_core::flows::permit::judge) in the words
/// of a statement.
pub(super) fn open_at(settings: &keyward_settings::Session, now: Timestamp) -> Open {
    Open {
        now,
        idle_since: now - settings.idle,
    }
}

/// Grounds, and what it takes to see whether they stand.
struct Asked {
    grounds: Grounds,
    settings: Arc<Settings>,
    open: Open,
}

impl Asked {
    fn at_present(app: &App, grounds: Grounds) -> Self {
        Self {
            grounds,
            open: open_at(&app.settings.session, app.now()),
            settings: Arc::clone(&app.settings),
        }
    }

    fn on<T>(
        &self,
        connection: &mut AnyConnection,
        change: impl FnOnce(&mut AnyConnection) -> Result<T>,
    ) -> Result<T> {
        match &self.grounds {
            Grounds::Server => change(connection),
            Grounds::Own(own) => {
                hold(connection, own, self.open)?;
                if own.is_by_password_alone {
                    require_nothing_more(connection, own, &self.settings, self.open.now)?;
                }
                change(connection)
            }
            Grounds::Console(own) => {
                require_open(connection, own, self.open)?;
                require_superuser(connection, own)?;
                let done = change(connection)?;
                // Rows are not held here, lest two administrators who act on each other wait for
                // each other for ever. One of them may have waited within the change for the
                // other's.
                require_superuser(connection, own)?;
                Ok(done)
            }
        }
    }
}

/// The user's row before the session's, as everybody does who ends the sessions of a user.
fn hold(connection: &mut AnyConnection, own: &SessionGrounds, open: Open) -> Result<()> {
    if !users::hold_enabled(connection, own.user)? {
        return Err(over("its user is disabled"));
    }
    if !sessions::hold(connection, own.session, &own.identifier, open)? {
        return Err(over("the session ended meanwhile"));
    }
    Ok(())
}

/// What [`judge`](keyward_core::flows::permit::judge) makes of a session that a password alone
/// opened: the user may have got a device meanwhile, or have joined a group whose policy asks for
/// one.
fn require_nothing_more(
    connection: &mut AnyConnection,
    own: &SessionGrounds,
    settings: &Settings,
    now: Timestamp,
) -> Result<()> {
    if devices::has_any(connection, own.user)? {
        return Err(over("its user has a device that it skipped"));
    }
    let user = users::expect(connection, own.user)?;
    let duty = second_factor_duty(connection, &settings.policy, &user, now)?;
    match duty.is_some_and(|duty| duty.is_due(now)) {
        true => Err(over("its user must have a second factor by now")),
        false => Ok(()),
    }
}

fn require_open(connection: &mut AnyConnection, own: &SessionGrounds, open: Open) -> Result<()> {
    match sessions::is_open(connection, own.session, &own.identifier, open)? {
        true => Ok(()),
        false => Err(over("the session ended meanwhile")),
    }
}

fn require_superuser(connection: &mut AnyConnection, own: &SessionGrounds) -> Result<()> {
    match users::is_superuser(connection, own.user)? {
        true => Ok(()),
        false => Err(over("its user may not open the console any more")),
    }
}

fn over(why: &str) -> Problem {
    Problem::new(codes::SESSION_REQUIRED).detailed(why)
}
