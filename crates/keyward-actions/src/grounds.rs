//! What was true when a permit was given, asked again in the transaction that acts on it.
//!
//! A request shows its session, and then it waits: for a seat at which passwords are hashed, for
//! other servers, for the database. Meanwhile the session may have ended, its user may have been
//! disabled or lost the console, and the identifier may have been replaced because it was copied.
//! What is written for a permit is written by [`write_for`], and by nothing else:
//! `tests/architecture` looks for that.

use super::App;
use keyward_core::clock::Timestamp;
use keyward_core::flows::permit::{Grounds, SessionGrounds};
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::sessions::Open;
use keyward_store::{AnyConnection, sessions, users};

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
    let open = open_at(&app.settings.session, app.now());
    app.store
        .write(move |connection| on(connection, &grounds, open, change))
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
    let open = open_at(&app.settings.session, app.now());
    app.store
        .write_batch(move |connection| on(connection, &grounds, open, change))
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

fn on<T>(
    connection: &mut AnyConnection,
    grounds: &Grounds,
    open: Open,
    change: impl FnOnce(&mut AnyConnection) -> Result<T>,
) -> Result<T> {
    match grounds {
        Grounds::Server => change(connection),
        Grounds::Own(own) => {
            hold(connection, own, open)?;
            change(connection)
        }
        Grounds::Console(own) => {
            require_open(connection, own, open)?;
            require_superuser(connection, own)?;
            let done = change(connection)?;
            // Rows are not held here, lest two administrators who act on each other wait for each
            // other for ever. One of them may have waited within the change for the other's.
            require_superuser(connection, own)?;
            Ok(done)
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
