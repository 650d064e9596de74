//! Authorization codes, which work once.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::grant_schema::openid_codes;
use keyward_core::clock::Timestamp;
use keyward_core::domain::openid_client::OpenidClientId;
use keyward_core::domain::openid_grant::GrantId;
use keyward_core::problem::{Problem, Result};
use keyward_core::secret::TokenHash;

/// A code.
#[derive(Clone, Debug)]
pub struct AuthorizationCode {
    /// Its hash.
    pub hash: TokenHash,
    /// What it opens.
    pub grant: GrantId,
    /// For whom.
    pub client: OpenidClientId,
    /// The redirect URI that it was sent to, as it was asked for.
    pub redirect_uri: String,
    /// The challenge of PKCE, where there was one.
    pub challenge: Option<String>,
    /// What ties the ID token to the request.
    pub nonce: Option<String>,
    /// When it is too old.
    pub expires_at: Timestamp,
    /// When it was used.
    pub spent_at: Option<Timestamp>,
}

#[derive(Queryable)]
struct CodeRow {
    code_hash: String,
    grant_id: String,
    client_id: String,
    redirect_uri: String,
    challenge: Option<String>,
    nonce: Option<String>,
    expires_at: i64,
    spent_at: Option<i64>,
}

impl TryFrom<CodeRow> for AuthorizationCode {
    type Error = Problem;

    fn try_from(row: CodeRow) -> Result<Self> {
        let bad = |what| unreadable("openid_codes", &row.code_hash, what);
        Ok(Self {
            grant: GrantId::from_stored(&row.grant_id).ok_or_else(|| bad("grant_id"))?,
            client: OpenidClientId::from_stored(&row.client_id).ok_or_else(|| bad("client_id"))?,
            hash: TokenHash::from_stored(&row.code_hash),
            redirect_uri: row.redirect_uri,
            challenge: row.challenge,
            nonce: row.nonce,
            expires_at: Timestamp::from_millis(row.expires_at),
            spent_at: row.spent_at.map(Timestamp::from_millis),
        })
    }
}

/// Adds a code.
pub fn insert(connection: &mut AnyConnection, code: &AuthorizationCode) -> Result<()> {
    prepared!(connection, |c| diesel::insert_into(openid_codes::table)
        .values((
            openid_codes::code_hash.eq(code.hash.as_str()),
            openid_codes::grant_id.eq(code.grant.to_string()),
            openid_codes::client_id.eq(code.client.to_string()),
            openid_codes::redirect_uri.eq(&code.redirect_uri),
            openid_codes::challenge.eq(&code.challenge),
            openid_codes::nonce.eq(&code.nonce),
            openid_codes::expires_at.eq(code.expires_at.millis()),
            openid_codes::spent_at.eq(code.spent_at.map(Timestamp::millis)),
        ))
        .execute(c))
    .map(drop)
    .map_err(failed)
}

/// The code of this hash, spent or not.
pub fn by_hash(
    connection: &mut AnyConnection,
    hash: &TokenHash,
) -> Result<Option<AuthorizationCode>> {
    prepared!(connection, |c| openid_codes::table
        .find(hash.as_str())
        .get_result::<CodeRow>(c))
    .optional()
    .map_err(failed)?
    .map(AuthorizationCode::try_from)
    .transpose()
}

/// Spends a code, for this client and the redirect URI that it was sent to, once; `false` where it was
/// spent, is too old, or is for another client or address. Its row stays, so that a second use is known as
/// one.
pub fn spend(
    connection: &mut AnyConnection,
    hash: &TokenHash,
    client: OpenidClientId,
    redirect_uri: &str,
    now: Timestamp,
) -> Result<bool> {
    diesel::update(
        openid_codes::table
            .find(hash.as_str())
            .filter(openid_codes::client_id.eq(client.to_string()))
            .filter(openid_codes::redirect_uri.eq(redirect_uri))
            .filter(openid_codes::expires_at.gt(now.millis()))
            .filter(openid_codes::spent_at.is_null()),
    )
    .set(openid_codes::spent_at.eq(now.millis()))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}
