//! What clients are still to be told of sessions that ended (OpenID Connect Back-Channel Logout 1.0).

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::connection::{AnyConnection, failed, unreadable};
use super::grant_schema::{openid_grants, openid_session_ends};
use super::openid_grants::by_id;
use super::schema::stopping_devices;
use keyward_core::clock::Timestamp;
use keyward_core::domain::openid_client::OpenidClientId;
use keyward_core::domain::openid_grant::{Grant, GrantId, SessionEndId};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

/// An end that a client is to be told of.
#[derive(Clone, Debug)]
pub struct SessionEnd {
    /// The row.
    pub id: SessionEndId,
    /// Who is told.
    pub client: OpenidClientId,
    /// What the client knows the session by.
    pub sid: String,
    /// Whose session it was; `None` where the user is gone.
    pub user: Option<UserId>,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried again, or was claimed until.
    pub due_at: Timestamp,
    /// When it is given up.
    pub expires_at: Timestamp,
}

/// Grants that are open although their session, or the device that had proved it, is gone, or policy has
/// stopped that device: at most `limit` of each.
pub fn left_behind(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Grant>> {
    let open = openid_grants::table
        .filter(openid_grants::ended_at.is_null())
        .filter(openid_grants::sid.ne(""))
        .select(openid_grants::id);
    let mut ids: Vec<String> = open
        .filter(openid_grants::session_id.is_null())
        .limit(limit)
        .load(connection)
        .map_err(failed)?;
    let bereft = open
        .filter(openid_grants::is_by_device.eq(true))
        .filter(openid_grants::device_id.is_null())
        .limit(limit);
    ids.extend(bereft.load::<String>(connection).map_err(failed)?);
    let stopped: Vec<String> = stopping_devices::table
        .filter(stopping_devices::deadline.le(now.millis()))
        .select(stopping_devices::device_id)
        .load(connection)
        .map_err(failed)?;
    if !stopped.is_empty() {
        let of_stopped = openid_grants::table
            .filter(openid_grants::device_id.eq_any(stopped))
            .filter(openid_grants::ended_at.is_null())
            .select(openid_grants::id)
            .limit(limit);
        ids.extend(of_stopped.load::<String>(connection).map_err(failed)?);
    }
    ids.sort_unstable();
    ids.dedup();
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let id = GrantId::from_stored(&id).ok_or_else(|| unreadable("openid_grants", &id, "id"))?;
        found.extend(by_id(connection, id)?);
    }
    Ok(found)
}

/// Adds an end; nothing happens where the client is to be told of that session already.
pub fn insert(connection: &mut AnyConnection, end: &SessionEnd) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO openid_session_ends (id, client_id, sid, user_id, tries, due_at, expires_at) \
         VALUES ($1, $2, $3, $4, 0, $5, $6) ON CONFLICT (client_id, sid) DO NOTHING",
    )
    .bind::<Text, _>(end.id.to_string())
    .bind::<Text, _>(end.client.to_string())
    .bind::<Text, _>(&end.sid)
    .bind::<Nullable<Text>, _>(end.user.map(|user| user.to_string()))
    .bind::<BigInt, _>(end.due_at.millis())
    .bind::<BigInt, _>(end.expires_at.millis())
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Ends that are due, the longest first: at most `limit`.
pub fn due(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<Vec<SessionEnd>> {
    type Row = (String, String, String, Option<String>, i64, i64, i64);
    let rows: Vec<Row> = openid_session_ends::table
        .filter(openid_session_ends::due_at.le(now.millis()))
        .order(openid_session_ends::due_at)
        .limit(limit)
        .load(connection)
        .map_err(failed)?;
    rows.into_iter()
        .map(|(id, client, sid, user, tries, due_at, expires_at)| {
            let bad = |what| unreadable("openid_session_ends", &id, what);
            Ok(SessionEnd {
                id: SessionEndId::from_stored(&id).ok_or_else(|| bad("id"))?,
                client: OpenidClientId::from_stored(&client).ok_or_else(|| bad("client_id"))?,
                sid,
                user: user.as_deref().and_then(UserId::from_stored),
                tries: u32::try_from(tries).unwrap_or_default(),
                due_at: Timestamp::from_millis(due_at),
                expires_at: Timestamp::from_millis(expires_at),
            })
        })
        .collect()
}

/// Claims an end until a moment, before which no other node tries it; `false` where another was faster.
pub fn claim(connection: &mut AnyConnection, end: &SessionEnd, until: Timestamp) -> Result<bool> {
    put(connection, end, until, end.tries.saturating_add(1))
}

/// Puts a claimed end off.
pub fn put_off(connection: &mut AnyConnection, end: &SessionEnd, until: Timestamp) -> Result<bool> {
    put(connection, end, until, end.tries)
}

fn put(
    connection: &mut AnyConnection,
    end: &SessionEnd,
    until: Timestamp,
    tries: u32,
) -> Result<bool> {
    diesel::update(
        openid_session_ends::table
            .find(end.id.to_string())
            .filter(openid_session_ends::due_at.eq(end.due_at.millis())),
    )
    .set((
        openid_session_ends::due_at.eq(until.millis()),
        openid_session_ends::tries.eq(i64::from(tries)),
    ))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Removes an end that was told, or given up.
pub fn remove(connection: &mut AnyConnection, id: SessionEndId) -> Result<()> {
    diesel::delete(openid_session_ends::table.find(id.to_string()))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}
