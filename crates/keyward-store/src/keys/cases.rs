//! The cases of lost keys, and what each has put out of use.

use std::collections::HashMap;

use diesel::prelude::*;

use super::schema::{key_case_devices, key_case_slots, key_cases, keys};
use super::{Columns, KeyFacts, KeyRow};
use crate::connection::{AnyConnection, failed, listed, prepared, unreadable};
use crate::schema::users;
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{DeviceId, DeviceState};
use keyward_core::domain::key::{
    CaseFilter, CaseOutcome, CasePlace, CaseSummary, KeyCase, KeyCaseId, KeyId,
};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Problem, Result};
use keyward_core::protocols::yubico::PublicId;

#[derive(Queryable)]
struct CaseRow {
    id: String,
    key_id: String,
    owner_id: Option<String>,
    opened_at: i64,
    closed_at: Option<i64>,
    outcome: Option<String>,
    replacement_id: Option<String>,
}

impl TryFrom<CaseRow> for KeyCase {
    type Error = Problem;

    fn try_from(row: CaseRow) -> Result<Self> {
        let bad = |what| unreadable("key_cases", &row.id, what);
        let owner = row.owner_id.as_deref().map(UserId::from_stored);
        let replacement = row.replacement_id.as_deref().map(KeyId::from_stored);
        let outcome = row.outcome.as_deref().map(CaseOutcome::from_stored);
        if owner == Some(None) || replacement == Some(None) || outcome == Some(None) {
            return Err(bad("owner_id, outcome or replacement_id"));
        }
        let closed_at = row.closed_at.map(Timestamp::from_millis);
        Ok(Self {
            id: KeyCaseId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
            key: KeyId::from_stored(&row.key_id).ok_or_else(|| bad("key_id"))?,
            owner: owner.flatten(),
            opened_at: Timestamp::from_millis(row.opened_at),
            closed: closed_at.zip(outcome.flatten()),
            replacement: replacement.flatten(),
        })
    }
}

