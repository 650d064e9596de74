//! What users let OpenID clients have.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::grant_schema::openid_grants;
use super::pieces::{self, Over};
use super::prepared_statements;
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::DeviceId;
use keyward_core::domain::openid_client::OpenidClientId;
use keyward_core::domain::openid_grant::{Grant, GrantId, GrantProof, NamedClaims, Scopes};
use keyward_core::domain::session::{Methods, SessionId};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Problem, Result};

/// How many open grants one client has of one session at most: one more ends the oldest.
const MOST: i64 = 32;

#[derive(Queryable)]
struct GrantRow {
    id: String,
    client_id: String,
    user_id: Option<String>,
    session_id: Option<String>,
    sid: String,
    scopes: String,
    claims: String,
    auth_time: Option<i64>,
    acr: String,
    methods: String,
    device_id: Option<String>,
    is_by_device: bool,
    created_at: i64,
    _expires_at: i64,
    ended_at: Option<i64>,
}

impl TryFrom<GrantRow> for Grant {
    type Error = Problem;

    fn try_from(row: GrantRow) -> Result<Self> {
        let bad = |what| unreadable("openid_grants", &row.id, what);
        let user = row.user_id.as_deref().map(UserId::from_stored);
        let session = row.session_id.as_deref().map(SessionId::from_stored);
        let device = row.device_id.as_deref().map(DeviceId::from_stored);
        let read = |found: bool, what| match found {
            true => Ok(()),
            false => Err(bad(what)),
        };
        read(user != Some(None), "user_id")?;
        read(session != Some(None), "session_id")?;
        read(device != Some(None), "device_id")?;
        let proof = row.auth_time.map(|auth_time| GrantProof {
            auth_time: Timestamp::from_millis(auth_time),
            acr: row.acr.clone(),
            methods: Methods::from_stored(&row.methods),
            device: device.flatten(),
            is_by_device: row.is_by_device,
        });
        Ok(Self {
            id: GrantId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
            client: OpenidClientId::from_stored(&row.client_id).ok_or_else(|| bad("client_id"))?,
            user: user.flatten(),
            session: session.flatten(),
            scopes: Scopes::from_stored(&row.scopes),
            claims: NamedClaims::from_stored(&row.claims).ok_or_else(|| bad("claims"))?,
            proof,
            created_at: Timestamp::from_millis(row.created_at),
            ended_at: row.ended_at.map(Timestamp::from_millis),
            sid: row.sid,
        })
    }
}

/// Adds a grant, which is forgotten after `expires_at`. Where its client has too many of its session, the
/// oldest ends.
pub fn insert(connection: &mut AnyConnection, grant: &Grant, expires_at: Timestamp) -> Result<()> {
    let proof = grant.proof.as_ref();
    prepared!(connection, |c| diesel::insert_into(openid_grants::table)
        .values((
            openid_grants::id.eq(grant.id.to_string()),
            openid_grants::client_id.eq(grant.client.to_string()),
            openid_grants::user_id.eq(grant.user.map(|id| id.to_string())),
            openid_grants::session_id.eq(grant.session.map(|id| id.to_string())),
            openid_grants::sid.eq(&grant.sid),
            openid_grants::scopes.eq(grant.scopes.joined()),
            openid_grants::claims.eq(grant.claims.to_stored()),
            openid_grants::auth_time.eq(proof.map(|proof| proof.auth_time.millis())),
            openid_grants::acr.eq(proof.map_or("", |proof| proof.acr.as_str())),
            openid_grants::methods.eq(proof
                .map(|proof| proof.methods.joined())
                .unwrap_or_default()),
            openid_grants::device_id.eq(proof
                .and_then(|proof| proof.device)
                .map(|id| id.to_string())),
            openid_grants::is_by_device.eq(proof.is_some_and(|proof| proof.is_by_device)),
            openid_grants::created_at.eq(grant.created_at.millis()),
            openid_grants::expires_at.eq(expires_at.millis()),
            openid_grants::ended_at.eq(grant.ended_at.map(Timestamp::millis)),
        ))
        .execute(c))
    .map_err(failed)?;
    match grant.session {
        Some(session) => remove_oldest(connection, grant.client, session),
        None => Ok(()),
    }
}

