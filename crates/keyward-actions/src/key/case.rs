//! The cases of lost keys, until they are closed.

use super::{lost, owners, record};
use crate::App;
use crate::device::take_away;
use crate::grounds;
use crate::write_context::WriteContext;
use keyward_core::domain::device::DeviceState;
use keyward_core::domain::event::{Event, EventKind};
use keyward_core::domain::key::{
    CaseFilter, CaseOutcome, CasePlace, CaseSummary, Key, KeyCase, KeyId,
};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{MayHelp, MayLookUp};
use keyward_core::problem::{Result, codes};
use keyward_store::{AnyConnection, devices, keys, otp_keys, users};

/// Cases, the newest first, at most so many after a place.
///
/// # Errors
/// The store's.
pub async fn cases(
    app: &App,
    _: &MayLookUp,
    filter: CaseFilter,
    after: Option<CasePlace>,
    limit: i64,
) -> Result<Vec<CaseSummary>> {
    app.store
        .read(move |connection| keys::list_cases(connection, filter, after.as_ref(), limit))
        .await
}

/// The open case of a key.
///
/// # Errors
/// The store's.
pub async fn open_case(app: &App, _: &MayLookUp, id: KeyId) -> Result<Option<KeyCase>> {
    app.store
        .look(move |connection| keys::open_case_of(connection, id))
        .await
}

/// Keeps a key from stock for whoever lost this one: the case closes by itself when its owner uses it.
///
/// # Errors
/// `key.unknown`, `key.case_closed`, `key.spare`, `key.owner_needed`, `user.disabled`, `key.changed`, `console.staff`
pub async fn keep_spare(app: &App, helper: &MayHelp, id: KeyId, spare: KeyId) -> Result<()> {
    let event = helper.does(EventKind::KeyAssigned);
    let context = app.context();
    let by = helper.grounds();
    grounds::write_for(app, by.clone(), move |connection| {
        let key = keys::by_id(connection, id)?.ok_or(codes::KEY_UNKNOWN)?;
        users::hold_all(connection, key.owner.into_iter().collect())?;
        if let Some(owner) = key.owner {
            grounds::may_help(connection, &by, owner)?;
        }
        let case = keys::open_case_of(connection, id)?.ok_or(codes::KEY_CASE_CLOSED)?;
        lost::reserve(connection, &context, spare, &key, event)?;
        match keys::replace_by(connection, case.id, spare)? {
            true => Ok(()),
            false => Err(codes::KEY_CASE_CLOSED.into()),
        }
    })
    .await
}

/// Closes the case of a key whose owner has another one, of whichever kind. What is on the lost key is removed;
/// the key itself stays lost, and may still be found.
///
/// # Errors
/// `key.unknown`, `key.case_closed`, `key.invalid` for a note that cannot be kept, `api_token.scope`
pub async fn close_replaced(app: &App, helper: &MayHelp, id: KeyId, note: &str) -> Result<()> {
    let note = super::note(note)?;
    let event = helper.does(EventKind::KeyReplaced);
    let removed = helper.does(EventKind::DeviceRemoved);
    let by = helper.grounds();
    let context = app.context();
    grounds::write_for(app, by.clone(), move |connection| {
        let key = keys::by_id(connection, id)?.ok_or(codes::KEY_UNKNOWN)?;
        let held = hold_owners(connection, &key)?;
        for owner in held {
            grounds::may_change(connection, &by, owner)?;
        }
        if let Some(owner) = key.owner {
            grounds::may_help(connection, &by, owner)?;
        }
        let case = keys::open_case_of(connection, id)?.ok_or(codes::KEY_CASE_CLOSED)?;
        close(connection, &context, &case, CaseOutcome::Replaced, &removed)?;
        let event = match key.owner {
            Some(owner) => event.about(owner),
            None => event,
        };
        record(&context, connection, &key, event, &note)
    })
    .await
}

/// Holds the users whose devices are on a key, or were when it was reported lost, before anything else of
/// theirs: the end of its case concerns these, whatever is said of the key meanwhile.
pub(super) fn hold_owners(connection: &mut AnyConnection, key: &Key) -> Result<Vec<UserId>> {
    let mut theirs = owners(&keys::links_of(connection, key.id)?);
    if let Some(case) = keys::open_case_of(connection, key.id)? {
        for (id, _) in keys::devices_of_case(connection, case.id)? {
            theirs.extend(devices::by_id(connection, id)?.map(|device| device.user_id));
        }
    }
    theirs.sort_unstable();
    theirs.dedup();
    let all = theirs.iter().copied().chain(key.owner).collect();
    users::hold_all(connection, all)?;
    Ok(theirs)
}

/// Closes a case, in the caller's transaction, which holds the users: what it has put out of use comes back
/// with its owner's key. Else it is removed; of a key that lies here again, the slots work again.
///
/// # Errors
/// `key.case_closed`
pub(super) fn close(
    connection: &mut AnyConnection,
    context: &WriteContext,
    case: &KeyCase,
    outcome: CaseOutcome,
    removed: &Event,
) -> Result<()> {
    if !keys::close_case(connection, case.id, outcome, context.now)? {
        return Err(codes::KEY_CASE_CLOSED.into());
    }
    for (id, before) in keys::devices_of_case(connection, case.id)? {
        match outcome {
            CaseOutcome::GivenBack => {
                devices::change_state(connection, id, DeviceState::Lost, before)?;
            }
            CaseOutcome::Found | CaseOutcome::Replaced | CaseOutcome::WrittenOff => {
                if let Some(device) = devices::by_id(connection, id)? {
                    let event = removed.clone().about(device.user_id).on(id);
                    take_away(connection, context, device.user_id, id, None, event)?;
                }
            }
        }
    }
    if matches!(outcome, CaseOutcome::GivenBack | CaseOutcome::Found) {
        for slot in keys::slots_of_case(connection, case.id)? {
            otp_keys::set_active(connection, &slot, true, context.now)?;
        }
    }
    keys::forget_parts(connection, case.id)
}
