//! What finders say of keys.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;

use super::schema::{found_reports, key_slots, keys};
use super::{Columns, KeyRow};
use crate::connection::{AnyConnection, failed, listed, unreadable};
use crate::pieces::{self, Over};
use crate::schema::{otp_keys, yubikeys};
use keyward_core::clock::Timestamp;
use keyward_core::domain::key::{
    FoundReport, FoundReportFilter, FoundReportId, FoundReportPlace, FoundReportSummary, Key,
};
use keyward_core::problem::{Problem, Result};

#[derive(Queryable)]
struct ReportRow {
    id: String,
    named: String,
    is_known: bool,
    place: String,
    contact: String,
    reported_at: i64,
    closed_at: Option<i64>,
}

impl TryFrom<ReportRow> for FoundReport {
    type Error = Problem;

    fn try_from(row: ReportRow) -> Result<Self> {
        let id = FoundReportId::from_stored(&row.id);
        Ok(Self {
            id: id.ok_or_else(|| unreadable("found_reports", &row.id, "id"))?,
            named: row.named,
            is_known: row.is_known,
            place: row.place,
            contact: row.contact,
            reported_at: Timestamp::from_millis(row.reported_at),
            closed_at: row.closed_at.map(Timestamp::from_millis),
        })
    }
}

/// The keys with one of these serial numbers, of whichever maker, or with an OTP slot of one of these public ids.
pub fn named(
    connection: &mut AnyConnection,
    names: &[String],
) -> Result<HashMap<String, Vec<Key>>> {
    let by_serial = keys::table
        .filter(keys::serial.eq_any(names))
        .order(keys::id)
        .select((keys::serial, Columns::default()))
        .load::<(String, KeyRow)>(connection)
        .map_err(failed)?;
    let by_slot = key_slots::table
        .inner_join(keys::table.on(keys::id.eq(key_slots::key_id)))
        .filter(key_slots::public_id.eq_any(names))
        .select((key_slots::public_id, Columns::default()))
        .load::<(String, KeyRow)>(connection)
        .map_err(failed)?;
    let mut found: HashMap<String, Vec<Key>> = HashMap::new();
    for (name, row) in by_serial.into_iter().chain(by_slot) {
        found.entry(name).or_default().push(Key::try_from(row)?);
    }
    Ok(found)
}

/// Whether somebody has a YubiKey of this public id, or its secret is held here: also where the inventory does not
/// say on which key that is.
pub fn is_on_record(connection: &mut AnyConnection, public_id: &str) -> Result<bool> {
    let theirs = exists(yubikeys::table.filter(yubikeys::public_id.eq(public_id)));
    let held = exists(otp_keys::table.filter(otp_keys::public_id.eq(public_id)));
    diesel::select(theirs.or(held))
        .get_result(connection)
        .map_err(failed)
}

/// Writes a report.
pub fn insert_found_report(connection: &mut AnyConnection, report: &FoundReport) -> Result<()> {
    diesel::insert_into(found_reports::table)
        .values((
            found_reports::id.eq(report.id.to_string()),
            found_reports::named.eq(&report.named),
            found_reports::is_known.eq(report.is_known),
            found_reports::place.eq(&report.place),
            found_reports::contact.eq(&report.contact),
            found_reports::reported_at.eq(report.reported_at.millis()),
            found_reports::closed_at.eq(report.closed_at.map(Timestamp::millis)),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Closes a report, once, and gives what the finder named the key by; `None` where it is not open.
pub fn close_found_report(
    connection: &mut AnyConnection,
    id: FoundReportId,
    now: Timestamp,
) -> Result<Option<String>> {
    let report = found_reports::table.find(id.to_string());
    let open = report.clone().filter(found_reports::closed_at.is_null());
    let closed = diesel::update(open)
        .set(found_reports::closed_at.eq(Some(now.millis())))
        .execute(connection)
        .map_err(failed)?;
    if closed != 1 {
        return Ok(None);
    }
    report
        .select(found_reports::named)
        .get_result(connection)
        .map(Some)
        .map_err(failed)
}

/// Closes what is open of a key that is named so, and counts it.
pub fn close_found_reports_of(
    connection: &mut AnyConnection,
    names: &[String],
    now: Timestamp,
) -> Result<usize> {
    let open = found_reports::table
        .filter(found_reports::named.eq_any(names))
        .filter(found_reports::closed_at.is_null());
    diesel::update(open)
        .set(found_reports::closed_at.eq(Some(now.millis())))
        .execute(connection)
        .map_err(failed)
}

/// The open reports of a key that is named so, the newest first, at most so many.
pub fn found_reports_of(
    connection: &mut AnyConnection,
    names: &[String],
    limit: i64,
) -> Result<Vec<FoundReport>> {
    let rows = found_reports::table
        .filter(found_reports::named.eq_any(names))
        .filter(found_reports::closed_at.is_null())
        .order((found_reports::reported_at.desc(), found_reports::id.desc()))
        .limit(limit)
        .load::<ReportRow>(connection)
        .map_err(failed)?;
    let rows = rows.into_iter().map(FoundReport::try_from);
    rows.filter_map(listed).collect()
}

/// Reports after a place, the newest first, at most so many.
pub fn list_found_reports(
    connection: &mut AnyConnection,
    filter: FoundReportFilter,
    after: Option<&FoundReportPlace>,
    limit: i64,
) -> Result<Vec<FoundReportSummary>> {
    let mut query = found_reports::table
        .order((found_reports::reported_at.desc(), found_reports::id.desc()))
        .limit(limit)
        .into_boxed();
    match filter.is_open {
        Some(true) => query = query.filter(found_reports::closed_at.is_null()),
        Some(false) => query = query.filter(found_reports::closed_at.is_not_null()),
        None => {}
    }
    if let Some(is_known) = filter.is_known {
        query = query.filter(found_reports::is_known.eq(is_known));
    }
    if let Some(after) = after {
        let moment = after.reported_at.millis();
        let next = found_reports::reported_at
            .lt(moment)
            .or(found_reports::reported_at
                .eq(moment)
                .and(found_reports::id.lt(after.id.to_string())));
        query = query
            .filter(found_reports::reported_at.le(moment))
            .filter(next);
    }
    let rows = query.load::<ReportRow>(connection).map_err(failed)?;
    let names: Vec<String> = rows.iter().map(|row| row.named.clone()).collect();
    let meant = named(connection, &names)?;
    let summaries = rows.into_iter().map(|row| {
        let key = match meant.get(&row.named).map(Vec::as_slice) {
            Some([key]) => Some((key.id, key.label())),
            _ => None,
        };
        FoundReport::try_from(row).map(|report| FoundReportSummary { report, key })
    });
    summaries.filter_map(listed).collect()
}

/// Removes reports from before a moment, open or not: at most `limit` of them, counted.
pub fn sweep_found_reports(
    connection: &mut AnyConnection,
    moment: Timestamp,
    limit: i64,
) -> Result<usize> {
    let over = Over {
        table: "found_reports",
        key: "id",
        condition: "reported_at < $1",
    };
    pieces::delete(connection, &over, moment, limit)
}
