//! Codes of devices that have no browser (RFC 8628), until a user has said what becomes of them.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, unreadable};
use super::grant_schema::openid_device_codes;
use super::pieces::{self, Over};
use keyward_core::clock::Timestamp;
use keyward_core::domain::openid_client::OpenidClientId;
use keyward_core::domain::openid_grant::{DeviceCodeState, GrantId, Scopes};
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::TokenHash;

/// How many a client may have at once: one more ends the oldest.
const MOST: i64 = 1024;

/// A code of a device.
#[derive(Clone, Debug)]
pub struct DeviceCode {
    /// The hash of what the device shows.
    pub hash: TokenHash,
    /// What its user types, without the hyphen.
    pub user_code: String,
    /// For whom.
    pub client: OpenidClientId,
    /// What it asks for.
    pub scopes: Scopes,
    /// What became of it.
    pub state: DeviceCodeState,
    /// What was granted.
    pub grant: Option<GrantId>,
    /// When the device may ask again.
    pub next_poll_at: Timestamp,
    /// When it is too old.
    pub expires_at: Timestamp,
}

#[derive(Queryable)]
struct Row {
    code_hash: String,
    user_code: String,
    client_id: String,
    scopes: String,
    state: String,
    grant_id: Option<String>,
    next_poll_at: i64,
    expires_at: i64,
}

impl TryFrom<Row> for DeviceCode {
    type Error = Problem;

    fn try_from(row: Row) -> Result<Self> {
        let bad = |what| unreadable("openid_device_codes", &row.code_hash, what);
        Ok(Self {
            client: OpenidClientId::from_stored(&row.client_id).ok_or_else(|| bad("client_id"))?,
            state: DeviceCodeState::from_stored(&row.state).ok_or_else(|| bad("state"))?,
            grant: match &row.grant_id {
                Some(id) => Some(GrantId::from_stored(id).ok_or_else(|| bad("grant_id"))?),
                None => None,
            },
            hash: TokenHash::from_stored(&row.code_hash),
            user_code: row.user_code,
            scopes: Scopes::from_stored(&row.scopes),
            next_poll_at: Timestamp::from_millis(row.next_poll_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}

/// Adds a code, and forgets the oldest of its client where there are too many; `false` where another has the
/// same user code.
pub fn insert(connection: &mut AnyConnection, code: &DeviceCode) -> Result<bool> {
    use diesel::sql_types::{BigInt, Text};
    let added = diesel::sql_query(
        "INSERT INTO openid_device_codes \
         (code_hash, user_code, client_id, scopes, state, next_poll_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (user_code) DO NOTHING",
    )
    .bind::<Text, _>(code.hash.as_str())
    .bind::<Text, _>(&code.user_code)
    .bind::<Text, _>(code.client.to_string())
    .bind::<Text, _>(code.scopes.joined())
    .bind::<Text, _>(code.state.as_str())
    .bind::<BigInt, _>(code.next_poll_at.millis())
    .bind::<BigInt, _>(code.expires_at.millis())
    .execute(connection)
    .map_err(failed)?;
    let beyond: Vec<String> = openid_device_codes::table
        .filter(openid_device_codes::client_id.eq(code.client.to_string()))
        .order(openid_device_codes::expires_at.desc())
        .select(openid_device_codes::code_hash)
        .offset(MOST)
        .limit(MOST)
        .load(connection)
        .map_err(failed)?;
    if !beyond.is_empty() {
        let beyond = openid_device_codes::code_hash.eq_any(beyond);
        diesel::delete(openid_device_codes::table.filter(beyond))
            .execute(connection)
            .map_err(failed)?;
    }
    Ok(added == 1)
}

/// The code that a device shows, too old or not.
pub fn by_hash(connection: &mut AnyConnection, hash: &TokenHash) -> Result<Option<DeviceCode>> {
    let found = openid_device_codes::table.find(hash.as_str());
    found
        .get_result::<Row>(connection)
        .optional()
        .map_err(failed)?
        .map(DeviceCode::try_from)
        .transpose()
}

/// The code that a user types, too old or not.
pub fn by_user_code(connection: &mut AnyConnection, user_code: &str) -> Result<Option<DeviceCode>> {
    let found = openid_device_codes::table.filter(openid_device_codes::user_code.eq(user_code));
    found
        .get_result::<Row>(connection)
        .optional()
        .map_err(failed)?
        .map(DeviceCode::try_from)
        .transpose()
}

/// Settles what becomes of a code that waits, once: a grant, or nothing. `false` where that was said before,
/// or it is too old.
pub fn settle(
    connection: &mut AnyConnection,
    hash: &TokenHash,
    grant: Option<GrantId>,
    now: Timestamp,
) -> Result<bool> {
    let state = match grant {
        Some(_) => DeviceCodeState::Granted,
        None => DeviceCodeState::Declined,
    };
    diesel::update(
        openid_device_codes::table
            .find(hash.as_str())
            .filter(openid_device_codes::state.eq(DeviceCodeState::Waiting.as_str()))
            .filter(openid_device_codes::expires_at.gt(now.millis())),
    )
    .set((
        openid_device_codes::state.eq(state.as_str()),
        openid_device_codes::grant_id.eq(grant.map(|id| id.to_string())),
    ))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Notes that a device asked; `false` where it asks sooner than it may.
pub fn note_poll(
    connection: &mut AnyConnection,
    hash: &TokenHash,
    now: Timestamp,
    next: Timestamp,
) -> Result<bool> {
    diesel::update(
        openid_device_codes::table
            .find(hash.as_str())
            .filter(openid_device_codes::next_poll_at.le(now.millis())),
    )
    .set(openid_device_codes::next_poll_at.eq(next.millis()))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Spends a code that was granted, once; `false` where it was spent, is too old or another client's.
pub fn spend(
    connection: &mut AnyConnection,
    hash: &TokenHash,
    client: OpenidClientId,
    now: Timestamp,
) -> Result<bool> {
    diesel::delete(
        openid_device_codes::table
            .find(hash.as_str())
            .filter(openid_device_codes::client_id.eq(client.to_string()))
            .filter(openid_device_codes::state.eq(DeviceCodeState::Granted.as_str()))
            .filter(openid_device_codes::expires_at.gt(now.millis())),
    )
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Removes codes that are too old: at most `limit`, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "openid_device_codes",
        key: "code_hash",
        condition: "expires_at <= $1",
    };
    pieces::delete(connection, &over, now, limit)
}
