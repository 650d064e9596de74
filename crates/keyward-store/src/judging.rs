//! Whose devices and duties are still to be judged by policy, and how far that has come.
//!
//! Of several that judge at the same time, one moves the place on: it holds the row until its
//! transaction is over, and the others find another place than the one they knew.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::connection::{AnyConnection, failed, unreadable};
use super::schema::{groups, judgements, users};
use keyward_core::domain::policy::{JudgementProgress, Scope};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

type Row = (String, i64, bool, String, i64, i64);

fn read((scope, number, owners_only, after, judged, people): Row) -> Result<JudgementProgress> {
    let bad = |what| unreadable("judgements", &scope, what);
    Ok(JudgementProgress {
        owners_only,
        judged: judged.try_into().unwrap_or_default(),
        people: people.try_into().unwrap_or_default(),
        after: match after.as_str() {
            "" => None,
            id => Some(UserId::from_stored(id).ok_or_else(|| bad("after_user"))?),
        },
        number,
        scope: Scope::from_stored(&scope),
    })
}

/// Says that all in a scope are to be judged again, from the first; only those who own a device,
/// where that was said each time.
pub fn want(connection: &mut AnyConnection, scope: &Scope, owners_only: bool) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO judgements (scope, number, owners_only, after_user, judged, people) \
         VALUES ($1, 1, $2, '', 0, 0) ON CONFLICT (scope) DO UPDATE SET \
         number = judgements.number + 1, after_user = '', judged = 0, people = 0, \
         owners_only = judgements.owners_only AND excluded.owners_only",
    )
    .bind::<Text, _>(scope.as_str())
    .bind::<Bool, _>(owners_only)
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Everything that is to be judged.
pub fn all(connection: &mut AnyConnection) -> Result<Vec<JudgementProgress>> {
    judgements::table
        .order(judgements::scope)
        .load::<Row>(connection)
        .map_err(failed)?
        .into_iter()
        .map(read)
        .collect()
}

/// What is to be judged next.
pub fn next(connection: &mut AnyConnection) -> Result<Option<JudgementProgress>> {
    judgements::table
        .order(judgements::scope)
        .first::<Row>(connection)
        .optional()
        .map_err(failed)?
        .map(read)
        .transpose()
}

/// How many people a scope concerns, all or those who own a device: a group keeps the number of its
/// members, everybody is counted.
pub fn count_people(
    connection: &mut AnyConnection,
    scope: &Scope,
    owners_only: bool,
) -> Result<u64> {
    let counted = match (scope.group(), owners_only) {
        (Some(group), _) => groups::table
            .filter(groups::name.eq(group.as_str()))
            .select(groups::members)
            .first::<i64>(connection)
            .optional()
            .map(Option::unwrap_or_default),
        (None, true) => users::table
            // Bare, as the partial index has it.
            .filter(diesel::dsl::sql::<Bool>("device_count > 0"))
            .count()
            .get_result(connection),
        (None, false) => users::table.count().get_result(connection),
    };
    counted
        .map(|number| number.try_into().unwrap_or_default())
        .map_err(failed)
}

/// Keeps that number.
pub fn set_people(
    connection: &mut AnyConnection,
    judging: &JudgementProgress,
    people: u64,
) -> Result<()> {
    diesel::update(judgements::table.find(judging.scope.as_str()))
        .set(judgements::people.eq(i64::try_from(people).unwrap_or(i64::MAX)))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Moves the place on to this person, `more` further; `false` where another process did, or it is
/// wanted anew.
pub fn advance(
    connection: &mut AnyConnection,
    judging: &JudgementProgress,
    to: UserId,
    more: u64,
) -> Result<bool> {
    diesel::sql_query(
        "UPDATE judgements SET after_user = $1, judged = judged + $2 \
         WHERE scope = $3 AND number = $4 AND after_user = $5",
    )
    .bind::<Text, _>(to.to_string())
    .bind::<BigInt, _>(i64::try_from(more).unwrap_or(i64::MAX))
    .bind::<Text, _>(judging.scope.as_str())
    .bind::<BigInt, _>(judging.number)
    .bind::<Text, _>(place(judging))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Ends a judgement whose last person was looked at; nothing where it is wanted anew.
pub fn finish(connection: &mut AnyConnection, judging: &JudgementProgress) -> Result<()> {
    diesel::sql_query("DELETE FROM judgements WHERE scope = $1 AND number = $2 AND after_user = $3")
        .bind::<Text, _>(judging.scope.as_str())
        .bind::<BigInt, _>(judging.number)
        .bind::<Text, _>(place(judging))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Forgets what was to be judged in a scope.
pub fn forget(connection: &mut AnyConnection, scope: &Scope) -> Result<()> {
    diesel::delete(judgements::table.find(scope.as_str()))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

fn place(judging: &JudgementProgress) -> String {
    judging.after.map(|id| id.to_string()).unwrap_or_default()
}
