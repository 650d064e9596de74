//! The list of users, and finding some of them.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::connection::{AnyConnection, failed, listed};
use super::schema::users;
use super::search;
use super::users::{COLUMNS, UserRow};
use keyward_core::domain::search::SearchTerms;
use keyward_core::domain::user::{User, UserPage, UserPlace, UserSummary, fold};
use keyward_core::problem::Result;

/// A page of users whose name begins like `search`, in the order of their folded names; and after
/// them those who have it anywhere else in their name or address, in the order in which they came.
pub fn page(
    connection: &mut AnyConnection,
    search: &str,
    after: Option<&UserPlace>,
    limit: usize,
) -> Result<UserPage> {
    let folded = fold(search);
    // One more than asked for tells whether there is another page.
    let by_name = match after {
        Some(UserPlace::Found(_)) => Vec::new(),
        Some(UserPlace::Name(name)) => by_names(connection, &folded, Some(name), limit + 1)?,
        None => by_names(connection, &folded, None, limit + 1)?,
    };
    let mut hits = Vec::new();
    if let Some(sought) = SearchTerms::of(search).filter(|_| by_name.len() <= limit) {
        let place = match after {
            Some(UserPlace::Found(place)) => *place,
            _ => 0,
        };
        let beyond = beyond(&folded);
        let known = (folded.as_str(), beyond.as_str());
        let room = rows(limit + 1 - by_name.len());
        hits = search::find(connection, &sought, known, place, room)?;
    }
    let mut places: Vec<UserPlace> = by_name
        .iter()
        .map(|(_, folded)| UserPlace::Name(folded.clone()))
        .collect();
    places.extend(hits.iter().map(|hit| UserPlace::Found(hit.place)));
    let is_more = places.len() > limit;
    let begin_so = by_name.len();
    let mut ids: Vec<String> = by_name.into_iter().map(|(id, _)| id).collect();
    ids.extend(hits.into_iter().map(|hit| hit.user_id));
    ids.truncate(limit);
    let last = limit.checked_sub(1).filter(|_| is_more);
    let mut users = with_ids(connection, &ids)?;
    // Where all of them are on one page, they are in an order that a person expects.
    if after.is_none() && !is_more {
        let begin_so = begin_so.min(users.len());
        users[begin_so..].sort_by_cached_key(|one| one.user.name.folded());
    }
    Ok(UserPage {
        users,
        next: last.and_then(|last| places.into_iter().nth(last)),
    })
}

/// How many people are looked at for one page, where a filter leaves most of them out.
const LOOKED_AT: usize = 2000;

/// A page of users who have no device, in the order of their folded names: of those in whose name or
/// address `search` is found, where it is not empty. A page may have fewer than `limit` and another
/// after it: so many are looked at for one.
pub fn page_without_device(
    connection: &mut AnyConnection,
    search: &str,
    after: Option<&UserPlace>,
    limit: usize,
) -> Result<UserPage> {
    let after = match after {
        Some(UserPlace::Name(name)) => name.as_str(),
        _ => "",
    };
    let sought = SearchTerms::of(search);
    let nothing = !search.trim().is_empty() && sought.is_none();
    if nothing {
        let (users, next) = (Vec::new(), None);
        return Ok(UserPage { users, next });
    }
    // Bare, as the partial index has it.
    let without = || sql::<Bool>("device_count = 0");
    let names = users::table
        .filter(without())
        .filter(users::name_folded.gt(after))
        .order(users::name_folded)
        .limit(rows(LOOKED_AT))
        .select((users::id, users::name_folded))
        .load::<(String, String)>(connection)
        .map_err(failed)?;
    let beyond_last = names.last().filter(|_| names.len() == LOOKED_AT);
    let beyond_last = beyond_last.map(|(_, name)| UserPlace::Name(name.clone()));
    let mut ids: Vec<String> = names.iter().map(|(id, _)| id.clone()).collect();
    if let Some(sought) = &sought {
        let found = search::among(connection, &ids, sought)?;
        ids.retain(|id| found.contains(id));
    }
    let is_more = ids.len() > limit;
    ids.truncate(limit);
    let last = ids.last().filter(|_| is_more);
    let next = last.and_then(|last| names.iter().find(|(id, _)| id == last));
    let next = next.map(|(_, name)| UserPlace::Name(name.clone()));
    Ok(UserPage {
        users: with_ids(connection, &ids)?,
        next: next.or(beyond_last),
    })
}

/// The users of these ids, in this order.
fn with_ids(connection: &mut AnyConnection, ids: &[String]) -> Result<Vec<UserSummary>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = users::table
        .filter(users::id.eq_any(ids))
        .select((COLUMNS, users::device_count))
        .load(connection)
        .map_err(failed)?;
    let mut found = summaries(rows)?;
    let place = |summary: &UserSummary| {
        let id = summary.user.id.to_string();
        ids.iter().position(|one| *one == id)
    };
    found.sort_by_cached_key(place);
    Ok(found)
}

/// Ids and folded names.
fn by_names(
    connection: &mut AnyConnection,
    search: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<(String, String)>> {
    let mut query = users::table
        .select((users::id, users::name_folded))
        .order(users::name_folded)
        .limit(rows(limit))
        .into_boxed();
    if !search.is_empty() {
        query = query.filter(users::name_folded.lt(beyond(search)));
    }
    query = match after {
        // The place says more than the beginning does, unless an attacker made it up.
        Some(after) if after >= search => query.filter(users::name_folded.gt(after.to_owned())),
        _ => query.filter(users::name_folded.ge(search.to_owned())),
    };
    query.load(connection).map_err(failed)
}

fn summaries(rows: Vec<(UserRow, i64)>) -> Result<Vec<UserSummary>> {
    rows.into_iter()
        .map(|(row, devices)| {
            Ok(UserSummary {
                user: User::try_from(row)?,
                devices: devices.try_into().unwrap_or_default(),
            })
        })
        .filter_map(listed)
        .collect()
}

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// What sorts after every text that begins with `prefix`: a range uses the index on both
/// databases, `LIKE` on neither.
fn beyond(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}