fn remove_oldest(
    connection: &mut AnyConnection,
    client: OpenidClientId,
    session: SessionId,
) -> Result<()> {
    let beyond: Vec<String> = prepared!(connection, |c| openid_grants::table
        .filter(openid_grants::session_id.eq(session.to_string()))
        .filter(openid_grants::client_id.eq(client.to_string()))
        .order(openid_grants::id.desc())
        .select(openid_grants::id)
        .offset(MOST)
        .limit(MOST)
        .load(c))
    .map_err(failed)?;
    if beyond.is_empty() {
        return Ok(());
    }
    diesel::delete(openid_grants::table.filter(openid_grants::id.eq_any(beyond)))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// The grant of this id, ended or not.
pub fn by_id(connection: &mut AnyConnection, id: GrantId) -> Result<Option<Grant>> {
    prepared!(connection, |c| openid_grants::table
        .find(id.to_string())
        .get_result::<GrantRow>(c))
    .optional()
    .map_err(failed)?
    .map(Grant::try_from)
    .transpose()
}

/// Remembers a grant until then, because tokens hang on it now.
pub fn keep_until(
    connection: &mut AnyConnection,
    id: GrantId,
    expires_at: Timestamp,
) -> Result<()> {
    prepared!(connection, |c| prepared_statements::update(
        openid_grants::table.find(id.to_string())
    )
    .set(openid_grants::expires_at.eq(expires_at.millis()))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// How many grants that are open a device proved.
pub fn count_proved_by(connection: &mut AnyConnection, device: DeviceId) -> Result<i64> {
    openid_grants::table
        .filter(openid_grants::device_id.eq(device.to_string()))
        .filter(openid_grants::ended_at.is_null())
        .count()
        .get_result(connection)
        .map_err(failed)
}

/// Takes the device from the grants that it proved, as its removal does: none of their tokens is good from then
/// on, also where another device has raised their session since. Counts those that were open.
pub fn forget_device(connection: &mut AnyConnection, device: DeviceId) -> Result<usize> {
    let open = count_proved_by(connection, device)?;
    diesel::update(openid_grants::table.filter(openid_grants::device_id.eq(device.to_string())))
        .set(openid_grants::device_id.eq(None::<String>))
        .execute(connection)
        .map_err(failed)?;
    Ok(open.try_into().unwrap_or_default())
}

/// Ends a grant with all its tokens, once; `false` where it had ended.
pub fn end(connection: &mut AnyConnection, id: GrantId, now: Timestamp) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        openid_grants::table
            .find(id.to_string())
            .filter(openid_grants::ended_at.is_null())
    )
    .set(openid_grants::ended_at.eq(now.millis()))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Ends all grants of a user to a client, with all their tokens, and gives back what the client knows their
/// sessions by.
pub fn end_of(
    connection: &mut AnyConnection,
    user: UserId,
    client: OpenidClientId,
    now: Timestamp,
) -> Result<BTreeSet<String>> {
    let ended = diesel::sql_query(
        "UPDATE openid_grants SET ended_at = $1 \
         WHERE user_id = $2 AND client_id = $3 AND ended_at IS NULL RETURNING sid",
    )
    .bind::<BigInt, _>(now.millis())
    .bind::<Text, _>(user.to_string())
    .bind::<Text, _>(client.to_string())
    .load::<EndedRow>(connection)
    .map_err(failed)?;
    let sids = ended.into_iter().map(|row| row.sid);
    Ok(sids.filter(|sid| !sid.is_empty()).collect())
}

#[derive(QueryableByName)]
struct EndedRow {
    #[diesel(sql_type = Text)]
    sid: String,
}

/// Removes grants that are over: at most `limit`, counted. Their codes and tokens go with them.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "openid_grants",
        key: "id",
        condition: "expires_at <= $1",
    };
    pieces::delete(connection, &over, now, limit)
}
