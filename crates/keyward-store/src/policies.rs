//! Policies: what is in force, what is being prepared, and whether all devices were judged by it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::HashSet;

use super::connection::{AnyConnection, failed, listed, prepared, unreadable};
use super::schema::{metadata_edition, policies, policy_state};
use keyward_core::clock::Timestamp;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::policy::{PolicyRecord, Rules, Scope};
use keyward_core::problem::{Problem, Result, codes};

type Row = (
    String,
    Option<String>,
    Option<String>,
    i64,
    Option<i64>,
    bool,
);

fn record((scope, rules, draft, version, switched_on_at, is_quiet): Row) -> Result<PolicyRecord> {
    let bad = |what| unreadable("policies", &scope, what);
    Ok(PolicyRecord {
        rules: rules
            .as_deref()
            .map(read)
            .transpose()
            .map_err(|_| bad("rules"))?,
        // It holds for no user; `keyward check` points it out.
        draft: draft.as_deref().and_then(|json| read(json).ok()),
        version,
        is_quiet,
        switched_on_at: switched_on_at.map(Timestamp::from_millis),
        scope: Scope::from_stored(&scope),
    })
}

fn read(json: &str) -> serde_json::Result<Rules> {
    serde_json::from_str(json)
}

/// All policies, everybody's first, then those of groups by name.
pub fn all(connection: &mut AnyConnection) -> Result<Vec<PolicyRecord>> {
    policies::table
        .order(policies::scope)
        .load::<Row>(connection)
        .map_err(failed)?
        .into_iter()
        .map(record)
        .collect()
}

/// The same for a page, without those that cannot be read.
pub fn readable(connection: &mut AnyConnection) -> Result<Vec<PolicyRecord>> {
    policies::table
        .order(policies::scope)
        .load::<Row>(connection)
        .map_err(failed)?
        .into_iter()
        .map(record)
        .filter_map(listed)
        .collect()
}

/// Rows as they are, all of them where none is named that they come after: there are few.
pub(super) fn as_they_are(
    connection: &mut AnyConnection,
    after: &str,
) -> Result<Vec<(String, Result<()>)>> {
    if !after.is_empty() {
        return Ok(Vec::new());
    }
    let rows = policies::table
        .order(policies::scope)
        .load::<Row>(connection)
        .map_err(failed)?;
    let look = |row: Row| {
        let scope = row.0.clone();
        let draft = row.2.as_deref().map(read).transpose();
        let draft = draft.map_err(|_| unreadable("policies", &scope, "draft"));
        (format!("policy {scope}"), record(row).and(draft.map(drop)))
    };
    Ok(rows.into_iter().map(look).collect())
}

/// One policy.
pub fn get(connection: &mut AnyConnection, scope: &Scope) -> Result<Option<PolicyRecord>> {
    policies::table
        .find(scope.as_str())
        .first::<Row>(connection)
        .optional()
        .map_err(failed)?
        .map(record)
        .transpose()
}

/// What is in force for the members of these groups.
pub fn in_force(
    connection: &mut AnyConnection,
    groups: &[GroupName],
) -> Result<Vec<(Scope, Rules)>> {
    let everybody = Scope::Everybody.as_str();
    let in_force = policies::table.filter(policies::rules.is_not_null());
    let rows = if groups.is_empty() {
        // The usual case, and the one form of this statement that stays prepared.
        prepared!(connection, |c| in_force
            .filter(policies::scope.eq(everybody))
            .load::<Row>(c))
    } else {
        let mut scopes = vec![everybody];
        scopes.extend(groups.iter().map(GroupName::as_str));
        in_force
            .filter(policies::scope.eq_any(scopes))
            .order(policies::scope)
            .load::<Row>(connection)
    }
    .map_err(failed)?;
    rows.into_iter()
        .filter_map(|row| match record(row) {
            Ok(found) => found.rules.map(|rules| Ok((found.scope, rules))),
            Err(problem) => Some(Err(problem)),
        })
        .collect()
}

/// Those of whose demands no user is told by mail.
pub fn quiet(connection: &mut AnyConnection) -> Result<HashSet<Scope>> {
    let scopes = policies::table
        .filter(policies::rules.is_not_null())
        .filter(policies::is_quiet.eq(true))
        .select(policies::scope)
        .load::<String>(connection)
        .map_err(failed)?;
    Ok(scopes
        .iter()
        .map(|scope| Scope::from_stored(scope))
        .collect())
}

