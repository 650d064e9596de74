//! Keys whose secrets are held here, and how far each has come.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::connection::{AnyConnection, failed, listed, prepared, unreadable};
use super::prepared_statements;
use super::schema::{otp_keys, validation_clients};
use keyward_core::clock::Timestamp;
use keyward_core::domain::otp_key::{OtpKeyId, Progress, Usage};
use keyward_core::domain::validation_client::ValidationClientId;
use keyward_core::factors::otp_key::{HeldKey, OtpKey};
use keyward_core::problem::Result;
use keyward_core::protocols::yubico::PublicId;

/// A key on its way into the table.
#[derive(Debug)]
pub struct NewOtpKey {
    /// The row.
    pub id: OtpKeyId,
    /// What its OTPs begin with.
    pub public_id: PublicId,
    /// The secret, sealed by [`seal`](keyward_core::factors::otp_key::seal).
    pub sealed: Vec<u8>,
    /// The serial number, where that is known.
    pub serial: Option<u64>,
    /// How far it had come before it came here.
    pub progress: Option<Progress>,
    /// The nonce of the request that brought its last OTP; empty where none is known.
    pub nonce: String,
    /// Whether its OTPs are judged.
    pub is_active: bool,
    /// What it is, for people.
    pub note: String,
    /// When.
    pub created_at: Timestamp,
}

type Columns = (
    otp_keys::id,
    otp_keys::public_id,
    otp_keys::serial,
    (
        otp_keys::counter,
        otp_keys::session_use,
        otp_keys::device_clock,
    ),
    otp_keys::nonce,
    otp_keys::is_active,
    otp_keys::note,
    otp_keys::created_at,
    otp_keys::modified_at,
    otp_keys::last_used_at,
);

#[derive(Queryable)]
struct KeyRow {
    id: String,
    public_id: String,
    serial: Option<i64>,
    progress: (i64, i64, i64),
    nonce: String,
    is_active: bool,
    note: String,
    created_at: i64,
    modified_at: i64,
    last_used_at: Option<i64>,
}

/// What judging an OTP needs, flat, so that a join may lack all of it.
pub(super) type HeldColumns = (
    otp_keys::secret,
    otp_keys::is_active,
    otp_keys::counter,
    otp_keys::session_use,
    otp_keys::device_clock,
    otp_keys::nonce,
);

#[derive(Queryable)]
pub(super) struct HeldRow {
    secret: Vec<u8>,
    is_active: bool,
    counter: i64,
    session_use: i64,
    device_clock: i64,
    nonce: String,
}

impl HeldRow {
    /// The key of this public id, whose row this is.
    pub(super) fn into_key(self, public_id: &PublicId) -> Result<HeldKey> {
        let progress = progress((self.counter, self.session_use, self.device_clock));
        Ok(HeldKey {
            sealed: self.secret,
            is_active: self.is_active,
            nonce: self.nonce,
            progress: progress.map_err(|what| unreadable("otp_keys", public_id.as_str(), what))?,
        })
    }
}

impl TryFrom<KeyRow> for OtpKey {
    type Error = keyward_core::problem::Problem;

    fn try_from(row: KeyRow) -> Result<Self> {
        let bad = |what| unreadable("otp_keys", &row.public_id, what);
        Ok(Self {
            id: OtpKeyId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
            serial: row
                .serial
                .map(u64::try_from)
                .transpose()
                .map_err(|_| bad("serial"))?,
            progress: progress(row.progress).map_err(bad)?,
            created_at: Timestamp::from_millis(row.created_at),
            modified_at: Timestamp::from_millis(row.modified_at),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
            public_id: PublicId::from_stored(&row.public_id).ok_or_else(|| bad("public_id"))?,
            nonce: row.nonce,
            is_active: row.is_active,
            note: row.note,
        })
    }
}

