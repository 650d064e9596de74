//! The inventory of keys: what is said of each, how far it has come, and whose it is.

mod cases;
mod enrolments;
mod found_reports;
mod history;
mod links;
mod proposals;
mod schema;
mod standing;

pub use cases::{
    close_case, devices_of_case, forget_parts, keep_device, keep_slot, list_cases, open_case,
    open_case_of, open_case_replaced_by, replace_by, slots_of_case,
};
pub use enrolments::{
    MOST_TRIES, enrolment, enrolments_of, give_code, insert_enrolment, list_enrolments,
    take_enrolment, try_code, void_codes, void_codes_of, waiting_credentials, withdraw_enrolment,
    withdraw_enrolments_of, withdraw_enrolments_on,
};
pub use found_reports::{
    close_found_report, close_found_reports_of, found_reports_of, insert_found_report,
    is_on_record, list_found_reports, named, sweep_found_reports,
};
pub use proposals::{proposals, propose};

pub use history::{note, of_key};
pub use links::{
    key_of_slot, link_device, link_slot, links_of, public_ids, unlink_device, unlink_slot,
};

pub use standing::{hold, is_told, of_devices, of_serial, of_slot};

use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use self::schema::keys;
use crate::connection::{AnyConnection, failed, is_taken, listed, unreadable};
use crate::schema::users;
use keyward_core::clock::Timestamp;
use keyward_core::domain::key::{
    Key, KeyFacts, KeyFilter, KeyId, KeyPlace, KeySearch, KeyState, KeySummary, SerialNumber,
};
use keyward_core::domain::user::UserId;
use keyward_core::flows::key::MovedKey;
use keyward_core::problem::{Problem, Result, codes};

type Columns = (
    keys::id,
    (
        keys::maker,
        keys::serial,
        keys::model,
        keys::firmware,
        keys::form_factor,
        keys::batch,
        keys::order_number,
        keys::place,
        keys::note,
    ),
    keys::state,
    keys::owner_id,
    (keys::created_at, keys::changed_at, keys::state_since),
    keys::version,
);

#[derive(Queryable)]
struct FactsRow {
    maker: String,
    serial: String,
    model: String,
    firmware: String,
    form_factor: String,
    batch: String,
    order: String,
    place: String,
    note: String,
}

#[derive(Queryable)]
struct KeyRow {
    id: String,
    facts: FactsRow,
    state: String,
    owner_id: Option<String>,
    moments: (i64, i64, i64),
    version: i64,
}

impl From<FactsRow> for KeyFacts {
    fn from(row: FactsRow) -> Self {
        let serial = row.serial.as_str();
        Self {
            serial: (!serial.is_empty()).then(|| SerialNumber::from_stored(serial)),
            maker: row.maker,
            model: row.model,
            firmware: row.firmware,
            form_factor: row.form_factor,
            batch: row.batch,
            order: row.order,
            place: row.place,
            note: row.note,
        }
    }
}

impl TryFrom<KeyRow> for Key {
    type Error = Problem;

    fn try_from(row: KeyRow) -> Result<Self> {
        let bad = |what| unreadable("keys", &row.id, what);
        let owner = row.owner_id.as_deref().map(|id| {
            let id = UserId::from_stored(id);
            id.ok_or_else(|| bad("owner_id"))
        });
        let (created_at, changed_at, state_since) = row.moments;
        Ok(Self {
            id: KeyId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
            state: KeyState::from_stored(&row.state).ok_or_else(|| bad("state"))?,
            owner: owner.transpose()?,
            created_at: Timestamp::from_millis(created_at),
            changed_at: Timestamp::from_millis(changed_at),
            state_since: Timestamp::from_millis(state_since),
            version: row.version,
            facts: row.facts.into(),
        })
    }
}

type Facts<'a> = (
    (
        diesel::dsl::Eq<keys::maker, &'a str>,
        diesel::dsl::Eq<keys::serial, &'a str>,
        diesel::dsl::Eq<keys::model, &'a str>,
        diesel::dsl::Eq<keys::firmware, &'a str>,
    ),
    (
        diesel::dsl::Eq<keys::form_factor, &'a str>,
        diesel::dsl::Eq<keys::batch, &'a str>,
        diesel::dsl::Eq<keys::order_number, &'a str>,
        diesel::dsl::Eq<keys::place, &'a str>,
        diesel::dsl::Eq<keys::note, &'a str>,
    ),
);

