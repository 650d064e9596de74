//! Objecting: the owner of an account follows a one-time link of a mail and says that a change was
//! not theirs.
//!
//! The user who reads the mail may do so without signing in: an owner who was shut out is the one
//! who needs it most. It can only shut, never open: every session, sign-in in progress, recovery
//! link, temporary pass and trusted browser ends, a device that was added is put on hold, and so
//! are backup codes of which one was used, a password that was set is taken away, an e-mail address
//! that was changed is put back, what was linked elsewhere is taken back, and the administrators are told. What was removed does not come
//! back by it.

use std::time::Duration;

use super::session::end_every_way_in;
use super::{App, WriteContext};
use keyward_core::domain::device::{DeviceId, DeviceState};
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::message::{MessageToken, Notification};
use keyward_core::domain::objection::{OBJECTIONABLE, Objection};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{EmailAddress, UserId};
use keyward_core::problem::{Result, codes};
use keyward_core::secret::Token;
use keyward_store::{
    AnyConnection, devices, keys, objections, openid_grants, passes, passwords, profiles,
    upstream_links, users,
};

/// How long a link works.
const LASTING: Duration = Duration::from_hours(24 * 7);

/// A link for the mail about this event, in the caller's transaction; `None` for what its owner did
/// not do, or cannot object to.
pub(super) fn offer(
    connection: &mut AnyConnection,
    context: &WriteContext,
    event: &Event,
    owner: UserId,
    notification: &Notification,
    former_email: Option<&EmailAddress>,
) -> Result<Option<MessageToken>> {
    if event.actor != Actor::User(owner) || !OBJECTIONABLE.contains(&event.kind) {
        return Ok(None);
    }
    let token = Token::generate(&*context.entropy);
    let objection = Objection {
        user_id: owner,
        event: event.kind,
        device_id: event.device,
        expires_at: context.now + LASTING,
        happened_at: Some(notification.at),
        device: notification.device.as_ref().map(|(_, name)| name.clone()),
        address: notification.address.map(|address| address.to_string()),
        user_agent: event
            .client
            .as_ref()
            .map(|client| client.user_agent.clone()),
        former_email: former_email.cloned(),
    };
    objections::insert(connection, &token.hash(), &objection)?;
    Ok(Some(MessageToken::new(&token)))
}

/// What a link is about.
///
/// # Errors
/// `objection.link_used` where it was used, is too old or is not one of ours.
pub async fn find(app: &App, link: &Token) -> Result<Objection> {
    let (hash, now) = (link.hash(), app.now());
    let found = app
        .store
        .look(move |connection| objections::get(connection, &hash, now))
        .await?;
    found.ok_or_else(|| codes::OBJECTION_LINK_USED.into())
}

/// Objects, once, and says what to.
///
/// # Errors
/// `objection.link_used`
pub async fn object(app: &App, link: &Token, client: &Client) -> Result<Objection> {
    let (hash, context, client) = (link.hash(), app.context(), client.clone());
    app.store
        .write(move |connection| {
            let objection = objections::get(connection, &hash, context.now)?;
            let objection = objection.ok_or(codes::OBJECTION_LINK_USED)?;
            users::hold(connection, objection.user_id)?;
            if !objections::take(connection, &hash)? {
                return Err(codes::OBJECTION_LINK_USED.into());
            }
            shut(connection, &context, &objection, &client)?;
            Ok(objection)
        })
        .await
}

fn shut(
    connection: &mut AnyConnection,
    context: &WriteContext,
    objection: &Objection,
    client: &Client,
) -> Result<()> {
    let user = objection.user_id;
    let sessions = end_every_way_in(connection, user, None, context.now)?;
    passes::remove(connection, user)?;
    keys::void_codes_of(connection, Some(user), None)?;
    let mut event = Event::new(EventKind::Objected)
        .about(user)
        .detailed(EventDetail::Objected {
            event: objection.event,
            sessions,
        })
        .from(client);
    if Objection::holds_device(objection.event)
        && let Some(device) = device_of(connection, objection)?
    {
        devices::change_state(
            connection,
            device,
            DeviceState::Active,
            DeviceState::Suspect,
        )?;
        openid_grants::forget_device(connection, device)?;
        event.device = Some(device);
    }
    if Objection::takes_links_back(objection.event)
        && let Some(since) = objection.happened_at
    {
        upstream_links::remove_since(connection, user, since)?;
    }
    if Objection::clears_password(objection.event) {
        passwords::clear(connection, user)?;
    }
    // The way to a new password must not lead to the attacker who changed the address.
    if let Some(former) = &objection.former_email {
        profiles::set_email(connection, user, Some(former))?;
    }
    context.record(connection, &event)
}

/// The device that it is about, where it is still theirs.
fn device_of(connection: &mut AnyConnection, objection: &Objection) -> Result<Option<DeviceId>> {
    let Some(id) = objection.device_id else {
        return Ok(None);
    };
    let device = devices::by_id(connection, id)?;
    let theirs = device.filter(|device| device.user_id == objection.user_id);
    Ok(theirs.map(|device| device.id))
}
