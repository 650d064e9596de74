//! Clients of the validation server, with their sealed keys.

use std::num::NonZeroU32;

use diesel::dsl::max;
use diesel::prelude::*;
use zeroize::Zeroizing;

use super::connection::{AnyConnection, failed, is_taken, listed, prepared, unreadable};
use super::otp_keys::{HeldColumns, HeldRow};
use super::prepared_statements;
use super::schema::{otp_keys, validation_clients};
use keyward_core::clock::{Entropy, Timestamp};
use keyward_core::domain::validation_client::{
    ValidationClient, ValidationClientId, ValidationClientSettings, addresses_from_stored,
};
use keyward_core::factors::otp_key::HeldKey;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::yubico::PublicId;
use keyward_core::secret::{MasterKey, Place};

/// A client that asks, with the key that it shares with us.
#[derive(Debug)]
pub struct AskingClient {
    /// The client.
    pub client: ValidationClient,
    sealed: Vec<u8>,
}

impl AskingClient {
    /// The key.
    ///
    /// # Errors
    /// `master_key.wrong` where it does not open for this client.
    pub fn open(&self, key: &MasterKey) -> Result<Zeroizing<Vec<u8>>> {
        key.open(place(&self.client.id.to_string()), &self.sealed)
    }
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "validation_clients",
        column: "api_key",
        row,
    }
}

type Columns = (
    validation_clients::id,
    validation_clients::is_active,
    validation_clients::note,
    validation_clients::owner,
    validation_clients::addresses,
    validation_clients::rate_limit,
    validation_clients::must_sign,
    validation_clients::may_see_user,
    validation_clients::created_at,
    validation_clients::last_used_at,
);

#[derive(Queryable)]
struct ClientRow {
    id: i64,
    is_active: bool,
    note: String,
    owner: String,
    addresses: String,
    rate_limit: Option<i64>,
    must_sign: bool,
    may_see_user: bool,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl TryFrom<ClientRow> for ValidationClient {
    type Error = Problem;

    fn try_from(row: ClientRow) -> Result<Self> {
        let bad = |what| unreadable("validation_clients", &row.id.to_string(), what);
        let rate = |limit: i64| u32::try_from(limit).ok().and_then(NonZeroU32::new);
        Ok(Self {
            id: ValidationClientId::new(row.id).ok_or_else(|| bad("id"))?,
            settings: ValidationClientSettings {
                addresses: addresses_from_stored(&row.addresses).map_err(|_| bad("addresses"))?,
                rate_limit: match row.rate_limit {
                    None => None,
                    Some(limit) => Some(rate(limit).ok_or_else(|| bad("rate_limit"))?),
                },
                note: row.note,
                owner: row.owner,
                must_sign: row.must_sign,
                may_see_user: row.may_see_user,
            },
            is_active: row.is_active,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
        })
    }
}

type Change<'a> = (
    diesel::dsl::Eq<validation_clients::note, &'a str>,
    diesel::dsl::Eq<validation_clients::owner, &'a str>,
    diesel::dsl::Eq<validation_clients::addresses, String>,
    diesel::dsl::Eq<validation_clients::rate_limit, Option<i64>>,
    diesel::dsl::Eq<validation_clients::must_sign, bool>,
    diesel::dsl::Eq<validation_clients::may_see_user, bool>,
);

fn columns(settings: &ValidationClientSettings) -> Change<'_> {
    let addresses: Vec<String> = settings.addresses.iter().map(ToString::to_string).collect();
    (
        validation_clients::note.eq(settings.note.as_str()),
        validation_clients::owner.eq(settings.owner.as_str()),
        validation_clients::addresses.eq(addresses.join("\n")),
        validation_clients::rate_limit.eq(settings.rate_limit.map(|rate| rate.get().into())),
        validation_clients::must_sign.eq(settings.must_sign),
        validation_clients::may_see_user.eq(settings.may_see_user),
    )
}

/// The least number above all that were ever given: ids are not given again.
///
/// # Errors
/// `validation_client.invalid` where there is no greater number.
pub fn next_id(connection: &mut AnyConnection) -> Result<ValidationClientId> {
    let greatest = ValidationClientId::GREATEST;
    let last: Option<i64> = validation_clients::table
        .filter(validation_clients::id.le(greatest.number()))
        .select(max(validation_clients::id))
        .get_result(connection)
        .map_err(failed)?;
    last.unwrap_or_default()
        .checked_add(1)
        .and_then(ValidationClientId::new)
        .filter(|id| *id <= greatest)
        .ok_or_else(|| Problem::new(codes::CLIENT_INVALID).detailed("there is no greater id"))
}

/// Adds an active client with this key.
///
/// # Errors
/// `validation_client.taken` where there is one of this id, revoked or not.
pub fn insert(
    connection: &mut AnyConnection,
    id: ValidationClientId,
    settings: &ValidationClientSettings,
    api_key: &[u8],
    now: Timestamp,
    (key, entropy): (&MasterKey, &dyn Entropy),
) -> Result<()> {
    let inserted = diesel::insert_into(validation_clients::table)
        .values((
            validation_clients::id.eq(id.number()),
            validation_clients::api_key.eq(key.seal(entropy, place(&id.to_string()), api_key)),
            validation_clients::is_active.eq(true),
            validation_clients::created_at.eq(now.millis()),
            columns(settings),
        ))
        .execute(connection);
    if is_taken(&inserted) {
        return Err(codes::CLIENT_TAKEN.into());
    }
    inserted.map(drop).map_err(failed)
}

