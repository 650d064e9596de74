//! What users agreed to let OpenID clients know.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::grant_schema::openid_consents;
use keyward_core::clock::Timestamp;
use keyward_core::domain::openid_client::OpenidClientId;
use keyward_core::domain::openid_grant::Scopes;
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

/// What a user agreed to.
#[derive(Clone, Debug)]
pub struct Consent {
    /// The client that asked.
    pub client: OpenidClientId,
    /// What it may know.
    pub scopes: Scopes,
    /// When it asked last.
    pub agreed_at: Timestamp,
}

/// What a user agreed to let a client know; `None` where they did not, or took it back.
pub fn scopes_of(
    connection: &mut AnyConnection,
    user: UserId,
    client: OpenidClientId,
) -> Result<Option<Scopes>> {
    let scopes = prepared!(connection, |c| openid_consents::table
        .find((user.to_string(), client.to_string()))
        .select(openid_consents::scopes)
        .get_result::<String>(c))
    .optional()
    .map_err(failed)?;
    Ok(scopes.map(|scopes| Scopes::from_stored(&scopes)))
}

/// Remembers what a user agrees to, in place of what there was.
pub fn put(
    connection: &mut AnyConnection,
    user: UserId,
    client: OpenidClientId,
    scopes: &Scopes,
    now: Timestamp,
) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO openid_consents (user_id, client_id, scopes, agreed_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_id, client_id) DO UPDATE SET scopes = excluded.scopes, \
         agreed_at = excluded.agreed_at",
    )
    .bind::<Text, _>(user.to_string())
    .bind::<Text, _>(client.to_string())
    .bind::<Text, _>(scopes.joined())
    .bind::<BigInt, _>(now.millis())
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// What a user agreed to, by the ids of clients.
pub fn of_user(connection: &mut AnyConnection, user: UserId) -> Result<Vec<Consent>> {
    let rows = openid_consents::table
        .filter(openid_consents::user_id.eq(user.to_string()))
        .order(openid_consents::client_id)
        .select((
            openid_consents::client_id,
            openid_consents::scopes,
            openid_consents::agreed_at,
        ))
        .load::<(String, String, i64)>(connection)
        .map_err(failed)?;
    rows.into_iter()
        .map(|(client, scopes, agreed_at)| {
            Ok(Consent {
                client: OpenidClientId::from_stored(&client)
                    .ok_or_else(|| unreadable("openid_consents", &client, "client_id"))?,
                scopes: Scopes::from_stored(&scopes),
                agreed_at: Timestamp::from_millis(agreed_at),
            })
        })
        .collect()
}

/// Takes back what a user agreed to; `false` where there is nothing of it.
pub fn remove(
    connection: &mut AnyConnection,
    user: UserId,
    client: OpenidClientId,
) -> Result<bool> {
    diesel::delete(openid_consents::table.find((user.to_string(), client.to_string())))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}