/// Reads the three counters; all of them are -1 before the first touch.
fn progress(columns: (i64, i64, i64)) -> Result<Option<Progress>, &'static str> {
    let (counter, session_use, device_clock) = columns;
    if counter < 0 {
        return Ok(None);
    }
    Ok(Some(Progress {
        usage: Usage {
            counter: counter.try_into().map_err(|_| "counter")?,
            session_use: session_use.try_into().map_err(|_| "session_use")?,
        },
        device_clock: device_clock.try_into().map_err(|_| "device_clock")?,
    }))
}

fn columns(progress: Option<Progress>) -> (i64, i64, i64) {
    progress.map_or((-1, -1, -1), |progress| {
        (
            progress.usage.counter.into(),
            progress.usage.session_use.into(),
            progress.device_clock.into(),
        )
    })
}

/// Adds a key; `false`, and nothing changed, where there is one of this public id.
pub fn insert(connection: &mut AnyConnection, key: &NewOtpKey) -> Result<bool> {
    let (counter, session_use, device_clock) = columns(key.progress);
    let statement = diesel::insert_into(otp_keys::table)
        .values((
            otp_keys::public_id.eq(key.public_id.as_str()),
            otp_keys::id.eq(key.id.to_string()),
            otp_keys::secret.eq(&key.sealed),
            otp_keys::serial.eq(key.serial.and_then(|serial| i64::try_from(serial).ok())),
            otp_keys::counter.eq(counter),
            otp_keys::session_use.eq(session_use),
            otp_keys::device_clock.eq(device_clock),
            otp_keys::nonce.eq(&key.nonce),
            otp_keys::is_active.eq(key.is_active),
            otp_keys::note.eq(&key.note),
            otp_keys::created_at.eq(key.created_at.millis()),
            otp_keys::modified_at.eq(key.created_at.millis()),
        ))
        // A unique violation would end a PostgreSQL transaction.
        .on_conflict(otp_keys::public_id)
        .do_nothing();
    prepared!(connection, |inner| statement.execute(inner))
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// What judging an OTP needs of the key of this public id.
pub fn held(connection: &mut AnyConnection, public_id: &PublicId) -> Result<Option<HeldKey>> {
    let key = otp_keys::table.find(public_id.as_str());
    let statement = key.select(HeldColumns::default());
    // Prepared once a connection, on the inner one; `first` would add a limit to plan for.
    let row = prepared!(connection, |inner| statement.get_result::<HeldRow>(inner))
        .optional()
        .map_err(failed)?;
    row.map(|row| row.into_key(public_id)).transpose()
}

/// Spends a touch: the key has come this far. `false` where this touch or a later one was spent
/// before, also in a race, where the key is out of use, or where the client that asks was revoked since
/// it was looked up. Without a client, it is our own sign-in that asks.
pub fn spend(
    connection: &mut AnyConnection,
    client: Option<ValidationClientId>,
    public_id: &PublicId,
    touch: Progress,
    nonce: &str,
    now: Timestamp,
) -> Result<bool> {
    let (counter, session_use, device_clock) = columns(Some(touch));
    let is_newer = otp_keys::counter.lt(counter).or(otp_keys::counter
        .eq(counter)
        .and(otp_keys::session_use.lt(session_use)));
    let asking = client.map_or(0, ValidationClientId::number);
    let may_ask = validation_clients::table
        .filter(validation_clients::id.eq(asking))
        .filter(validation_clients::is_active);
    let nobody_asks = client.is_none().into_sql::<Bool>();
    let statement = prepared_statements::update(
        otp_keys::table
            .find(public_id.as_str())
            .filter(otp_keys::is_active)
            .filter(is_newer)
            .filter(nobody_asks.or(exists(may_ask))),
    )
    .set((
        otp_keys::counter.eq(counter),
        otp_keys::session_use.eq(session_use),
        otp_keys::device_clock.eq(device_clock),
        otp_keys::nonce.eq(nonce),
        otp_keys::last_used_at.eq(now.millis()),
    ));
    prepared!(connection, |inner| statement.execute(inner))
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// The key of this public id.
pub fn by_public_id(
    connection: &mut AnyConnection,
    public_id: &PublicId,
) -> Result<Option<OtpKey>> {
    otp_keys::table
        .find(public_id.as_str())
        .select(Columns::default())
        .get_result::<KeyRow>(connection)
        .optional()
        .map_err(failed)?
        .map(OtpKey::try_from)
        .transpose()
}

/// Whether any held key is in use.
pub fn is_any_active(connection: &mut AnyConnection) -> Result<bool> {
    let any = otp_keys::table
        .filter(otp_keys::is_active)
        .select(otp_keys::public_id)
        .limit(1)
        .get_result::<String>(connection)
        .optional()
        .map_err(failed)?;
    Ok(any.is_some())
}

/// The sealed secret of this public id, for exports that ask for secrets.
pub fn sealed(connection: &mut AnyConnection, public_id: &PublicId) -> Result<Option<Vec<u8>>> {
    otp_keys::table
        .find(public_id.as_str())
        .select(otp_keys::secret)
        .get_result(connection)
        .optional()
        .map_err(failed)
}

/// Keys in the order of their public ids, from the one after `after`, at most so many. `prefix`
/// is what the public ids begin with.
pub fn list(
    connection: &mut AnyConnection,
    prefix: &str,
    after: Option<&PublicId>,
    limit: i64,
) -> Result<Vec<OtpKey>> {
    let mut query = otp_keys::table
        .filter(otp_keys::public_id.ge(prefix.to_owned()))
        .order(otp_keys::public_id)
        .select(Columns::default())
        .limit(limit)
        .into_boxed();
    if !prefix.is_empty() {
        // No letter of modhex comes after `v`.
        query = query.filter(otp_keys::public_id.lt(format!("{prefix}w")));
    }
    if let Some(after) = after {
        query = query.filter(otp_keys::public_id.gt(after.as_str().to_owned()));
    }
    query
        .load::<KeyRow>(connection)
        .map_err(failed)?
        .into_iter()
        .map(OtpKey::try_from)
        .filter_map(listed)
        .collect()
}

/// Rows as they are, in the order of their public ids after one.
pub(super) fn as_they_are(
    connection: &mut AnyConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Result<()>)>> {
    let rows = otp_keys::table
        .filter(otp_keys::public_id.gt(after))
        .order(otp_keys::public_id)
        .select(Columns::default())
        .limit(limit)
        .load::<KeyRow>(connection)
        .map_err(failed)?;
    let rows = rows.into_iter();
    let read = |row: KeyRow| (row.public_id.clone(), OtpKey::try_from(row).map(drop));
    Ok(rows.map(read).collect())
}

/// Takes a key into use or out of it; `false` where there is none.
pub fn set_active(
    connection: &mut AnyConnection,
    public_id: &PublicId,
    is_active: bool,
    now: Timestamp,
) -> Result<bool> {
    diesel::update(otp_keys::table.find(public_id.as_str()))
        .set((
            otp_keys::is_active.eq(is_active),
            otp_keys::modified_at.eq(now.millis()),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Takes a key out of use; `false` where there is none, or none in use.
pub fn put_out(
    connection: &mut AnyConnection,
    public_id: &PublicId,
    now: Timestamp,
) -> Result<bool> {
    let used = otp_keys::table
        .find(public_id.as_str())
        .filter(otp_keys::is_active);
    diesel::update(used)
        .set((
            otp_keys::is_active.eq(false),
            otp_keys::modified_at.eq(now.millis()),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Replaces a key's note; `false` where there is none.
pub fn set_note(
    connection: &mut AnyConnection,
    public_id: &PublicId,
    note: &str,
    now: Timestamp,
) -> Result<bool> {
    diesel::update(otp_keys::table.find(public_id.as_str()))
        .set((
            otp_keys::note.eq(note),
            otp_keys::modified_at.eq(now.millis()),
        ))
        .execute(connection)
        .map(|rows| rows == 1)
        .map_err(failed)
}
