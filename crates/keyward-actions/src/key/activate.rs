//! A key that its owner uses for the first time.

use super::case::close;
use super::record;
use crate::write_context::WriteContext;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::event::{Actor, Event, EventKind};
use keyward_core::domain::key::{CaseOutcome, Key, KeyId, KeyMove, KeyState};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::flows::key::KeyStage;
use keyward_core::problem::{Result, codes};
use keyward_store::{AnyConnection, keys};

/// Who added a device that proved which key it is on.
pub(crate) struct Used<'a> {
    pub by: UserId,
    pub device: DeviceId,
    pub client: &'a Client,
}

/// A device that proves which key it is on was added, in the caller's transaction: a key that its
/// owner was given, sent or promised is active from then on. Any other stays as it is, for as long as the
/// transaction lasts.
///
/// # Errors
/// `key.changed` where somebody changes the key meanwhile, `key.lost` for one that was reported lost.
pub(crate) fn activate(
    connection: &mut AnyConnection,
    context: &WriteContext,
    mut key: Key,
    used: &Used<'_>,
) -> Result<()> {
    // What policy made of it must still be so when the device is there.
    if !keys::hold(connection, &key)? {
        return Err(codes::KEY_CHANGED.into());
    }
    if key.state == KeyState::Lost {
        return Err(codes::KEY_LOST.into());
    }
    if key.owner != Some(used.by) {
        return Ok(());
    }
    loop {
        let id = key.id;
        let stage = KeyStage::of(key);
        let step = match &stage {
            KeyStage::Reserved(_) => KeyMove::HandOver,
            KeyStage::Shipped(_) | KeyStage::Issued(_) => KeyMove::Activate,
            KeyStage::InStock(_)
            | KeyStage::Active(_)
            | KeyStage::Lost(_)
            | KeyStage::Retired(_) => return Ok(()),
        };
        let moved = stage.take(step, None)?;
        if !keys::make_move(connection, &moved, context.now)? {
            return Err(codes::KEY_CHANGED.into());
        }
        let event = Event::new(step.event())
            .by(Actor::User(used.by))
            .about(used.by)
            .on(used.device)
            .from(used.client);
        record(context, connection, moved.before(), event, "")?;
        if moved.state() == KeyState::Active {
            replace_lost(connection, context, id, used)?;
        }
        key = keys::by_id(connection, id)?.ok_or(codes::KEY_CHANGED)?;
    }
}

/// Whoever uses the key that was kept for them in place of a lost one has it replaced: the old one worked no more
/// since it was reported, and what is on it goes now.
fn replace_lost(
    connection: &mut AnyConnection,
    context: &WriteContext,
    replacement: KeyId,
    used: &Used<'_>,
) -> Result<()> {
    let Some(case) = keys::open_case_replaced_by(connection, replacement)? else {
        return Ok(());
    };
    let lost = keys::by_id(connection, case.key)?.ok_or(codes::KEY_CHANGED)?;
    let does = |kind| Event::new(kind).by(Actor::User(used.by)).from(used.client);
    let removed = does(EventKind::DeviceRemoved);
    close(connection, context, &case, CaseOutcome::Replaced, &removed)?;
    let event = does(EventKind::KeyReplaced).about(used.by);
    record(context, connection, &lost, event, "")
}
