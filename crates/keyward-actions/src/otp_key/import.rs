//! Taking over keys and counters from elsewhere: a batch of rows is one transaction.

use std::collections::HashMap;
use std::sync::Arc;

use crate::grounds;
use crate::{App, WriteContext};
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::Imported;
use keyward_core::domain::otp_key::{LONGEST_NOTE, OtpKeyId, Progress, Usage};
use keyward_core::domain::spelling::seen_alone;
use keyward_core::factors::{lock_code, otp_key};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;
use keyward_core::protocols::provisioning::{
    CounterRecord, Counters, KeyRecord, LockCode, RowFault,
};
use keyward_core::protocols::yubico::{PublicId, SlotSecret};
use keyward_core::secret::{MasterKey, same};
use keyward_store::otp_key_imports::KnownKey;
use keyward_store::otp_keys::NewOtpKey;
use keyward_store::{AnyConnection, otp_key_imports, otp_keys};

/// What became of one row, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowVerdict {
    /// It is new here.
    Added,
    /// It told more than was known here.
    Changed,
    /// Everything in it was known here.
    Unchanged,
    /// It cannot be taken over.
    Refused(RowFault),
}

impl RowVerdict {
    /// Whether it is new here.
    pub fn is_added(self) -> bool {
        self == Self::Added
    }
}

type Known = HashMap<PublicId, KnownKey>;

/// Says what [`import_keys`] would do, and does nothing.
///
/// # Errors
/// The store's; `master_key.wrong`.
pub async fn judge_keys(app: &App, batch: Vec<KeyRecord>) -> Result<Vec<RowVerdict>> {
    let key = Arc::clone(&app.master_key);
    app.store
        .read(move |connection| {
            let known = known(connection, batch.iter().map(|record| &record.public_id))?;
            batch
                .iter()
                .map(|record| match known.get(&record.public_id) {
                    None => Ok(RowVerdict::Added),
                    Some(known) => compare(&key, known, record),
                })
                .collect()
        })
        .await
}

/// Takes over keys with their secrets. What is known already stays as it is, but for a missing
/// serial number or lock code. A known key with another secret is refused.
///
/// # Errors
/// The store's; `master_key.wrong`. Nothing of the batch is kept then.
pub async fn import_keys(
    app: &App,
    administrator: &Administrator,
    batch: Vec<KeyRecord>,
) -> Result<Vec<RowVerdict>> {
    let event = administrator.does(EventKind::OtpKeysImported);
    let (context, key) = (app.context(), Arc::clone(&app.master_key));
    grounds::write_batch_for(app, administrator.grounds(), move |connection| {
        let known = known(connection, batch.iter().map(|record| &record.public_id))?;
        let verdicts: Result<Vec<RowVerdict>> = batch
            .iter()
            .map(|record| take_key(connection, &context, &key, &known, record))
            .collect();
        let verdicts = verdicts?;
        record_batch(connection, &context, event, Imported::Keys, &verdicts)?;
        Ok(verdicts)
    })
    .await
}

/// Says what [`import_counters`] would do, and does nothing.
///
/// # Errors
/// The store's.
pub async fn judge_counters(app: &App, batch: Vec<CounterRecord>) -> Result<Vec<RowVerdict>> {
    app.store
        .read(move |connection| {
            let known = known(connection, batch.iter().map(|record| &record.public_id))?;
            let judge = |record: &CounterRecord| {
                let Some(known) = known.get(&record.public_id) else {
                    return RowVerdict::Refused(RowFault::NoSecret);
                };
                let usage = record.counters.map(usage);
                let is_news = usage.is_some_and(|usage| known.is_behind(usage))
                    || (!record.is_active && known.is_active && !known.is_beyond(usage))
                    || (!record.notes.is_empty() && !known.has_note());
                if is_news {
                    RowVerdict::Changed
                } else {
                    RowVerdict::Unchanged
                }
            };
            Ok(batch.iter().map(judge).collect())
        })
        .await
}

/// Moves the counters of held keys forward to where another server saw them, and takes out of
/// use what that server had out of use. Nothing goes back: a key that came farther here keeps
/// its counters and its state.
///
/// # Errors
/// The store's. Nothing of the batch is kept then.
pub async fn import_counters(
    app: &App,
    administrator: &Administrator,
    batch: Vec<CounterRecord>,
) -> Result<Vec<RowVerdict>> {
    let event = administrator.does(EventKind::OtpCountersImported);
    let context = app.context();
    grounds::write_batch_for(app, administrator.grounds(), move |connection| {
        let known = known(connection, batch.iter().map(|record| &record.public_id))?;
        let verdicts: Result<Vec<RowVerdict>> = batch
            .iter()
            .map(|record| match known.contains_key(&record.public_id) {
                true => take_counters(connection, &context, record),
                false => Ok(RowVerdict::Refused(RowFault::NoSecret)),
            })
            .collect();
        let verdicts = verdicts?;
        record_batch(connection, &context, event, Imported::Counters, &verdicts)?;
        Ok(verdicts)
    })
    .await
}

fn known<'a>(
    connection: &mut AnyConnection,
    public_ids: impl Iterator<Item = &'a PublicId>,
) -> Result<Known> {
    let public_ids: Vec<&str> = public_ids.map(PublicId::as_str).collect();
    let known = otp_key_imports::known(connection, &public_ids)?;
    Ok(known
        .into_iter()
        .filter_map(|known| Some((known.public_id()?, known)))
        .collect())
}

