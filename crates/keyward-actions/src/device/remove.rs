//! Removing a device: by its owner, or by an administrator.

use crate::enrol::has_way_in_besides;
use crate::grounds;
use crate::policy::{asks_for_second_factor, policy_states};
use crate::session;
use crate::sign_in::{Opened, rekey};
use crate::{App, WriteContext};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{Device, DeviceId, DeviceState};
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::session::{Client, SessionId};
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::{Administrator, SteppedUp};
use keyward_core::problem::{Result, codes};
use keyward_settings::Policy;
use keyward_store::sessions::Open;
use keyward_store::{AnyConnection, devices, groups, passwords, sessions, upstream_links, users};

/// What the removal of a device will do, for the question before it.
#[derive(Debug)]
pub struct Removal {
    /// The device.
    pub device: Device,
    /// How many devices its owner has left then.
    pub remaining: u64,
    /// How many sessions end with it.
    pub ended_sessions: u64,
}

/// What the removal of a user's own device will do; `here` is the session that will not end.
///
/// # Errors
/// As the removal's; `device.unknown` also for another user's.
pub async fn foresee_removal(
    app: &App,
    owner: UserId,
    id: DeviceId,
    here: Option<SessionId>,
) -> Result<Removal> {
    let (open, settings, now) = (session::what_is_open(app), app.settings.clone(), app.now());
    app.store
        .look(move |connection| {
            let device = devices::expect_of(connection, owner, id)?;
            keep_what_is_needed(connection, owner, id, &settings.policy, now)?;
            foresee(connection, device, here, open)
        })
        .await
}

/// What the removal of any user's device will do, and to whom.
///
/// # Errors
/// As the removal's.
pub async fn foresee_removal_of(
    app: &App,
    administrator: &Administrator,
    id: DeviceId,
) -> Result<(Removal, User)> {
    let (open, settings, now) = (session::what_is_open(app), app.settings.clone(), app.now());
    let administrator = administrator.clone();
    app.store
        .look(move |connection| {
            let device = devices::by_id(connection, id)?.ok_or(codes::DEVICE_UNKNOWN)?;
            if administrator.is(device.user_id) {
                let owner = device.user_id;
                keep_what_is_needed(connection, owner, id, &settings.policy, now)?;
            }
            let owner = users::expect(connection, device.user_id)?;
            Ok((foresee(connection, device, None, open)?, owner))
        })
        .await
}

/// Removes one of the person's own devices, and ends the other sessions that it proved. This one
/// goes on under a new identifier.
///
/// # Errors
/// `device.unknown`; `device.last` where policy asks for a second factor and no other is left;
/// `device.only_way_in` where there is no password either.
pub async fn remove_own(
    app: &App,
    permit: &SteppedUp,
    id: DeviceId,
    client: &Client,
) -> Result<(Device, Opened)> {
    let owner = permit.user().id;
    let here = permit.session().id;
    let event = Event::new(EventKind::DeviceRemoved)
        .by(Actor::User(owner))
        .about(owner)
        .on(id)
        .from(client);
    let (context, settings, told) = (app.context(), app.settings.clone(), event.clone());
    let removed = grounds::write_for(app, permit.grounds(), move |connection| {
        users::hold(connection, owner)?;
        keep_what_is_needed(connection, owner, id, &settings.policy, context.now)?;
        let device = take_away(connection, &context, owner, id, Some(here), told)?;
        let opened = rekey(connection, &context, here, NextPath::to_devices())?;
        Ok((device, opened))
    })
    .await;
    app.or_refusal(event, removed).await
}

