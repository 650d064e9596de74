//! What clients of the OpenID provider prove themselves by, as hashes.

use std::collections::HashMap;

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, is_taken};
use super::openid_clients;
use super::openid_schema::openid_client_secrets;
use super::pieces::{self, Over};
use keyward_core::clock::Timestamp;
use keyward_core::domain::openid_client::{OpenidClientId, RegisteredClient, StoredClientSecret};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::TokenHash;

#[derive(Queryable)]
struct SecretRow {
    hash: String,
    client_id: String,
    created_at: i64,
    expires_at: Option<i64>,
}

impl From<SecretRow> for StoredClientSecret {
    fn from(row: SecretRow) -> Self {
        Self {
            hash: TokenHash::from_stored(&row.hash),
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: row.expires_at.map(Timestamp::from_millis),
        }
    }
}

/// All clients with their secrets, as they are met at the endpoints.
pub fn registered(connection: &mut AnyConnection) -> Result<Vec<RegisteredClient>> {
    let rows = openid_client_secrets::table
        .order((
            openid_client_secrets::client_id,
            openid_client_secrets::created_at.desc(),
        ))
        .load::<SecretRow>(connection)
        .map_err(failed)?;
    let mut secrets: HashMap<String, Vec<StoredClientSecret>> = HashMap::new();
    for row in rows {
        let of_client = secrets.entry(row.client_id.clone()).or_default();
        of_client.push(row.into());
    }
    let clients = openid_clients::all(connection)?.into_iter();
    let registered = clients.map(|client| RegisteredClient {
        secrets: secrets.remove(&client.id.to_string()).unwrap_or_default(),
        client,
    });
    Ok(registered.collect())
}

/// The secrets of a client, the newest first.
pub fn of_client(
    connection: &mut AnyConnection,
    client: OpenidClientId,
) -> Result<Vec<StoredClientSecret>> {
    let rows = openid_client_secrets::table
        .filter(openid_client_secrets::client_id.eq(client.to_string()))
        .order(openid_client_secrets::created_at.desc())
        .load::<SecretRow>(connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(StoredClientSecret::from).collect())
}

/// Gives a client a secret. Those that it has work until a moment, and no longer than they would have.
///
/// The client's row is held by whoever calls: of two at once the second retires what the first gave.
///
/// # Errors
/// `openid_client.invalid` where another client has it.
pub fn replace(
    connection: &mut AnyConnection,
    client: OpenidClientId,
    secret: &TokenHash,
    now: Timestamp,
    former_until: Timestamp,
) -> Result<()> {
    let client = client.to_string();
    // One of its former secrets, which it has again.
    let the_same = openid_client_secrets::hash
        .eq(secret.as_str())
        .and(openid_client_secrets::client_id.eq(&client));
    diesel::delete(openid_client_secrets::table.filter(the_same))
        .execute(connection)
        .map_err(failed)?;
    let former = openid_client_secrets::table.filter(openid_client_secrets::client_id.eq(&client));
    let lasts = openid_client_secrets::expires_at
        .is_null()
        .or(openid_client_secrets::expires_at.gt(former_until.millis()));
    diesel::update(former.filter(lasts.assume_not_null()))
        .set(openid_client_secrets::expires_at.eq(former_until.millis()))
        .execute(connection)
        .map_err(failed)?;
    let inserted = diesel::insert_into(openid_client_secrets::table)
        .values((
            openid_client_secrets::hash.eq(secret.as_str()),
            openid_client_secrets::client_id.eq(&client),
            openid_client_secrets::created_at.eq(now.millis()),
            openid_client_secrets::expires_at.eq(None::<i64>),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        let why = "another client has this secret, and each has one of its own";
        return Err(Problem::new(codes::OPENID_CLIENT_INVALID).detailed(why));
    }
    inserted.map(drop).map_err(failed)
}

/// Takes a client all its secrets.
pub fn remove_all(connection: &mut AnyConnection, client: OpenidClientId) -> Result<()> {
    let of_it = openid_client_secrets::client_id.eq(client.to_string());
    diesel::delete(openid_client_secrets::table.filter(of_it))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Removes secrets that work no more: at most `limit`, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "openid_client_secrets",
        key: "hash",
        condition: "expires_at <= $1",
    };
    pieces::delete(connection, &over, now, limit)
}
