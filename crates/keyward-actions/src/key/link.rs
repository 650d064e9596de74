//! Saying what is on a key.

use super::lost::stop;
use super::{judge_owners, owners, record};
use crate::App;
use crate::grounds;
use crate::write_context::WriteContext;
use keyward_core::domain::device::{Device, DeviceId, DeviceKind};
use keyward_core::domain::event::{Event, EventKind};
use keyward_core::domain::key::{Key, KeyId};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{Administrator, Grounds};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::yubico::PublicId;
use keyward_store::{AnyConnection, devices, keys, users, yubikeys};

/// Something on a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnKey {
    /// An OTP slot; every YubiKey device of its public id is on the key then.
    Slot(PublicId),
    /// A passkey or a security key, by an administrator's word.
    Device(DeviceId),
}

impl OnKey {
    /// Reads the id of a device, or a public id.
    pub fn parse(text: &str) -> Option<Self> {
        let slot = || PublicId::parse(text).map(Self::Slot);
        DeviceId::parse(text).map(Self::Device).or_else(slot)
    }
}

/// Says that something is on a key. With a key that was reported lost, it is out of use.
///
/// # Errors
/// `key.unknown`, `key.linked` where it is on one already, `device.unknown`, `key.another_owner` where the
/// device belongs to somebody else than the key, `key.changed`, `api_token.scope`, `key.invalid` for a device that is on no key by
/// anybody's word
pub async fn link(app: &App, administrator: &Administrator, id: KeyId, what: OnKey) -> Result<()> {
    let event = administrator.does(EventKind::KeyLinked);
    let context = app.context();
    let by = administrator.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        link_within(connection, &context, &by, id, what, event)
    })
    .await
}

/// The same in the caller's transaction.
///
/// # Errors
/// As [`link`]'s.
pub(super) fn link_within(
    connection: &mut AnyConnection,
    context: &WriteContext,
    by: &Grounds,
    id: KeyId,
    what: OnKey,
    event: Event,
) -> Result<()> {
    let key = keys::by_id(connection, id)?.ok_or(codes::KEY_UNKNOWN)?;
    let case = keys::open_case_of(connection, id)?;
    for owner in hold_owners_with(connection, &key, &what)? {
        if case.is_some() {
            grounds::may_change(connection, by, owner)?;
        }
    }
    if !keys::hold(connection, &key)? {
        return Err(codes::KEY_CHANGED.into());
    }
    let (is_linked, event, note) = match what {
        OnKey::Slot(public_id) => {
            let public_id = public_id.to_string();
            let is_linked = keys::link_slot(connection, id, &public_id, context.now)?;
            (is_linked, event, public_id)
        }
        OnKey::Device(device) => {
            let device = linkable(connection, device)?;
            if key.owner.is_some_and(|owner| owner != device.user_id) {
                return Err(codes::KEY_ANOTHER_OWNER.into());
            }
            let is_linked = keys::link_device(connection, id, device.id, context.now)?;
            let event = event.about(device.user_id).on(device.id);
            (is_linked, event, device.name.to_string())
        }
    };
    if !is_linked {
        return Err(codes::KEY_LINKED.into());
    }
    record(context, connection, &key, event, &note)?;
    let links = keys::links_of(connection, id)?;
    if let Some(case) = case {
        stop(connection, context, case.id, &links)?;
    }
    judge_owners(connection, context, &links)
}

/// Holds the users whose devices are on a key, and whose will be.
fn hold_owners_with(
    connection: &mut AnyConnection,
    key: &Key,
    what: &OnKey,
) -> Result<Vec<UserId>> {
    let mut theirs = owners(&keys::links_of(connection, key.id)?);
    match what {
        OnKey::Device(device) => {
            let device = devices::by_id(connection, *device)?;
            theirs.extend(device.map(|device| device.user_id));
        }
        OnKey::Slot(public_id) => theirs.extend(yubikeys::owners_of(connection, public_id)?),
    }
    users::hold_all(connection, theirs.clone())?;
    Ok(theirs)
}

/// Says that something is on a key no more.
///
/// # Errors
/// `key.unknown`, `key.not_linked`
pub async fn unlink(
    app: &App,
    administrator: &Administrator,
    id: KeyId,
    what: OnKey,
) -> Result<()> {
    let event = administrator.does(EventKind::KeyUnlinked);
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let key = keys::by_id(connection, id)?.ok_or(codes::KEY_UNKNOWN)?;
        let before = keys::links_of(connection, id)?;
        let (was_linked, event, note) = match what {
            OnKey::Slot(public_id) => {
                let public_id = public_id.to_string();
                (
                    keys::unlink_slot(connection, id, &public_id)?,
                    event,
                    public_id,
                )
            }
            OnKey::Device(device) => {
                let was_linked = keys::unlink_device(connection, id, device)?;
                match devices::by_id(connection, device)? {
                    Some(device) => {
                        let event = event.about(device.user_id).on(device.id);
                        (was_linked, event, device.name.to_string())
                    }
                    None => (was_linked, event, String::new()),
                }
            }
        };
        if !was_linked {
            return Err(codes::KEY_NOT_LINKED.into());
        }
        record(&context, connection, &key, event, &note)?;
        judge_owners(connection, &context, &before)
    })
    .await
}

/// A device that can be said to be on a key. Those that type one-time passwords are by their public ids.
fn linkable(connection: &mut AnyConnection, id: DeviceId) -> Result<Device> {
    let device = devices::by_id(connection, id)?.ok_or(codes::DEVICE_UNKNOWN)?;
    match device.kind {
        DeviceKind::Passkey | DeviceKind::SecurityKey => Ok(device),
        DeviceKind::Yubikey
        | DeviceKind::Totp
        | DeviceKind::Phone
        | DeviceKind::Email
        | DeviceKind::BackupCodes => Err(Problem::new(codes::KEY_INVALID)
            .detailed("passkeys and security keys are on keys; a YubiKey by its public id")),
    }
}