/// Makes transactions about one client wait for each other.
pub fn hold(connection: &mut AnyConnection, id: ValidationClientId) -> Result<()> {
    diesel::update(validation_clients::table.find(id.number()))
        .set(validation_clients::created_at.eq(validation_clients::created_at))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// Replaces a client's settings; `false` where there is none.
pub fn update(
    connection: &mut AnyConnection,
    id: ValidationClientId,
    settings: &ValidationClientSettings,
) -> Result<bool> {
    diesel::update(validation_clients::table.find(id.number()))
        .set(columns(settings))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Gives a client another key; `false` where there is none.
pub fn replace_key(
    connection: &mut AnyConnection,
    id: ValidationClientId,
    api_key: &[u8],
    (key, entropy): (&MasterKey, &dyn Entropy),
) -> Result<bool> {
    let sealed = key.seal(entropy, place(&id.to_string()), api_key);
    diesel::update(validation_clients::table.find(id.number()))
        .set(validation_clients::api_key.eq(sealed))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// The key of a client; `None` where there is no client of this id.
///
/// # Errors
/// `master_key.wrong` where it does not open for this client.
pub fn key_of(
    connection: &mut AnyConnection,
    id: ValidationClientId,
    key: &MasterKey,
) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let sealed: Option<Vec<u8>> = validation_clients::table
        .find(id.number())
        .select(validation_clients::api_key)
        .first(connection)
        .optional()
        .map_err(failed)?;
    sealed
        .map(|sealed| key.open(place(&id.to_string()), &sealed))
        .transpose()
}

/// Lets a client ask, or not; `false` where there is none.
pub fn set_active(
    connection: &mut AnyConnection,
    id: ValidationClientId,
    is_active: bool,
) -> Result<bool> {
    diesel::update(validation_clients::table.find(id.number()))
        .set(validation_clients::is_active.eq(is_active))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Remembers that a client had an OTP confirmed.
pub fn note_use(
    connection: &mut AnyConnection,
    id: ValidationClientId,
    now: Timestamp,
) -> Result<()> {
    let statement = prepared_statements::update(validation_clients::table.find(id.number()))
        .set(validation_clients::last_used_at.eq(now.millis()));
    prepared!(connection, |inner| statement.execute(inner))
        .map(drop)
        .map_err(failed)
}

/// The client of this id, revoked or not, with the key that it shares with us, and what judging an
/// OTP of `public_id` needs: both in one statement, because every question asks for both.
pub fn asking_about(
    connection: &mut AnyConnection,
    id: ValidationClientId,
    public_id: &PublicId,
) -> Result<Option<(AskingClient, Option<HeldKey>)>> {
    let key = otp_keys::table.on(otp_keys::public_id.eq(public_id.as_str()));
    let statement = validation_clients::table
        .left_join(key)
        .filter(validation_clients::id.eq(id.number()))
        .select((
            validation_clients::api_key,
            Columns::default(),
            HeldColumns::default().nullable(),
        ));
    let row: Option<(Vec<u8>, ClientRow, Option<HeldRow>)> =
        prepared!(connection, |inner| statement.get_result(inner))
            .optional()
            .map_err(failed)?;
    row.map(|(sealed, client, held)| {
        let client = client.try_into()?;
        let held = held.map(|held| held.into_key(public_id)).transpose()?;
        Ok((AskingClient { client, sealed }, held))
    })
    .transpose()
}

/// The client of this id, revoked or not.
pub fn by_id(
    connection: &mut AnyConnection,
    id: ValidationClientId,
) -> Result<Option<ValidationClient>> {
    validation_clients::table
        .find(id.number())
        .select(Columns::default())
        .first::<ClientRow>(connection)
        .optional()
        .map_err(failed)?
        .map(ValidationClient::try_from)
        .transpose()
}

/// Rows as they are, in the order of their numbers after one, which is empty for the first.
pub(super) fn as_they_are(
    connection: &mut AnyConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Result<()>)>> {
    let after = after.parse::<i64>().unwrap_or(i64::MIN);
    let rows = validation_clients::table
        .filter(validation_clients::id.gt(after))
        .order(validation_clients::id)
        .select(Columns::default())
        .limit(limit)
        .load::<ClientRow>(connection)
        .map_err(failed)?;
    let rows = rows.into_iter();
    let read = |row: ClientRow| {
        (
            row.id.to_string(),
            ValidationClient::try_from(row).map(drop),
        )
    };
    Ok(rows.map(read).collect())
}

/// All clients, revoked ones too, in the order of their ids.
pub fn all(connection: &mut AnyConnection) -> Result<Vec<ValidationClient>> {
    validation_clients::table
        .order(validation_clients::id)
        .select(Columns::default())
        .load::<ClientRow>(connection)
        .map_err(failed)?
        .into_iter()
        .map(ValidationClient::try_from)
        .filter_map(listed)
        .collect()
}