/// Removes any user's device, and ends the sessions that it proved. Another user's last one may go
/// too: they enrol another at the next sign-in where policy asks for one.
///
/// # Errors
/// `device.unknown`; `device.last` for one's own; `api_token.scope`.
pub async fn remove(app: &App, administrator: &Administrator, id: DeviceId) -> Result<Device> {
    let device = app
        .store
        .look(move |connection| devices::by_id(connection, id))
        .await?
        .ok_or(codes::DEVICE_UNKNOWN)?;
    let owner = device.user_id;
    let is_own = administrator.is(owner);
    let event = administrator.does(EventKind::DeviceRemoved);
    let event = event.about(owner).on(id);
    let (context, settings, told) = (app.context(), app.settings.clone(), event.clone());
    let by = administrator.grounds();
    let removed = grounds::write_for(app, by.clone(), move |connection| {
        users::hold(connection, owner)?;
        grounds::may_change(connection, &by, owner)?;
        if is_own {
            keep_what_is_needed(connection, owner, id, &settings.policy, context.now)?;
        }
        take_away(connection, &context, owner, id, None, told)
    })
    .await;
    app.or_refusal(event, removed).await
}

fn foresee(
    connection: &mut AnyConnection,
    device: Device,
    here: Option<SessionId>,
    open: Open,
) -> Result<Removal> {
    let others = devices::of_user(connection, device.user_id)?.len() - 1;
    let ended = sessions::count_proved_by(connection, device.id, here, open)?;
    Ok(Removal {
        device,
        remaining: others.try_into().unwrap_or_default(),
        ended_sessions: ended.try_into().unwrap_or_default(),
    })
}

/// A user who removes a device of their own must be left with what policy asks for, and with a way
/// in.
fn keep_what_is_needed(
    connection: &mut AnyConnection,
    owner: UserId,
    id: DeviceId,
    policy: &Policy,
    now: Timestamp,
) -> Result<()> {
    if is_last_that_counts(connection, owner, id, policy, now)? {
        return Err(codes::DEVICE_LAST.into());
    }
    if !passwords::has_one(connection, owner)?
        && !upstream_links::is_linked(connection, owner)?
        && !has_way_in_besides(connection, owner, Some(id))?
    {
        return Err(codes::DEVICE_ONLY_WAY_IN.into());
    }
    Ok(())
}

/// Whether policy asks for a second factor and none would be left that may be used: neither what
/// is on hold nor what policy has stopped lets a user in.
fn is_last_that_counts(
    connection: &mut AnyConnection,
    owner: UserId,
    id: DeviceId,
    policy: &Policy,
    now: Timestamp,
) -> Result<bool> {
    let is_superuser = users::expect(connection, owner)?.is_superuser;
    let groups = groups::of_user(connection, owner)?;
    if !policy
        .require_second_factor
        .applies_to(is_superuser, &groups)
        && !asks_for_second_factor(connection, &groups)?
    {
        return Ok(false);
    }
    let policy_states = policy_states(connection, owner, now)?;
    let others = devices::of_user(connection, owner)?.iter().any(|device| {
        device.id != id
            && device.state == DeviceState::Active
            && !device.kind.is_stand_in()
            && !policy_states.has_stopped(device.id)
    });
    Ok(!others)
}

/// Takes a device from its owner, in the caller's transaction, which holds them.
///
/// # Errors
/// `device.unknown`
pub(crate) fn take_away(
    connection: &mut AnyConnection,
    context: &WriteContext,
    owner: UserId,
    id: DeviceId,
    here: Option<SessionId>,
    event: Event,
) -> Result<Device> {
    let device = devices::expect_of(connection, owner, id)?;
    // Before it goes: a session does not outlive the device in its row.
    sessions::end_proved_by(connection, id, here)?;
    if !devices::remove(connection, owner, id)? {
        return Err(codes::DEVICE_UNKNOWN.into());
    }
    // What stood in for it goes with the last one, or nothing would be left once it is used up.
    let left = devices::of_user(connection, owner)?;
    if left.iter().all(|device| device.kind.is_stand_in()) {
        for stand_in in left {
            sessions::end_proved_by(connection, stand_in.id, here)?;
            devices::remove(connection, owner, stand_in.id)?;
        }
    }
    let event = event.detailed(EventDetail::Device {
        kind: device.kind,
        name: Some(device.name.to_string()),
    });
    context.record(connection, &event)?;
    Ok(device)
}
