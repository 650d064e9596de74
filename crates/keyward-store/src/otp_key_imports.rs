//! What imports and exports do to held keys: many at once, and never backwards.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared, unreadable};
use super::schema::otp_keys;
use keyward_core::clock::Timestamp;
use keyward_core::domain::otp_key::{Progress, Usage};
use keyward_core::problem::Result;
use keyward_core::protocols::yubico::PublicId;

/// What an import compares its rows with.
#[derive(Queryable)]
pub struct KnownKey {
    public_id: String,
    /// The secret, sealed for the public id.
    pub sealed: Vec<u8>,
    serial: Option<i64>,
    /// The lock code, sealed for the public id.
    pub sealed_lock_code: Option<Vec<u8>>,
    counter: i64,
    session_use: i64,
    /// Whether its OTPs are judged.
    pub is_active: bool,
    note: String,
}

impl KnownKey {
    /// Which key.
    pub fn public_id(&self) -> Option<PublicId> {
        PublicId::from_stored(&self.public_id)
    }

    /// Whether its serial number is known.
    pub fn has_serial(&self) -> bool {
        self.serial.is_some()
    }

    /// Whether an operator noted something.
    pub fn has_note(&self) -> bool {
        !self.note.is_empty()
    }

    /// Whether the key has not come this far yet.
    pub fn is_behind(&self, usage: Usage) -> bool {
        let there = (i64::from(usage.counter), i64::from(usage.session_use));
        (self.counter, self.session_use) < there
    }

    /// Whether the key has come farther; `None` stands for a key that was never used.
    pub fn is_beyond(&self, usage: Option<Usage>) -> bool {
        (self.counter, self.session_use) > how_far(usage)
    }
}

/// A key that was never used stands at -1.
fn how_far(usage: Option<Usage>) -> (i64, i64) {
    usage.map_or((-1, -1), |usage| {
        (usage.counter.into(), usage.session_use.into())
    })
}

/// Those of these keys that are held here.
pub fn known(connection: &mut AnyConnection, public_ids: &[&str]) -> Result<Vec<KnownKey>> {
    let statement = otp_keys::table
        .filter(otp_keys::public_id.eq_any(public_ids))
        .select((
            otp_keys::public_id,
            otp_keys::secret,
            otp_keys::serial,
            otp_keys::lock_code,
            otp_keys::counter,
            otp_keys::session_use,
            otp_keys::is_active,
            otp_keys::note,
        ));
    prepared!(connection, |inner| statement.load::<KnownKey>(inner)).map_err(failed)
}

/// Notes a serial number where none is known; `false` where one is.
pub fn fill_serial(
    connection: &mut AnyConnection,
    public_id: &PublicId,
    serial: u64,
    now: Timestamp,
) -> Result<bool> {
    diesel::update(
        otp_keys::table
            .find(public_id.as_str())
            .filter(otp_keys::serial.is_null()),
    )
    .set((
        otp_keys::serial.eq(i64::try_from(serial).ok()),
        otp_keys::modified_at.eq(now.millis()),
    ))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Keeps a sealed lock code where none is kept; `false` where one is.
pub fn fill_lock_code(
    connection: &mut AnyConnection,
    public_id: &PublicId,
    sealed: &[u8],
    now: Timestamp,
) -> Result<bool> {
    diesel::update(
        otp_keys::table
            .find(public_id.as_str())
            .filter(otp_keys::lock_code.is_null()),
    )
    .set((
        otp_keys::lock_code.eq(sealed),
        otp_keys::modified_at.eq(now.millis()),
    ))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Keeps a note where there is none; `false` where there is one.
pub fn fill_note(
    connection: &mut AnyConnection,
    public_id: &PublicId,
    note: &str,
    now: Timestamp,
) -> Result<bool> {
    diesel::update(
        otp_keys::table
            .find(public_id.as_str())
            .filter(otp_keys::note.eq("")),
    )
    .set((
        otp_keys::note.eq(note),
        otp_keys::modified_at.eq(now.millis()),
    ))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Moves a key's counters forward to where another server saw them, in use or not; `false` where
/// they are there or beyond, also in a race with a touch.
pub fn advance(
    connection: &mut AnyConnection,
    public_id: &PublicId,
    progress: Progress,
    nonce: &str,
    used_at: Option<Timestamp>,
) -> Result<bool> {
    let (counter, session_use) = how_far(Some(progress.usage));
    let is_behind = otp_keys::counter.lt(counter).or(otp_keys::counter
        .eq(counter)
        .and(otp_keys::session_use.lt(session_use)));
    let statement =
        diesel::update(otp_keys::table.find(public_id.as_str()).filter(is_behind)).set((
            otp_keys::counter.eq(counter),
            otp_keys::session_use.eq(session_use),
            otp_keys::device_clock.eq(i64::from(progress.device_clock)),
            otp_keys::nonce.eq(nonce),
            used_at.map(|moment| otp_keys::last_used_at.eq(moment.millis())),
        ));
    prepared!(connection, |inner| statement.execute(inner))
        .map(|rows| rows == 1)
        .map_err(failed)
}

/// Takes a key out of use that another server had out of use when it was this far; `false` where
/// it is, or was used here since.
pub fn withdraw(
    connection: &mut AnyConnection,
    public_id: &PublicId,
    usage: Option<Usage>,
    now: Timestamp,
) -> Result<bool> {
    let (counter, session_use) = how_far(usage);
    let is_not_beyond = otp_keys::counter.lt(counter).or(otp_keys::counter
        .eq(counter)
        .and(otp_keys::session_use.le(session_use)));
    diesel::update(
        otp_keys::table
            .find(public_id.as_str())
            .filter(otp_keys::is_active)
            .filter(is_not_beyond),
    )
    .set((
        otp_keys::is_active.eq(false),
        otp_keys::modified_at.eq(now.millis()),
    ))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// The sealed secret and the sealed lock code of a page of keys, in the order of their public ids
/// from the one after `after`.
pub fn sealed_page(
    connection: &mut AnyConnection,
    after: Option<&PublicId>,
    limit: i64,
) -> Result<Vec<SealedKey>> {
    otp_keys::table
        .filter(otp_keys::public_id.gt(after.map_or("", PublicId::as_str).to_owned()))
        .order(otp_keys::public_id)
        .select((otp_keys::public_id, otp_keys::secret, otp_keys::lock_code))
        .limit(limit)
        .load::<(String, Vec<u8>, Option<Vec<u8>>)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(public_id, secret, lock_code)| {
            Ok(SealedKey {
                public_id: PublicId::from_stored(&public_id)
                    .ok_or_else(|| unreadable("otp_keys", &public_id, "public_id"))?,
                secret,
                lock_code,
            })
        })
        .collect()
}

/// The sealed parts of one key.
#[derive(Debug)]
pub struct SealedKey {
    /// Which key.
    pub public_id: PublicId,
    /// Its sealed private id and AES key.
    pub secret: Vec<u8>,
    /// Its sealed lock code.
    pub lock_code: Option<Vec<u8>>,
}
