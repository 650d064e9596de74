//! Tokens of OpenID clients, by their hashes.
//!
//! A refresh token has two halves: its family's, which stays, and its own, which changes with each
//! rotation. One row knows a whole family, so that every token of it that was there before is known as
//! used, however many there were.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::grant_schema::{openid_access_tokens, openid_refresh_tokens};
use super::pieces::{self, Over};
use super::prepared_statements;
use keyward_core::clock::Timestamp;
use keyward_core::domain::openid_client::OpenidClientId;
use keyward_core::domain::openid_grant::{GrantId, ROTATION_GRACE, Scopes};
use keyward_core::problem::Result;
use keyward_core::secret::TokenHash;

/// An access token.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The hash of the token, or of what a JWT is called by.
    pub hash: TokenHash,
    /// What it hangs on.
    pub grant: GrantId,
    /// What it covers.
    pub scopes: Scopes,
    /// When it is over.
    pub expires_at: Timestamp,
}

/// Adds an access token.
pub fn insert_access(connection: &mut AnyConnection, token: &AccessToken) -> Result<()> {
    prepared!(connection, |c| diesel::insert_into(
        openid_access_tokens::table
    )
    .values((
        openid_access_tokens::token_hash.eq(token.hash.as_str()),
        openid_access_tokens::grant_id.eq(token.grant.to_string()),
        openid_access_tokens::scopes.eq(token.scopes.joined()),
        openid_access_tokens::expires_at.eq(token.expires_at.millis()),
    ))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// The access token of this hash, over or not.
pub fn access_by_hash(
    connection: &mut AnyConnection,
    hash: &TokenHash,
) -> Result<Option<AccessToken>> {
    let row = prepared!(connection, |c| openid_access_tokens::table
        .find(hash.as_str())
        .get_result::<(String, String, String, i64)>(c))
    .optional()
    .map_err(failed)?;
    let Some((hash, grant, scopes, expires_at)) = row else {
        return Ok(None);
    };
    let grant = GrantId::from_stored(&grant)
        .ok_or_else(|| unreadable("openid_access_tokens", &hash, "grant_id"))?;
    Ok(Some(AccessToken {
        hash: TokenHash::from_stored(&hash),
        grant,
        scopes: Scopes::from_stored(&scopes),
        expires_at: Timestamp::from_millis(expires_at),
    }))
}

/// Ends one access token; `false` where there is none.
pub fn remove_access(connection: &mut AnyConnection, hash: &TokenHash) -> Result<bool> {
    prepared!(connection, |c| diesel::delete(
        openid_access_tokens::table.find(hash.as_str())
    )
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// A family of refresh tokens.
#[derive(Clone, Debug)]
pub struct RefreshFamily {
    /// The hash of the half that stays.
    pub family: TokenHash,
    /// What it hangs on.
    pub grant: GrantId,
    /// For whom.
    pub client: OpenidClientId,
    /// The hash of the half that is good now.
    pub current: TokenHash,
    /// When it is over.
    pub expires_at: Timestamp,
}

/// Adds a family with its first token.
pub fn insert_family(connection: &mut AnyConnection, family: &RefreshFamily) -> Result<()> {
    prepared!(connection, |c| diesel::insert_into(
        openid_refresh_tokens::table
    )
    .values((
        openid_refresh_tokens::family_hash.eq(family.family.as_str()),
        openid_refresh_tokens::grant_id.eq(family.grant.to_string()),
        openid_refresh_tokens::client_id.eq(family.client.to_string()),
        openid_refresh_tokens::current_hash.eq(family.current.as_str()),
        openid_refresh_tokens::expires_at.eq(family.expires_at.millis()),
    ))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// The family of this hash, over or not.
pub fn family(connection: &mut AnyConnection, hash: &TokenHash) -> Result<Option<RefreshFamily>> {
    let row = prepared!(connection, |c| openid_refresh_tokens::table
        .find(hash.as_str())
        .select((
            openid_refresh_tokens::grant_id,
            openid_refresh_tokens::client_id,
            openid_refresh_tokens::current_hash,
            openid_refresh_tokens::expires_at,
        ))
        .get_result::<(String, String, String, i64)>(c))
    .optional()
    .map_err(failed)?;
    let Some((grant, client, current, expires_at)) = row else {
        return Ok(None);
    };
    let bad = |what| unreadable("openid_refresh_tokens", hash.as_str(), what);
    Ok(Some(RefreshFamily {
        family: hash.clone(),
        grant: GrantId::from_stored(&grant).ok_or_else(|| bad("grant_id"))?,
        client: OpenidClientId::from_stored(&client).ok_or_else(|| bad("client_id"))?,
        current: TokenHash::from_stored(&current),
        expires_at: Timestamp::from_millis(expires_at),
    }))
}

/// Puts a new token of a family in place of the one that is shown, once; `false` where another is good
/// now, or none.
pub fn rotate(
    connection: &mut AnyConnection,
    family: &RefreshFamily,
    shown: &TokenHash,
    next: &TokenHash,
    now: Timestamp,
) -> Result<bool> {
    prepared!(connection, |c| prepared_statements::update(
        openid_refresh_tokens::table
            .find(family.family.as_str())
            .filter(openid_refresh_tokens::client_id.eq(family.client.to_string()))
            .filter(openid_refresh_tokens::current_hash.eq(shown.as_str()))
            .filter(openid_refresh_tokens::expires_at.gt(now.millis()))
    )
    .set((
        openid_refresh_tokens::current_hash.eq(next.as_str()),
        openid_refresh_tokens::previous_hash.eq(shown.as_str()),
        openid_refresh_tokens::rotated_at.eq(now.millis()),
    ))
    .execute(c))
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Puts a new token of a family in place of the one whose answer was lost: the token before it is shown
/// again within [`ROTATION_GRACE`], and nobody has used the new one. `false` where that is not so.
pub fn rotate_again(
    connection: &mut AnyConnection,
    family: &RefreshFamily,
    shown: &TokenHash,
    next: &TokenHash,
    now: Timestamp,
) -> Result<bool> {
    let since = now - ROTATION_GRACE;
    diesel::update(
        openid_refresh_tokens::table
            .find(family.family.as_str())
            .filter(openid_refresh_tokens::client_id.eq(family.client.to_string()))
            .filter(openid_refresh_tokens::previous_hash.eq(shown.as_str()))
            .filter(openid_refresh_tokens::rotated_at.gt(since.millis()))
            .filter(openid_refresh_tokens::expires_at.gt(now.millis())),
    )
    .set(openid_refresh_tokens::current_hash.eq(next.as_str()))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Removes access tokens that are over: at most `limit`, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "openid_access_tokens",
        key: "token_hash",
        condition: "expires_at <= $1",
    };
    pieces::delete(connection, &over, now, limit)
}
