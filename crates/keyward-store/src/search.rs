//! People by parts of their names and addresses.
//!
//! A row holds what a person is found by; triggers and indexes of the databases' own follow it, in the
//! same transaction. On SQLite that is an index of trigrams of FTS5. On PostgreSQL it is one over a
//! function of ours: its own trigrams are an extension, which the owner of a database may not be
//! allowed to create.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::prepared_statements;
use super::schema::{user_search, users};
use keyward_core::domain::search::{SearchTerms, searchable};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

/// Brings what a person is found by up to date: to be called in the transaction that makes or changes
/// a name or an address. With the user, it goes by itself.
pub fn keep(connection: &mut AnyConnection, user: UserId) -> Result<()> {
    let id = user.to_string();
    let row = prepared!(connection, |c| users::table
        .find(&id)
        .select((users::name, users::email, users::display_name))
        .get_result::<(String, Option<String>, Option<String>)>(c))
    .optional()
    .map_err(failed)?;
    let Some((name, email, display_name)) = row else {
        return Ok(());
    };
    let texts = [Some(name), email, display_name];
    let text = searchable(texts.iter().flatten().map(String::as_str));
    diesel::sql_query(
        "INSERT INTO user_search (user_id, text) VALUES ($1, $2) \
         ON CONFLICT (user_id) DO UPDATE SET text = excluded.text",
    )
    .bind::<Text, _>(&id)
    .bind::<Text, _>(text)
    .execute(connection)
    .map_err(failed)?;
    prepared!(connection, |c| prepared_statements::update(
        users::table
            .find(&id)
            .filter(users::is_searchable.eq(false))
    )
    .set(users::is_searchable.eq(true))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Whether a user cannot be found yet: from before there was a search, or written by another
/// program.
pub fn lacks_some(connection: &mut AnyConnection) -> Result<bool> {
    Ok(!lacking(connection, 1)?.is_empty())
}

/// Lets at most `limit` of them be found, and counts them.
pub fn catch_up(connection: &mut AnyConnection, limit: i64) -> Result<usize> {
    let lacking = lacking(connection, limit)?;
    for id in &lacking {
        let user = UserId::from_stored(id).ok_or_else(|| unreadable("users", id, "id"))?;
        keep(connection, user)?;
    }
    Ok(lacking.len())
}

fn lacking(connection: &mut AnyConnection, limit: i64) -> Result<Vec<String>> {
    users::table
        // Bare, as the partial index has it.
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(
            "NOT is_searchable",
        ))
        .order(users::id)
        .limit(limit)
        .select(users::id)
        .load(connection)
        .map_err(failed)
}

/// A user who was found.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(super) struct Hit {
    /// The place in the order in which people came.
    #[diesel(sql_type = BigInt)]
    pub place: i64,
    /// Who.
    #[diesel(sql_type = Text)]
    pub user_id: String,
}

/// Those of these people in whose texts this stands.
pub(super) fn among(
    connection: &mut AnyConnection,
    ids: &[String],
    sought: &SearchTerms,
) -> Result<HashSet<String>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let texts = user_search::table
        .filter(user_search::user_id.eq_any(ids))
        .select((user_search::user_id, user_search::text))
        .load::<(String, String)>(connection)
        .map_err(failed)?;
    let found = texts
        .into_iter()
        .filter(|(_, text)| text.contains(sought.part()));
    Ok(found.map(|(id, _)| id).collect())
}

/// How many people are looked at one by one, where there may be many who fit.
#[cfg(feature = "postgres")]
const NEAR: i64 = 2000;

/// Those in whose texts this stands, in the order in which they came, after a place; without those
/// whose folded names lie between `from` and `to`, whom a list has already.
pub(super) fn find(
    connection: &mut AnyConnection,
    sought: &SearchTerms,
    (from, to): (&str, &str),
    after: i64,
    limit: i64,
) -> Result<Vec<Hit>> {
    match connection {
        AnyConnection::Sqlite(_) => {
            let grams = sought.grams().into_iter();
            let grams = grams.map(|gram| format!("\"{}\"", gram.replace('"', "\"\"")));
            let grams: Vec<String> = grams.collect();
            let statement = format!(
                "SELECT s.place, s.user_id FROM user_grams \
                 CROSS JOIN user_search AS s ON s.place = user_grams.rowid \
                 CROSS JOIN users AS u ON u.id = s.user_id \
                 WHERE user_grams MATCH $1 AND user_grams.rowid > $2 AND instr(s.text, $3) > 0 \
                 AND NOT (u.name_folded >= $4 AND u.name_folded < $5) \
                 ORDER BY user_grams.rowid LIMIT {limit}"
            );
            diesel::sql_query(statement)
                .bind::<Text, _>(grams.join(" AND "))
                .bind::<BigInt, _>(after)
                .bind::<Text, _>(sought.part())
                .bind::<Text, _>(from)
                .bind::<Text, _>(to)
                .load::<Hit>(connection)
                .map_err(failed)
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => {
            // Where many fit, enough of them are near. An index would name all of them first.
            let near = format!(
                "(SELECT place, user_id, text FROM user_search WHERE place > $1 \
                 ORDER BY place LIMIT {NEAR}) AS near WHERE strpos(text, $2) > 0"
            );
            let found = found_in(connection, &near, sought, (from, to), after, limit)?;
            if rows(found.len()) == limit {
                return Ok(found);
            }
            let hits = "user_search WHERE keyward_trigrams(text) @> keyward_trigrams($2) \
                        AND strpos(text, $2) > 0 AND place > $1";
            found_in(connection, hits, sought, (from, to), after, limit)
        }
    }
}

#[cfg(feature = "postgres")]
fn rows(found: usize) -> i64 {
    i64::try_from(found).unwrap_or(i64::MAX)
}

#[cfg(feature = "postgres")]
fn found_in(
    connection: &mut AnyConnection,
    among: &str,
    sought: &SearchTerms,
    (from, to): (&str, &str),
    after: i64,
    limit: i64,
) -> Result<Vec<Hit>> {
    // Materialised: the planner is not to walk through everybody in the hope of finding enough on the
    // way. And in order before a name is looked at: it is looked at for those alone who are listed.
    let statement = format!(
        "WITH hits AS MATERIALIZED (SELECT place, user_id FROM {among}) \
         SELECT h.place, h.user_id \
         FROM (SELECT place, user_id FROM hits ORDER BY place OFFSET 0) AS h \
         WHERE NOT COALESCE((SELECT u.name_folded >= $3 AND u.name_folded < $4 \
                             FROM users AS u WHERE u.id = h.user_id), TRUE) \
         ORDER BY h.place LIMIT {limit}"
    );
    diesel::sql_query(statement)
        .bind::<BigInt, _>(after)
        .bind::<Text, _>(sought.part())
        .bind::<Text, _>(from)
        .bind::<Text, _>(to)
        .load::<Hit>(connection)
        .map_err(failed)
}