/// Keeps what is being prepared, in place of any draft before it.
pub fn save_draft(connection: &mut AnyConnection, scope: &Scope, draft: &Rules) -> Result<()> {
    let json = serde_json::to_string(draft).map_err(Problem::internal)?;
    diesel::sql_query(
        "INSERT INTO policies (scope, draft, version) VALUES ($1, $2, 1) \
         ON CONFLICT (scope) DO UPDATE SET draft = excluded.draft, \
         version = policies.version + 1",
    )
    .bind::<Text, _>(scope.as_str())
    .bind::<Text, _>(json)
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Keeps what is being prepared in place of this version, 0 where there is no policy yet; `false` where
/// there is another by now, also in a race.
pub fn save_draft_on(
    connection: &mut AnyConnection,
    scope: &Scope,
    draft: &Rules,
    version: i64,
) -> Result<bool> {
    let json = serde_json::to_string(draft).map_err(Problem::internal)?;
    diesel::sql_query(
        "INSERT INTO policies (scope, draft, version) \
         SELECT $1, $2, 1 WHERE $3 = 0 OR EXISTS (SELECT 1 FROM policies WHERE scope = $1) \
         ON CONFLICT (scope) DO UPDATE SET draft = excluded.draft, \
         version = policies.version + 1 WHERE policies.version = $3",
    )
    .bind::<Text, _>(scope.as_str())
    .bind::<Text, _>(json)
    .bind::<BigInt, _>(version)
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Puts the draft in force; `false` where there is none, or another than `version`, also in a race.
pub fn switch_on(
    connection: &mut AnyConnection,
    scope: &Scope,
    version: i64,
    is_quiet: bool,
    now: Timestamp,
) -> Result<bool> {
    let row = policies::table
        .find(scope.as_str())
        .filter(policies::version.eq(version))
        .filter(policies::draft.is_not_null());
    diesel::update(row)
        .set((
            policies::rules.eq(policies::draft),
            policies::draft.eq(None::<String>),
            policies::version.eq(policies::version + 1),
            policies::switched_on_at.eq(now.millis()),
            policies::is_quiet.eq(is_quiet),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Forgets the draft; `false` where there is none.
pub fn discard_draft(connection: &mut AnyConnection, scope: &Scope) -> Result<bool> {
    let row = policies::table
        .find(scope.as_str())
        .filter(policies::draft.is_not_null());
    diesel::update(row)
        .set((
            policies::draft.eq(None::<String>),
            policies::version.eq(policies::version + 1),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Removes a policy with its draft, and gives back what it was; `None` where there was none.
///
/// One that cannot be read goes too: no administrator could mend it from here.
pub fn remove(connection: &mut AnyConnection, scope: &Scope) -> Result<Option<Removed>> {
    let removed = diesel::delete(policies::table.find(scope.as_str()))
        .returning(policies::all_columns)
        .get_result::<Row>(connection)
        .optional()
        .map_err(failed)?;
    Ok(removed.map(|row| {
        record(row).map_or(Removed::Unreadable, |policy| {
            Removed::Read(Box::new(policy))
        })
    }))
}

/// A policy that is there no more.
#[derive(Debug)]
pub enum Removed {
    /// As it was.
    Read(Box<PolicyRecord>),
    /// Whatever it asked.
    Unreadable,
}

/// Whether a policy in force looks at what metadata says of models.
pub fn ask_for_models(connection: &mut AnyConnection) -> Result<bool> {
    let looks = |record: &PolicyRecord| {
        let rules = record.rules.as_ref();
        rules.is_some_and(|rules| rules.asks_for_metadata() || rules.needs_verified_model())
    };
    match all(connection) {
        Ok(records) => Ok(records.iter().any(looks)),
        // It may be what that one asks.
        Err(problem) if problem.code() == codes::DATABASE_ROW => Ok(true),
        Err(problem) => Err(problem),
    }
}

/// The metadata in use, where models were last verified by another.
pub fn edition_to_verify_by(connection: &mut AnyConnection) -> Result<Option<i64>> {
    let verified_by = policy_state::table
        .select(policy_state::verified_by)
        .first::<i64>(connection)
        .map_err(failed)?;
    metadata_edition::table
        .filter(metadata_edition::serial.gt(verified_by))
        .select(metadata_edition::serial)
        .first(connection)
        .optional()
        .map_err(failed)
}

/// Says that all models were verified by the metadata of this serial number.
pub fn note_verified_by(connection: &mut AnyConnection, serial: i64) -> Result<()> {
    diesel::update(policy_state::table.filter(policy_state::verified_by.lt(serial)))
        .set(policy_state::verified_by.eq(serial))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}