/// Compares a row with what is known of its key.
fn compare(key: &MasterKey, known: &KnownKey, record: &KeyRecord) -> Result<RowVerdict> {
    let ours = otp_key::unseal(key, &record.public_id, &known.sealed)?;
    if !same(&*ours.to_bytes(), &*secret(record).to_bytes()) {
        return Ok(RowVerdict::Refused(RowFault::OtherSecret));
    }
    let tells_serial = record.serial.is_some() && !known.has_serial();
    let tells_lock = record.lock_code.is_some() && known.sealed_lock_code.is_none();
    Ok(if tells_serial || tells_lock {
        RowVerdict::Changed
    } else {
        RowVerdict::Unchanged
    })
}

/// Says what [`hold_key`] would do.
pub(crate) fn judge_key(
    connection: &mut AnyConnection,
    key: &MasterKey,
    record: &KeyRecord,
) -> Result<RowVerdict> {
    match known(connection, std::iter::once(&record.public_id))?.get(&record.public_id) {
        None => Ok(RowVerdict::Added),
        Some(known) => compare(key, known, record),
    }
}

/// Takes over one key with its secret, as [`import_keys`] does many.
pub(crate) fn hold_key(
    connection: &mut AnyConnection,
    context: &WriteContext,
    key: &MasterKey,
    record: &KeyRecord,
) -> Result<()> {
    let known = known(connection, std::iter::once(&record.public_id))?;
    take_key(connection, context, key, &known, record).map(drop)
}

fn secret(record: &KeyRecord) -> SlotSecret {
    SlotSecret::new(*record.private_id, *record.aes_key)
}

fn take_key(
    connection: &mut AnyConnection,
    context: &WriteContext,
    key: &MasterKey,
    known: &Known,
    record: &KeyRecord,
) -> Result<RowVerdict> {
    let public_id = &record.public_id;
    if !known.contains_key(public_id) && add_key(connection, context, key, record)? {
        return Ok(RowVerdict::Added);
    }
    // Known before, or added by another administrator since.
    let verdict = match known.get(public_id) {
        Some(known) => compare(key, known, record)?,
        None => match self::known(connection, std::iter::once(public_id))?.get(public_id) {
            Some(known) => compare(key, known, record)?,
            None => RowVerdict::Unchanged,
        },
    };
    if verdict != RowVerdict::Changed {
        return Ok(verdict);
    }
    let mut changed = false;
    if let Some(serial) = record.serial {
        changed |= otp_key_imports::fill_serial(connection, public_id, serial, context.now)?;
    }
    if let Some(code) = &record.lock_code {
        changed |= keep_lock_code(connection, context, key, public_id, code)?;
    }
    Ok(if changed {
        RowVerdict::Changed
    } else {
        RowVerdict::Unchanged
    })
}

fn add_key(
    connection: &mut AnyConnection,
    context: &WriteContext,
    key: &MasterKey,
    record: &KeyRecord,
) -> Result<bool> {
    let entropy = &*context.entropy;
    let new = NewOtpKey {
        id: OtpKeyId::generate(context.now, entropy),
        sealed: otp_key::seal(key, entropy, &record.public_id, &secret(record)),
        public_id: record.public_id.clone(),
        serial: record.serial,
        progress: None,
        nonce: String::new(),
        is_active: true,
        note: String::new(),
        created_at: record.created.unwrap_or(context.now),
    };
    if !otp_keys::insert(connection, &new)? {
        return Ok(false);
    }
    if let Some(code) = &record.lock_code {
        keep_lock_code(connection, context, key, &record.public_id, code)?;
    }
    Ok(true)
}

fn keep_lock_code(
    connection: &mut AnyConnection,
    context: &WriteContext,
    key: &MasterKey,
    public_id: &PublicId,
    code: &LockCode,
) -> Result<bool> {
    let sealed = lock_code::seal(key, &*context.entropy, public_id, code);
    otp_key_imports::fill_lock_code(connection, public_id, &sealed, context.now)
}

fn take_counters(
    connection: &mut AnyConnection,
    context: &WriteContext,
    record: &CounterRecord,
) -> Result<RowVerdict> {
    let public_id = &record.public_id;
    let mut changed = false;
    // The state first: once the counters are here, the key has come as far as the dump says.
    if !record.is_active {
        let usage = record.counters.map(usage);
        changed |= otp_key_imports::withdraw(connection, public_id, usage, context.now)?;
    }
    if let Some(counters) = record.counters {
        let (progress, used_at) = (progress(counters), record.modified);
        let nonce = &record.nonce;
        changed |= otp_key_imports::advance(connection, public_id, progress, nonce, used_at)?;
    }
    if !record.notes.is_empty() {
        let note: String = seen_alone(&record.notes)
            .chars()
            .take(LONGEST_NOTE)
            .collect();
        changed |= otp_key_imports::fill_note(connection, public_id, &note, context.now)?;
    }
    Ok(if changed {
        RowVerdict::Changed
    } else {
        RowVerdict::Unchanged
    })
}

fn usage(counters: Counters) -> Usage {
    Usage {
        counter: counters.session,
        session_use: counters.usage,
    }
}

fn progress(counters: Counters) -> Progress {
    Progress {
        usage: usage(counters),
        device_clock: u32::from(counters.high) << 16 | u32::from(counters.low),
    }
}

/// One event a batch that changed anything, in its transaction: a crash leaves no batch untold.
fn record_batch(
    connection: &mut AnyConnection,
    context: &WriteContext,
    event: Event,
    what: Imported,
    verdicts: &[RowVerdict],
) -> Result<()> {
    let count = |wanted| {
        verdicts
            .iter()
            .filter(|verdict| **verdict == wanted)
            .count()
    };
    let (added, changed) = (count(RowVerdict::Added), count(RowVerdict::Changed));
    if added + changed == 0 {
        return Ok(());
    }
    let imported = EventDetail::KeysImported {
        what,
        added,
        changed,
    };
    context.record(connection, &event.detailed(imported))
}
