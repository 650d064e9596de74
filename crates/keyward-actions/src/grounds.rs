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
use keyward_core::domain::answered_request::{Created, REMEMBERED, RequestKey};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::role::Role;
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::permit::{
    ConsoleGrounds, Grounds, Permitted, SessionGrounds, TokenGrounds,
};
use keyward_core::problem::{Problem, Result, codes};
use keyward_settings::Settings;
use keyward_store::sessions::Open;
use keyward_store::{
    AnyConnection, answered_requests, api_tokens, devices, roles, sessions, users,
};

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
    let check = GroundsCheck::at_present(app, grounds.clone());
    let done = app
        .store
        .write(move |connection| check.on(connection, change))
        .await;
    or_missing_scope(app, &grounds, done).await
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
    let check = GroundsCheck::at_present(app, grounds.clone());
    let done = app
        .store
        .write_batch(move |connection| check.on(connection, change))
        .await;
    or_missing_scope(app, &grounds, done).await
}

/// Asks whether grounds stand still, where nothing is written.
///
/// # Errors
/// As [`write_for`].
pub(super) async fn ask_again(app: &App, grounds: Grounds) -> Result<()> {
    let check = GroundsCheck::at_present(app, grounds);
    app.store
        .look(move |connection| check.on(connection, |_| Ok(())))
        .await
}

/// Gives a result back; where the token lacked a scope for what it met in the transaction, the trail says
/// so, as where it lacks the one of the operation.
async fn or_missing_scope<T>(app: &App, grounds: &Grounds, done: Result<T>) -> Result<T> {
    if let (Grounds::Token(token), Err(problem)) = (grounds, &done)
        && problem.code() == codes::API_TOKEN_SCOPE
    {
        app.record(token.refused(problem.code())).await?;
    }
    done
}

/// Creates something on grounds that must stand still. Where the request for it may be sent again, its
/// key is claimed first and what was created is kept with it, all in the one transaction.
///
/// # Errors
/// As [`write_for`]; `request.key_raced` where a request of the same key was a moment faster.
pub(super) async fn create_for<T, F>(
    app: &App,
    permitted: &Permitted,
    created: fn(&T) -> Created,
    change: F,
) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
{
    let (once, context) = (permitted.request_key().cloned(), app.context());
    write_for(app, permitted.grounds(), move |connection| {
        let Some(RequestKey { hash, fingerprint }) = once else {
            return change(connection);
        };
        answered_requests::forget_if_over(connection, &hash, context.now)?;
        let until = context.now + REMEMBERED;
        if !answered_requests::claim(connection, &hash, &fingerprint, until)? {
            return Err(codes::REQUEST_KEY_RACED.into());
        }
        let made = change(connection)?;
        let outcome = created(&made).to_bytes();
        let sealing = (&*context.master_key, &*context.entropy as _);
        answered_requests::keep_outcome(connection, &hash, &outcome, sealing)?;
        Ok(made)
    })
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
struct GroundsCheck {
    grounds: Grounds,
    settings: Arc<Settings>,
    open: Open,
}

impl GroundsCheck {
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
            Grounds::Token(token) => {
                require_good(connection, token, self.open.now)?;
                let done = change(connection)?;
                // As below: the one who revoked it may have been waited for.
                require_good(connection, token, self.open.now)?;
                Ok(done)
            }
            Grounds::Console(ConsoleGrounds { session, role }) => {
                require_open(connection, session, self.open)?;
                require_role(connection, session, *role)?;
                let done = change(connection)?;
                // Rows are not held here, lest two administrators who act on each other wait for
                // each other for ever. One of them may have waited within the change for the
                // other's.
                require_role(connection, session, *role)?;
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

fn require_role(
    connection: &mut AnyConnection,
    own: &SessionGrounds,
    role: Option<Role>,
) -> Result<()> {
    let stands = match role {
        None => users::is_superuser(connection, own.user)?,
        Some(role) => roles::has(connection, own.user, role)?,
    };
    match stands {
        true => Ok(()),
        false => Err(over("its user may not do this at the console any more")),
    }
}

/// Refuses to change what a user of the console proves themselves by, is found by or is judged by, where
/// that is not permitted, in the transaction that acts, which holds the user.
///
/// # Errors
/// `user.unknown`, `api_token.scope`, `console.staff`
pub(super) fn may_change(connection: &mut AnyConnection, by: &Grounds, user: UserId) -> Result<()> {
    match users::expect(connection, user)?.is_superuser || roles::has_any(connection, user)? {
        true => by.may_change_staff(),
        false => Ok(()),
    }
}

/// Refuses to let users into groups that give a role, where it is not permitted to make superusers either.
///
/// # Errors
/// `api_token.scope`
pub(super) fn may_give_roles(
    connection: &mut AnyConnection,
    by: &Grounds,
    groups: &[GroupName],
) -> Result<()> {
    match roles::any_is_given_by(connection, groups)? {
        true => by.may_change_staff(),
        false => Ok(()),
    }
}

/// Refuses to do for a user of the console what the help desk asks for; all others may.
///
/// # Errors
/// `user.unknown`, `console.staff`
pub(super) fn may_help(connection: &mut AnyConnection, by: &Grounds, user: UserId) -> Result<()> {
    match by.is_bound_to_role() {
        true => may_change(connection, by, user),
        false => Ok(()),
    }
}

/// Whether a token is there still, of an owner who has the right that it is used for.
fn require_good(
    connection: &mut AnyConnection,
    footing: &TokenGrounds,
    now: Timestamp,
) -> Result<()> {
    if !api_tokens::is_good(connection, footing.token, now)? {
        return Err(Problem::new(codes::API_TOKEN_REFUSED).detailed("it was revoked meanwhile"));
    }
    let owner = users::by_id(connection, footing.owner)?;
    let may = |owner: User| owner.is_enabled && (owner.is_superuser || !footing.needs_superuser);
    match owner.is_some_and(may) {
        true => Ok(()),
        false => Err(codes::API_TOKEN_OWNER.into()),
    }
}

fn over(why: &str) -> Problem {
    Problem::new(codes::SESSION_REQUIRED).detailed(why)
}
