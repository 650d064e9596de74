//! One's own password: how strong a new one is, and changing it.

mod by_pass;
mod change;
mod strength;
pub use by_pass::choose;
pub use change::change;
pub use strength::judge;
pub use strength::strength;

pub use change::ChangeOutcome;

use super::policy::second_factor_duty;
use super::session::end_every_way_in;
use super::{App, WriteContext};
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::Means;
use keyward_core::domain::password::{NewPassword, PasswordUse};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Result, codes};
use keyward_gateways::breached::BreachedPasswords;
use keyward_settings::Policy;
use keyward_store::{AnyConnection, devices, passwords, users};

/// What stands beside the password of this user: a device that they have, or must have now. Within
/// the grace of a policy nothing does.
pub(super) fn use_of(
    connection: &mut AnyConnection,
    policy: &Policy,
    user: UserId,
    now: Timestamp,
) -> Result<PasswordUse> {
    let person = users::expect(connection, user)?;
    let duty = second_factor_duty(connection, policy, &person, now)?;
    let must_have_one = duty.is_some_and(|duty| duty.is_due(now));
    Ok(if must_have_one || devices::has_any(connection, user)? {
        PasswordUse::WithSecondFactor
    } else {
        PasswordUse::Alone
    })
}

/// Refuses a password that was long enough beside what stood there, where nothing does any more:
/// hashing it took a while.
///
/// # Errors
/// `user.password_short`
pub(super) fn still_fits(
    connection: &mut AnyConnection,
    policy: &Policy,
    user: UserId,
    chosen_for: PasswordUse,
    now: Timestamp,
) -> Result<()> {
    let usage = use_of(connection, policy, user, now)?;
    match usage.shortest() > chosen_for.shortest() {
        true => Err(codes::USER_PASSWORD_SHORT.into()),
        false => Ok(()),
    }
}

/// Sets a password that its user chose by another proof than the old one, and ends their sessions
/// and the sign-ins in progress, in the caller's transaction.
pub(super) fn replace(
    connection: &mut AnyConnection,
    context: &WriteContext,
    user: UserId,
    hash: &str,
    client: &Client,
) -> Result<()> {
    passwords::set(connection, user, hash)?;
    end_every_way_in(connection, user, None, context.now)?;
    let event = Event::new(EventKind::PasswordSet)
        .by(Actor::User(user))
        .about(user)
        .detailed(EventDetail::By {
            means: Means::RecoveryLink,
        })
        .from(client);
    context.record(connection, &event)
}

/// Refuses a password that leaked. It reads files, and belongs off the async threads.
///
/// # Errors
/// `user.password_breached`; `data.unusable` where the files cannot be read any more.
pub(super) fn refuse_breached(breached: &BreachedPasswords, password: &NewPassword) -> Result<()> {
    match breached.hold(password.expose())? {
        true => Err(codes::USER_PASSWORD_BREACHED.into()),
        false => Ok(()),
    }
}

/// Whether this user has a password.
///
/// # Errors
/// The store's.
pub async fn has_password(app: &App, user: UserId) -> Result<bool> {
    app.store
        .look(move |connection| passwords::has_one(connection, user))
        .await
}

/// What stands beside the password of this user.
///
/// # Errors
/// `user.unknown`
pub async fn password_use(app: &App, user: UserId) -> Result<PasswordUse> {
    let (settings, now) = (app.settings.clone(), app.now());
    app.store
        .look(move |connection| use_of(connection, &settings.policy, user, now))
        .await
}
