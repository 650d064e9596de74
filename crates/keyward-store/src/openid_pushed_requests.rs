//! Authorization requests that clients pushed (RFC 9126), by the hashes of their references.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::grant_schema::openid_pushed_requests;
use super::pieces::{self, Over};
use keyward_core::clock::Timestamp;
use keyward_core::domain::openid_client::OpenidClientId;
use keyward_core::problem::Result;
use keyward_core::secret::TokenHash;

/// A request that waits for its user.
#[derive(Clone, Debug)]
pub struct PushedRequest {
    /// The hash of what it is called by.
    pub reference: TokenHash,
    /// Who pushed it.
    pub client: OpenidClientId,
    /// Its parameters, as a query.
    pub parameters: String,
    /// When it is too old.
    pub expires_at: Timestamp,
}

/// Adds a request.
pub fn insert(connection: &mut AnyConnection, request: &PushedRequest) -> Result<()> {
    prepared!(connection, |c| diesel::insert_into(
        openid_pushed_requests::table
    )
    .values((
        openid_pushed_requests::reference_hash.eq(request.reference.as_str()),
        openid_pushed_requests::client_id.eq(request.client.to_string()),
        openid_pushed_requests::parameters.eq(&request.parameters),
        openid_pushed_requests::expires_at.eq(request.expires_at.millis()),
    ))
    .execute(c))
    .map(drop)
    .map_err(failed)
}

/// The request of this reference, too old or not.
pub fn by_reference(
    connection: &mut AnyConnection,
    reference: &TokenHash,
) -> Result<Option<PushedRequest>> {
    let row = prepared!(connection, |c| openid_pushed_requests::table
        .find(reference.as_str())
        .get_result::<(String, String, String, i64)>(c))
    .optional()
    .map_err(failed)?;
    let Some((_, client, parameters, expires_at)) = row else {
        return Ok(None);
    };
    let client = OpenidClientId::from_stored(&client)
        .ok_or_else(|| unreadable("openid_pushed_requests", reference.as_str(), "client_id"))?;
    Ok(Some(PushedRequest {
        reference: reference.clone(),
        client,
        parameters,
        expires_at: Timestamp::from_millis(expires_at),
    }))
}

/// Spends a request, for a code, once; `false` where it was spent or is too old.
pub fn spend(
    connection: &mut AnyConnection,
    reference: &TokenHash,
    now: Timestamp,
) -> Result<bool> {
    diesel::delete(
        openid_pushed_requests::table
            .find(reference.as_str())
            .filter(openid_pushed_requests::expires_at.gt(now.millis())),
    )
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Removes requests that are too old: at most `limit`, counted.
pub fn sweep(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "openid_pushed_requests",
        key: "reference_hash",
        condition: "expires_at <= $1",
    };
    pieces::delete(connection, &over, now, limit)
}
