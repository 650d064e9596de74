//! Trusted browsers, found by id; the keys in their cookies by the hashes.

use std::net::IpAddr;

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, listed, prepared, unreadable};
use super::pieces::{self, Over};
use super::prepared_statements;
use super::schema::{trusted_browsers, users};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{DeviceId, DeviceName};
use keyward_core::domain::session::Client;
use keyward_core::domain::trusted_browser::{KeyedBrowser, TrustedBrowser, TrustedBrowserId};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::TokenHash;

#[derive(Queryable)]
struct BrowserRow {
    id: String,
    user_id: String,
    name: String,
    device_id: String,
    key_hash: String,
    previous_hash: Option<String>,
    rotated_at: i64,
    created_at: i64,
    last_used_at: Option<i64>,
    expires_at: i64,
    address: String,
    user_agent: String,
}

impl TryFrom<BrowserRow> for KeyedBrowser {
    type Error = Problem;

    fn try_from(row: BrowserRow) -> Result<Self> {
        let bad = |what| unreadable("trusted_browsers", &row.id, what);
        let address = row.address.parse::<IpAddr>();
        let address = address.map_err(|_| bad("address"))?;
        let previous = row.previous_hash.as_deref();
        Ok(Self {
            browser: TrustedBrowser {
                id: TrustedBrowserId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
                user_id: UserId::from_stored(&row.user_id).ok_or_else(|| bad("user_id"))?,
                name: DeviceName::from_stored(&row.name),
                device_id: DeviceId::from_stored(&row.device_id).ok_or_else(|| bad("device_id"))?,
                created_at: Timestamp::from_millis(row.created_at),
                last_used_at: row.last_used_at.map(Timestamp::from_millis),
                expires_at: Timestamp::from_millis(row.expires_at),
                client: Client::new(address, &row.user_agent),
            },
            key_hash: TokenHash::from_stored(&row.key_hash),
            previous_hash: previous.map(TokenHash::from_stored),
            rotated_at: Timestamp::from_millis(row.rotated_at),
        })
    }
}

