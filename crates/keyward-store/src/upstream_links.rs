//! Who users are at other OpenID providers.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, unreadable};
use super::upstream_schema::upstream_links;
use keyward_core::clock::Timestamp;
use keyward_core::domain::upstream::{UpstreamIdentity, UpstreamLink, UpstreamLinkId};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Problem, Result};

#[derive(Queryable)]
struct LinkRow {
    id: String,
    user_id: String,
    issuer: String,
    subject: String,
    called: String,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl TryFrom<LinkRow> for UpstreamLink {
    type Error = Problem;

    fn try_from(row: LinkRow) -> Result<Self> {
        let bad = |what| unreadable("upstream_links", &row.id, what);
        Ok(Self {
            id: UpstreamLinkId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
            user_id: UserId::from_stored(&row.user_id).ok_or_else(|| bad("user_id"))?,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
            identity: UpstreamIdentity {
                issuer: row.issuer,
                subject: row.subject,
            },
            called: row.called,
        })
    }
}

/// Adds a link; `false` where the person there is a user already, or the user somebody there, also in a
/// race.
pub fn insert(connection: &mut AnyConnection, link: &UpstreamLink) -> Result<bool> {
    use diesel::sql_types::{BigInt, Text};
    // ON CONFLICT keeps a PostgreSQL transaction alive where a unique violation would end it.
    diesel::sql_query(
        "INSERT INTO upstream_links (id, user_id, issuer, subject, called, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind::<Text, _>(link.id.to_string())
    .bind::<Text, _>(link.user_id.to_string())
    .bind::<Text, _>(&link.identity.issuer)
    .bind::<Text, _>(&link.identity.subject)
    .bind::<Text, _>(&link.called)
    .bind::<BigInt, _>(link.created_at.millis())
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// The link of somebody at a provider.
pub fn by_identity(
    connection: &mut AnyConnection,
    identity: &UpstreamIdentity,
) -> Result<Option<UpstreamLink>> {
    upstream_links::table
        .filter(upstream_links::issuer.eq(&identity.issuer))
        .filter(upstream_links::subject.eq(&identity.subject))
        .get_result::<LinkRow>(connection)
        .optional()
        .map_err(failed)?
        .map(UpstreamLink::try_from)
        .transpose()
}

/// The links of a user, in the order in which they were made.
pub fn of_user(connection: &mut AnyConnection, user: UserId) -> Result<Vec<UpstreamLink>> {
    upstream_links::table
        .filter(upstream_links::user_id.eq(user.to_string()))
        .order(upstream_links::id)
        .load::<LinkRow>(connection)
        .map_err(failed)?
        .into_iter()
        .map(UpstreamLink::try_from)
        .collect()
}

/// Whether a user is linked with anybody.
pub fn is_linked(connection: &mut AnyConnection, user: UserId) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        upstream_links::table.filter(upstream_links::user_id.eq(user.to_string())),
    ))
    .get_result(connection)
    .map_err(failed)
}

/// Whether a user is linked at one of these issuers.
pub fn has_any(connection: &mut AnyConnection, user: UserId, issuers: &[String]) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        upstream_links::table
            .filter(upstream_links::user_id.eq(user.to_string()))
            .filter(upstream_links::issuer.eq_any(issuers)),
    ))
    .get_result(connection)
    .map_err(failed)
}

/// Notes that a user signs in by a link, and holds its row; `false` where it is theirs no more.
pub fn note_use(
    connection: &mut AnyConnection,
    id: UpstreamLinkId,
    user: UserId,
    now: Timestamp,
) -> Result<bool> {
    diesel::update(
        upstream_links::table
            .find(id.to_string())
            .filter(upstream_links::user_id.eq(user.to_string())),
    )
    .set(upstream_links::last_used_at.eq(now.millis()))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Holds the row of a link until the caller's transaction ends; `false` where it is the user's no more.
pub fn hold(connection: &mut AnyConnection, id: UpstreamLinkId, user: UserId) -> Result<bool> {
    diesel::update(
        upstream_links::table
            .find(id.to_string())
            .filter(upstream_links::user_id.eq(user.to_string())),
    )
    .set(upstream_links::user_id.eq(user.to_string()))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Removes the links of a user that were made since a moment.
pub fn remove_since(
    connection: &mut AnyConnection,
    user: UserId,
    since: Timestamp,
) -> Result<usize> {
    diesel::delete(
        upstream_links::table
            .filter(upstream_links::user_id.eq(user.to_string()))
            .filter(upstream_links::created_at.ge(since.millis())),
    )
    .execute(connection)
    .map_err(failed)
}

/// Removes a link of a user; `false` where it is theirs no more.
pub fn remove(connection: &mut AnyConnection, id: UpstreamLinkId, user: UserId) -> Result<bool> {
    diesel::delete(
        upstream_links::table
            .find(id.to_string())
            .filter(upstream_links::user_id.eq(user.to_string())),
    )
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}
