//! API tokens, found by the hashes of their secrets.

use std::time::Duration;

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, is_taken, listed, prepared, unreadable};
use super::prepared_statements;
use super::schema::{api_tokens, users};
use super::users::{self as user_table, UserRow};
use keyward_core::clock::Timestamp;
use keyward_core::domain::api_token::{
    ApiScope, ApiToken, ApiTokenId, ApiTokenPlan, ApiTokenSummary,
};
use keyward_core::domain::spelling::fold;
use keyward_core::domain::user::{User, UserId};
use keyward_core::domain::validation_client::addresses_from_stored;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::TokenHash;

/// How old the note of a token's last use may be before it is written again.
const NOTE_EVERY: Duration = Duration::from_mins(1);

#[derive(Queryable)]
struct TokenRow {
    id: String,
    name: String,
    _name_folded: String,
    _secret_hash: String,
    owner_id: String,
    scopes: String,
    networks: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl TryFrom<TokenRow> for ApiToken {
    type Error = Problem;

    fn try_from(row: TokenRow) -> Result<Self> {
        let bad = |what| unreadable("api_tokens", &row.id, what);
        // A scope that this version does not know lets nobody do anything.
        let scopes = row.scopes.split_whitespace();
        let scopes = scopes.filter_map(ApiScope::from_stored).collect();
        Ok(Self {
            id: ApiTokenId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
            owner: UserId::from_stored(&row.owner_id).ok_or_else(|| bad("owner_id"))?,
            plan: ApiTokenPlan {
                scopes,
                networks: addresses_from_stored(&row.networks).map_err(|_| bad("networks"))?,
                expires_at: row.expires_at.map(Timestamp::from_millis),
                name: row.name,
            },
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
        })
    }
}

/// Adds a token.
///
/// # Errors
/// `api_token.name_taken`
pub fn insert(connection: &mut AnyConnection, token: &ApiToken, secret: &TokenHash) -> Result<()> {
    let plan = &token.plan;
    let scopes: Vec<&str> = plan.scopes.iter().map(|scope| scope.as_str()).collect();
    let networks: Vec<String> = plan.networks.iter().map(ToString::to_string).collect();
    let inserted = diesel::insert_into(api_tokens::table)
        .values((
            api_tokens::id.eq(token.id.to_string()),
            api_tokens::name.eq(&plan.name),
            api_tokens::name_folded.eq(fold(&plan.name)),
            api_tokens::secret_hash.eq(secret.as_str()),
            api_tokens::owner_id.eq(token.owner.to_string()),
            api_tokens::scopes.eq(scopes.join(" ")),
            api_tokens::networks.eq(networks.join("\n")),
            api_tokens::created_at.eq(token.created_at.millis()),
            api_tokens::expires_at.eq(plan.expires_at.map(Timestamp::millis)),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        return Err(codes::API_TOKEN_NAME_TAKEN.into());
    }
    inserted.map(drop).map_err(failed)
}

/// The token of this secret with its owner, whatever they are worth now.
pub fn by_secret(
    connection: &mut AnyConnection,
    secret: &TokenHash,
) -> Result<Option<(ApiToken, User)>> {
    prepared!(connection, |c| api_tokens::table
        .inner_join(users::table)
        .filter(api_tokens::secret_hash.eq(secret.as_str()))
        .select((api_tokens::all_columns, user_table::COLUMNS))
        .get_result::<(TokenRow, UserRow)>(c))
    .optional()
    .map_err(failed)?
    .map(|(token, owner)| Ok((ApiToken::try_from(token)?, User::try_from(owner)?)))
    .transpose()
}

/// Whether a token is there still, and its time is not over.
pub fn is_good(connection: &mut AnyConnection, id: ApiTokenId, now: Timestamp) -> Result<bool> {
    let lasts = api_tokens::expires_at
        .is_null()
        .or(api_tokens::expires_at.gt(now.millis()));
    let good = prepared!(connection, |c| api_tokens::table
        .find(id.to_string())
        .filter(lasts.assume_not_null())
        .select(api_tokens::id)
        .get_result::<String>(c));
    good.optional().map(|found| found.is_some()).map_err(failed)
}

/// Remembers that a token was shown, where that was not remembered within a minute.
pub fn note_use(connection: &mut AnyConnection, id: ApiTokenId, now: Timestamp) -> Result<()> {
    let is_old = api_tokens::last_used_at
        .is_null()
        .or(api_tokens::last_used_at.lt((now - NOTE_EVERY).millis()));
    prepared!(connection, |c| prepared_statements::update(
        api_tokens::table
            .find(id.to_string())
            .filter(is_old.assume_not_null())
    )
    .set(api_tokens::last_used_at.eq(now.millis()))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// Whether the note of a token's last use would be written again.
pub fn is_note_old(token: &ApiToken, now: Timestamp) -> bool {
    let is_old = |noted: Timestamp| now.since(noted) > NOTE_EVERY;
    token.last_used_at.is_none_or(is_old)
}

/// A page of tokens in the order of their ids, after one.
pub fn page(
    connection: &mut AnyConnection,
    after: Option<ApiTokenId>,
    limit: i64,
) -> Result<Vec<ApiTokenSummary>> {
    let mut query = api_tokens::table
        .inner_join(users::table)
        .order(api_tokens::id)
        .limit(limit)
        .select((api_tokens::all_columns, users::name))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(api_tokens::id.gt(after.to_string()));
    }
    query
        .load::<(TokenRow, String)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(row, owner)| {
            let token = ApiToken::try_from(row)?;
            Ok(ApiTokenSummary { token, owner })
        })
        .filter_map(listed)
        .collect()
}

/// The token of this id, with the name of whose it is.
pub fn by_id(connection: &mut AnyConnection, id: ApiTokenId) -> Result<Option<ApiTokenSummary>> {
    one(connection, Some(id), None)
}

/// The token of this name, compared without regard to case.
pub fn by_name(connection: &mut AnyConnection, name: &str) -> Result<Option<ApiTokenSummary>> {
    one(connection, None, Some(&fold(name)))
}

fn one(
    connection: &mut AnyConnection,
    id: Option<ApiTokenId>,
    folded: Option<&str>,
) -> Result<Option<ApiTokenSummary>> {
    let mut query = api_tokens::table
        .inner_join(users::table)
        .select((api_tokens::all_columns, users::name))
        .into_boxed();
    if let Some(id) = id {
        query = query.filter(api_tokens::id.eq(id.to_string()));
    }
    if let Some(folded) = folded {
        query = query.filter(api_tokens::name_folded.eq(folded.to_owned()));
    }
    let found = query.first::<(TokenRow, String)>(connection).optional();
    found
        .map_err(failed)?
        .map(|(row, owner)| {
            let token = ApiToken::try_from(row)?;
            Ok(ApiTokenSummary { token, owner })
        })
        .transpose()
}

/// Removes a token; `false` where there is none.
pub fn remove(connection: &mut AnyConnection, id: ApiTokenId) -> Result<bool> {
    diesel::delete(api_tokens::table.find(id.to_string()))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}