/// Adds a browser with the hash of its first key.
pub fn insert(
    connection: &mut AnyConnection,
    browser: &TrustedBrowser,
    key: &TokenHash,
) -> Result<()> {
    diesel::insert_into(trusted_browsers::table)
        .values((
            trusted_browsers::id.eq(browser.id.to_string()),
            trusted_browsers::user_id.eq(browser.user_id.to_string()),
            trusted_browsers::name.eq(browser.name.as_str()),
            trusted_browsers::device_id.eq(browser.device_id.to_string()),
            trusted_browsers::key_hash.eq(key.as_str()),
            trusted_browsers::rotated_at.eq(browser.created_at.millis()),
            trusted_browsers::created_at.eq(browser.created_at.millis()),
            trusted_browsers::expires_at.eq(browser.expires_at.millis()),
            trusted_browsers::address.eq(browser.client.address.to_string()),
            trusted_browsers::user_agent.eq(&browser.client.user_agent),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// The browser of this id with its keys, expired or not.
pub fn get(connection: &mut AnyConnection, id: TrustedBrowserId) -> Result<Option<KeyedBrowser>> {
    trusted_browsers::table
        .find(id.to_string())
        .first::<BrowserRow>(connection)
        .optional()
        .map_err(failed)?
        .map(KeyedBrowser::try_from)
        .transpose()
}

/// Spends a browser's newest key and puts the next one in its place; `false` where another request
/// spent it, also in a race, or the trust is over.
pub fn rotate(
    connection: &mut AnyConnection,
    id: TrustedBrowserId,
    shown: &TokenHash,
    next: &TokenHash,
    client: &Client,
    now: Timestamp,
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        trusted_browsers::table
            .find(id.to_string())
            .filter(trusted_browsers::key_hash.eq(shown.as_str()))
            .filter(trusted_browsers::expires_at.gt(now.millis())),
    )
    .set((
        trusted_browsers::key_hash.eq(next.as_str()),
        trusted_browsers::previous_hash.eq(shown.as_str()),
        trusted_browsers::rotated_at.eq(now.millis()),
        trusted_browsers::last_used_at.eq(now.millis()),
        trusted_browsers::address.eq(client.address.to_string()),
        trusted_browsers::user_agent.eq(&client.user_agent),
    ))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Ends the trust in a browser; `false` where it had ended.
pub fn end(connection: &mut AnyConnection, id: TrustedBrowserId) -> Result<bool> {
    diesel::delete(trusted_browsers::table.find(id.to_string()))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Ends the trust in all browsers of a user, and counts them.
pub fn end_all_of(connection: &mut AnyConnection, user: UserId) -> Result<usize> {
    diesel::delete(trusted_browsers::table.filter(trusted_browsers::user_id.eq(user.to_string())))
        .execute(connection)
        .map_err(failed)
}

/// The browsers that a device vouched for.
pub fn vouched_by(
    connection: &mut AnyConnection,
    device: DeviceId,
) -> Result<Vec<TrustedBrowserId>> {
    let ids: Vec<String> = trusted_browsers::table
        .filter(trusted_browsers::device_id.eq(device.to_string()))
        .select(trusted_browsers::id)
        .load(connection)
        .map_err(failed)?;
    let read = |id: String| {
        TrustedBrowserId::from_stored(&id)
            .ok_or_else(|| super::connection::unreadable("trusted_browsers", &id, "id"))
    };
    ids.into_iter().map(read).collect()
}

/// Ends the trust in the browsers that a device vouched for, and counts them.
pub fn end_vouched_by(connection: &mut AnyConnection, device: DeviceId) -> Result<usize> {
    diesel::delete(
        trusted_browsers::table.filter(trusted_browsers::device_id.eq(device.to_string())),
    )
    .execute(connection)
    .map_err(failed)
}

/// The trusted browsers of a user, newest first.
pub fn of_user(
    connection: &mut AnyConnection,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<TrustedBrowser>> {
    let page = page(connection, Some(user), None, now, i64::MAX)?;
    Ok(page.into_iter().map(|(browser, _)| browser).collect())
}

/// The trusted browsers of these users.
pub fn of_users(
    connection: &mut AnyConnection,
    users: &[UserId],
    now: Timestamp,
) -> Result<Vec<TrustedBrowser>> {
    let ids: Vec<String> = users.iter().map(UserId::to_string).collect();
    trusted_browsers::table
        .filter(trusted_browsers::user_id.eq_any(ids))
        .filter(trusted_browsers::expires_at.gt(now.millis()))
        .select(trusted_browsers::all_columns)
        .load::<BrowserRow>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|row| Ok(KeyedBrowser::try_from(row)?.browser))
        .filter_map(listed)
        .collect()
}

/// Trusted browsers with their users' names, newest first, before the id `before`; of one user
/// where one is named.
pub fn page(
    connection: &mut AnyConnection,
    user: Option<UserId>,
    before: Option<TrustedBrowserId>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(TrustedBrowser, String)>> {
    let mut query = trusted_browsers::table
        .inner_join(users::table)
        .filter(trusted_browsers::expires_at.gt(now.millis()))
        .select((trusted_browsers::all_columns, users::name))
        .order(trusted_browsers::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(user) = user {
        query = query.filter(trusted_browsers::user_id.eq(user.to_string()));
    }
    if let Some(before) = before {
        query = query.filter(trusted_browsers::id.lt(before.to_string()));
    }
    query
        .load::<(BrowserRow, String)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(row, name)| Ok((KeyedBrowser::try_from(row)?.browser, name)))
        .filter_map(listed)
        .collect()
}

/// Ends the trust in some of everybody's browsers, and counts them.
pub fn end_some(connection: &mut AnyConnection, limit: i64) -> Result<usize> {
    let some: Vec<String> = trusted_browsers::table
        .select(trusted_browsers::id)
        .limit(limit)
        .load(connection)
        .map_err(failed)?;
    diesel::delete(trusted_browsers::table.filter(trusted_browsers::id.eq_any(some)))
        .execute(connection)
        .map_err(failed)
}

/// Removes what has expired: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "trusted_browsers",
        key: "id",
        condition: "expires_at <= $1",
    };
    pieces::delete(connection, &over, now, limit)
}

/// A page of all trusted browsers as their rows are, by id.
pub(super) fn as_they_are(
    connection: &mut AnyConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Result<KeyedBrowser>)>> {
    let rows = trusted_browsers::table
        .filter(trusted_browsers::id.gt(after))
        .order(trusted_browsers::id)
        .limit(limit)
        .load::<BrowserRow>(connection)
        .map_err(failed)?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id.clone(), row.try_into()))
        .collect())
}