/// Opens a case; `false` where one of that key is open.
pub fn open_case(connection: &mut AnyConnection, case: &KeyCase) -> Result<bool> {
    let statement = diesel::insert_into(key_cases::table)
        .values((
            key_cases::id.eq(case.id.to_string()),
            key_cases::key_id.eq(case.key.to_string()),
            key_cases::owner_id.eq(case.owner.map(|owner| owner.to_string())),
            key_cases::opened_at.eq(case.opened_at.millis()),
            key_cases::replacement_id.eq(case.replacement.map(|key| key.to_string())),
        ))
        .on_conflict_do_nothing();
    prepared!(connection, |inner| statement.execute(inner))
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// The open case of a key.
pub fn open_case_of(connection: &mut AnyConnection, key: KeyId) -> Result<Option<KeyCase>> {
    let row = key_cases::table
        .filter(key_cases::key_id.eq(key.to_string()))
        .filter(key_cases::closed_at.is_null())
        .get_result::<CaseRow>(connection)
        .optional()
        .map_err(failed)?;
    row.map(KeyCase::try_from).transpose()
}

/// The open case whose lost key this one takes the place of.
pub fn open_case_replaced_by(
    connection: &mut AnyConnection,
    replacement: KeyId,
) -> Result<Option<KeyCase>> {
    let row = key_cases::table
        .filter(key_cases::replacement_id.eq(replacement.to_string()))
        .filter(key_cases::closed_at.is_null())
        .order(key_cases::id)
        .first::<CaseRow>(connection)
        .optional()
        .map_err(failed)?;
    row.map(KeyCase::try_from).transpose()
}

/// Says which key takes the place of the lost one; `false` where the case is not open.
pub fn replace_by(connection: &mut AnyConnection, case: KeyCaseId, by: KeyId) -> Result<bool> {
    let open = key_cases::table
        .find(case.to_string())
        .filter(key_cases::closed_at.is_null());
    diesel::update(open)
        .set(key_cases::replacement_id.eq(by.to_string()))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Closes a case, once; `false` where it is not open.
pub fn close_case(
    connection: &mut AnyConnection,
    case: KeyCaseId,
    outcome: CaseOutcome,
    now: Timestamp,
) -> Result<bool> {
    let open = key_cases::table
        .find(case.to_string())
        .filter(key_cases::closed_at.is_null());
    diesel::update(open)
        .set((
            key_cases::closed_at.eq(now.millis()),
            key_cases::outcome.eq(outcome.as_str()),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Remembers that a case has put a device out of use, and what state it was in.
pub fn keep_device(
    connection: &mut AnyConnection,
    case: KeyCaseId,
    device: DeviceId,
    before: DeviceState,
) -> Result<()> {
    diesel::insert_into(key_case_devices::table)
        .values((
            key_case_devices::device_id.eq(device.to_string()),
            key_case_devices::case_id.eq(case.to_string()),
            key_case_devices::state.eq(before.as_str()),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Remembers that a case has put an OTP slot out of use.
pub fn keep_slot(
    connection: &mut AnyConnection,
    case: KeyCaseId,
    public_id: &PublicId,
) -> Result<()> {
    diesel::insert_into(key_case_slots::table)
        .values((
            key_case_slots::public_id.eq(public_id.as_str()),
            key_case_slots::case_id.eq(case.to_string()),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// The devices that a case has put out of use, as far as they are there still, with what they were before.
pub fn devices_of_case(
    connection: &mut AnyConnection,
    case: KeyCaseId,
) -> Result<Vec<(DeviceId, DeviceState)>> {
    let rows: Vec<(String, String)> = key_case_devices::table
        .filter(key_case_devices::case_id.eq(case.to_string()))
        .order(key_case_devices::device_id)
        .select((key_case_devices::device_id, key_case_devices::state))
        .load(connection)
        .map_err(failed)?;
    let read = |(id, state): (String, String)| {
        let bad = |what| unreadable("key_case_devices", &id, what);
        Ok((
            DeviceId::from_stored(&id).ok_or_else(|| bad("device_id"))?,
            DeviceState::from_stored(&state).ok_or_else(|| bad("state"))?,
        ))
    };
    rows.into_iter().map(read).collect()
}

/// The OTP slots that a case has put out of use, by their public ids.
pub fn slots_of_case(connection: &mut AnyConnection, case: KeyCaseId) -> Result<Vec<PublicId>> {
    let ids: Vec<String> = key_case_slots::table
        .filter(key_case_slots::case_id.eq(case.to_string()))
        .order(key_case_slots::public_id)
        .select(key_case_slots::public_id)
        .load(connection)
        .map_err(failed)?;
    let read = |id: String| {
        PublicId::from_stored(&id).ok_or_else(|| unreadable("key_case_slots", &id, "public_id"))
    };
    ids.into_iter().map(read).collect()
}

/// Forgets what a case has put out of use, once it is back.
pub fn forget_parts(connection: &mut AnyConnection, case: KeyCaseId) -> Result<()> {
    diesel::delete(key_case_devices::table.filter(key_case_devices::case_id.eq(case.to_string())))
        .execute(connection)
        .map_err(failed)?;
    diesel::delete(key_case_slots::table.filter(key_case_slots::case_id.eq(case.to_string())))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Cases after a place, the newest first, at most so many.
pub fn list_cases(
    connection: &mut AnyConnection,
    filter: CaseFilter,
    after: Option<&CasePlace>,
    limit: i64,
) -> Result<Vec<CaseSummary>> {
    let mut query = key_cases::table
        .left_join(users::table)
        .order((key_cases::opened_at.desc(), key_cases::id.desc()))
        .select((key_cases::all_columns, users::name.nullable()))
        .limit(limit)
        .into_boxed();
    match filter.is_open {
        Some(true) => query = query.filter(key_cases::closed_at.is_null()),
        Some(false) => query = query.filter(key_cases::closed_at.is_not_null()),
        None => {}
    }
    if let Some(owner) = filter.owner {
        query = query.filter(key_cases::owner_id.eq(owner.to_string()));
    }
    if let Some(after) = after {
        let moment = after.opened_at.millis();
        let next = key_cases::opened_at.lt(moment).or(key_cases::opened_at
            .eq(moment)
            .and(key_cases::id.lt(after.id.to_string())));
        query = query.filter(key_cases::opened_at.le(moment)).filter(next);
    }
    let rows = query
        .load::<(CaseRow, Option<String>)>(connection)
        .map_err(failed)?;
    let named = rows.iter().flat_map(|(row, _)| {
        let replacement = row.replacement_id.clone();
        std::iter::once(row.key_id.clone()).chain(replacement)
    });
    let labels = labels(connection, &named.collect::<Vec<_>>())?;
    let label = |id: &str| labels.get(id).cloned();
    let summaries = rows.into_iter().map(|(row, owner)| {
        let key = label(&row.key_id).unwrap_or_default();
        let replacement = row.replacement_id.as_deref().and_then(label);
        KeyCase::try_from(row).map(|case| CaseSummary {
            case,
            key,
            owner,
            replacement,
        })
    });
    summaries.filter_map(listed).collect()
}

/// What keys are called.
fn labels(connection: &mut AnyConnection, ids: &[String]) -> Result<HashMap<String, String>> {
    let rows = keys::table
        .filter(keys::id.eq_any(ids))
        .select(Columns::default())
        .load::<KeyRow>(connection)
        .map_err(failed)?;
    let label = |row: KeyRow| {
        let label = KeyFacts::from(row.facts).label();
        (row.id.clone(), label.unwrap_or(row.id))
    };
    Ok(rows.into_iter().map(label).collect())
}