fn columns(facts: &KeyFacts) -> Facts<'_> {
    (
        (
            keys::maker.eq(facts.maker.as_str()),
            keys::serial.eq(facts.serial.as_ref().map_or("", SerialNumber::as_str)),
            keys::model.eq(facts.model.as_str()),
            keys::firmware.eq(facts.firmware.as_str()),
        ),
        (
            keys::form_factor.eq(facts.form_factor.as_str()),
            keys::batch.eq(facts.batch.as_str()),
            keys::order_number.eq(facts.order.as_str()),
            keys::place.eq(facts.place.as_str()),
            keys::note.eq(facts.note.as_str()),
        ),
    )
}

/// Adds a key.
///
/// # Errors
/// `key.taken` where its maker has one of its serial number already.
pub fn insert(connection: &mut AnyConnection, key: &Key) -> Result<()> {
    let inserted = diesel::insert_into(keys::table)
        .values((
            keys::id.eq(key.id.to_string()),
            columns(&key.facts),
            keys::state.eq(key.state.as_str()),
            keys::owner_id.eq(key.owner.map(|owner| owner.to_string())),
            keys::created_at.eq(key.created_at.millis()),
            keys::changed_at.eq(key.changed_at.millis()),
            keys::state_since.eq(key.state_since.millis()),
            keys::version.eq(key.version),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        return Err(taken(&key.facts));
    }
    inserted.map(drop).map_err(failed)
}

fn taken(facts: &KeyFacts) -> Problem {
    let problem = Problem::new(codes::KEY_TAKEN);
    match facts.label() {
        Some(label) => problem.detailed(label),
        None => problem,
    }
}

/// Says something else of a key that is of this version still; `false` where it is not.
///
/// # Errors
/// `key.taken`
pub fn change(
    connection: &mut AnyConnection,
    id: KeyId,
    version: i64,
    facts: &KeyFacts,
    now: Timestamp,
) -> Result<bool> {
    let key = keys::table
        .find(id.to_string())
        .filter(keys::version.eq(version));
    let changed = diesel::update(key)
        .set((
            columns(facts),
            keys::version.eq(version + 1),
            keys::changed_at.eq(now.millis()),
        ))
        .execute(connection);
    if is_taken(&changed) {
        return Err(taken(facts));
    }
    changed.map(|rows| rows == 1).map_err(failed)
}

/// Writes a move of a key, where it is as it was when the move was found; `false` where it is not.
pub fn make_move(connection: &mut AnyConnection, moved: &MovedKey, now: Timestamp) -> Result<bool> {
    let version = moved.before().version;
    let key = keys::table
        .find(moved.id().to_string())
        .filter(keys::version.eq(version));
    diesel::update(key)
        .set((
            keys::state.eq(moved.state().as_str()),
            keys::owner_id.eq(moved.owner().map(|owner| owner.to_string())),
            keys::state_since.eq(now.millis()),
            keys::changed_at.eq(now.millis()),
            keys::version.eq(version + 1),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// The key of this row.
pub fn by_id(connection: &mut AnyConnection, id: KeyId) -> Result<Option<Key>> {
    let row = keys::table
        .find(id.to_string())
        .select(Columns::default())
        .get_result::<KeyRow>(connection)
        .optional()
        .map_err(failed)?;
    row.map(Key::try_from).transpose()
}

/// The keys of this serial number: of one maker, or of whichever.
pub fn by_serial(
    connection: &mut AnyConnection,
    serial: &SerialNumber,
    maker: Option<&str>,
) -> Result<Vec<Key>> {
    /// More makers than could share one.
    const MOST: i64 = 100;
    let rows = keys::table
        .filter(keys::serial.eq(serial.as_str()))
        .order(keys::id)
        .select(Columns::default())
        .limit(MOST)
        .load::<KeyRow>(connection)
        .map_err(failed)?;
    let is_meant =
        |row: &KeyRow| maker.is_none_or(|maker| row.facts.maker.eq_ignore_ascii_case(maker.trim()));
    let rows = rows.into_iter().filter(is_meant);
    rows.map(Key::try_from).collect()
}

/// Whether rows after this one can be read, some at a time.
pub(super) fn as_they_are(
    connection: &mut AnyConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Result<()>)>> {
    let rows = keys::table
        .filter(keys::id.gt(after))
        .order(keys::id)
        .select(Columns::default())
        .limit(limit)
        .load::<KeyRow>(connection)
        .map_err(failed)?;
    let rows = rows.into_iter();
    let read = |row: KeyRow| (row.id.clone(), Key::try_from(row).map(drop));
    Ok(rows.map(read).collect())
}

/// Keys in the order of their serial numbers, from the one after a place, at most so many.
pub fn list(
    connection: &mut AnyConnection,
    filter: &KeyFilter,
    after: Option<&KeyPlace>,
    limit: i64,
) -> Result<Vec<KeySummary>> {
    let mut query = keys::table
        .left_join(users::table)
        .order((keys::serial, keys::id))
        .select((Columns::default(), users::name.nullable()))
        .limit(limit)
        .into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(keys::state.eq(state.as_str()));
    }
    if let Some(model) = &filter.model {
        query = query.filter(keys::model.eq(model.clone()));
    }
    if let Some(maker) = &filter.maker {
        query = query.filter(keys::maker.eq(maker.clone()));
    }
    if let Some(firmware) = &filter.firmware {
        query = query.filter(keys::firmware.eq(firmware.clone()));
    }
    if let Some(since) = filter.unmoved_since {
        query = query.filter(keys::state_since.le(since.millis()));
    }
    if let Some(since) = filter.unused_since {
        query = query.filter(unused_since(since));
    }
    if let Some(owner) = filter.owner {
        query = query.filter(keys::owner_id.eq(owner.to_string()));
    }
    match &filter.search {
        None => {}
        Some(KeySearch::Serial(begins)) => {
            // Serial numbers are visible ASCII, in the order of their bytes: nothing comes after this.
            query = query
                .filter(keys::serial.ge(begins.clone()))
                .filter(keys::serial.lt(format!("{begins}\u{7f}")));
        }
        Some(KeySearch::PublicId(public_id)) => {
            let id = key_of_slot(connection, public_id)?;
            let id = id.map_or_else(String::new, |id| id.to_string());
            query = query.filter(keys::id.eq(id));
        }
    }
    if let Some(after) = after {
        let next = keys::serial.gt(after.serial.clone()).or(keys::serial
            .eq(after.serial.clone())
            .and(keys::id.gt(after.id.to_string())));
        query = query
            .filter(keys::serial.ge(after.serial.clone()))
            .filter(next);
    }
    let rows = query
        .load::<(KeyRow, Option<String>)>(connection)
        .map_err(failed)?;
    let ids: Vec<String> = rows.iter().map(|(row, _)| row.id.clone()).collect();
    let mut slots = public_ids(connection, &ids)?;
    let summaries = rows.into_iter().map(|(row, owner)| {
        let public_ids = slots.remove(&row.id).unwrap_or_default();
        Key::try_from(row).map(|key| KeySummary {
            key,
            owner,
            public_ids,
        })
    });
    summaries.filter_map(listed).collect()
}

/// No device on a key was used or added after a moment, and no OTP slot of it was used. Where two makers have the
/// number that a certificate tells, the use of either counts.
fn unused_since(moment: Timestamp) -> SqlLiteral<Bool> {
    let moment = moment.millis();
    let used = format!("(devices.last_used_at > {moment} OR devices.created_at > {moment})");
    diesel::dsl::sql(&format!(
        "(NOT EXISTS (SELECT 1 FROM key_devices \
             JOIN devices ON devices.id = key_devices.device_id \
             WHERE key_devices.key_id = keys.id AND {used}) \
         AND NOT EXISTS (SELECT 1 FROM key_slots \
             JOIN yubikeys ON yubikeys.public_id = key_slots.public_id \
             JOIN devices ON devices.id = yubikeys.device_id \
             WHERE key_slots.key_id = keys.id AND {used}) \
         AND NOT EXISTS (SELECT 1 FROM attestations \
             JOIN devices ON devices.id = attestations.device_id \
             WHERE attestations.serial = keys.serial AND attestations.is_verified AND {used}) \
         AND NOT EXISTS (SELECT 1 FROM key_slots \
             JOIN otp_keys ON otp_keys.public_id = key_slots.public_id \
             WHERE key_slots.key_id = keys.id AND otp_keys.last_used_at > {moment}))"
    ))
}
