//! A new password by a recovery link.

use crate::password::{replace, still_fits, use_of};
use crate::user;
use crate::{App, journey};
use keyward_core::domain::device::Device;
use keyward_core::domain::event::{Actor, Event, EventKind};
use keyward_core::domain::password::PasswordUse;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{NewPassword, UserId, UserName};
use keyward_core::flows::sign_in::{AwaitingSecondFactor, RecoveryLinkTaken};
use keyward_core::problem::{Result, codes};
use keyward_core::secret::Token;
use keyward_store::{AnyConnection, devices, recoveries, users};

/// What the page of a link needs to know.
#[derive(Debug)]
pub struct ResetForm {
    /// Whose password it is.
    pub user: UserId,
    /// Their name.
    pub name: UserName,
    /// What stands beside it.
    pub usage: PasswordUse,
}

/// Where a new password led.
#[must_use = "the browser must be told of a journey"]
#[derive(Debug)]
pub enum ResetOutcome {
    /// It was set, and the user's sessions have ended.
    Set,
    /// To the second factor, by this journey; it is set when that is proved.
    SecondFactor(Token),
}

/// Whose password a link would replace.
///
/// # Errors
/// `recovery.link_used` where it expired, was used or replaced, or never was;
/// `recovery.other_device` where nothing but mail could confirm it.
pub async fn reset_form(app: &App, link: &Token) -> Result<ResetForm> {
    let (hash, now, settings) = (link.hash(), app.now(), app.settings.clone());
    app.store
        .look(move |connection| {
            let user = recoveries::user_of(connection, &hash, now)?;
            let user = user.ok_or(codes::RECOVERY_LINK_USED)?;
            needs_no_other_device(connection, user)?;
            Ok(ResetForm {
                user,
                name: users::expect(connection, user)?.name,
                usage: use_of(connection, &settings.policy, user, now)?,
            })
        })
        .await
}

/// Uses a link up. Who has no device has the new password then; who has one is asked for it
/// first, as at every sign-in.
///
/// # Errors
/// `recovery.link_used`, also for the second of two at once; `recovery.other_device`,
/// `user.password_short`, `sign_in.busy`
pub async fn reset_password(
    app: &App,
    link: &Token,
    password: NewPassword,
    client: &Client,
) -> Result<ResetOutcome> {
    let form = reset_form(app, link).await?;
    let password = password.for_use(form.usage)?;
    let new_hash = user::hash_password(app, form.user, password).await?;
    let (own, hash, from) = (app.clone(), link.hash(), client.clone());
    app.store
        .write(move |connection| {
            let context = own.context();
            let user = recoveries::user_of(connection, &hash, context.now)?;
            let user = user.ok_or(codes::RECOVERY_LINK_USED)?;
            users::hold(connection, user)?;
            needs_no_other_device(connection, user)?;
            still_fits(
                connection,
                &context.settings.policy,
                user,
                form.usage,
                context.now,
            )?;
            if !recoveries::take(connection, &hash, context.now)? {
                return Err(codes::RECOVERY_LINK_USED.into());
            }
            let used = Event::new(EventKind::RecoveryLinkUsed)
                .by(Actor::User(user))
                .about(user)
                .from(&from);
            context.record(connection, &used)?;
            // A suspect device counts: it must not turn the second factor off.
            if devices::has_any(connection, user)? {
                let taken = RecoveryLinkTaken::new(user, new_hash);
                let journey = after_link(&own, connection, taken)?;
                return Ok(ResetOutcome::SecondFactor(journey));
            }
            replace(connection, &context, user, &new_hash, &from)?;
            Ok(ResetOutcome::Set)
        })
        .await
}

/// The journey to the second factor, in the transaction that takes the link: what ends every way
/// in meanwhile ends this one too.
fn after_link(
    app: &App,
    connection: &mut AnyConnection,
    taken: RecoveryLinkTaken,
) -> Result<Token> {
    let stage = AwaitingSecondFactor::begin_with_link(taken, app.now());
    let lasting = app.settings.session.sign_in_timeout;
    let lasting = lasting.unwrap_or(journey::LONGEST);
    crate::journey::prepare(app, &stage, lasting)?.begin(connection)
}

/// A link that came by mail and a code that comes by mail are one proof: a user whose only devices
/// are mailboxes cannot replace their password by mail.
///
/// # Errors
/// `recovery.other_device`
fn needs_no_other_device(connection: &mut AnyConnection, user: UserId) -> Result<()> {
    let devices = devices::of_user(connection, user)?;
    let is_mail = |device: &Device| device.kind.is_mailbox();
    if !devices.is_empty() && devices.iter().all(is_mail) {
        return Err(codes::RECOVERY_OTHER_DEVICE.into());
    }
    Ok(())
}
