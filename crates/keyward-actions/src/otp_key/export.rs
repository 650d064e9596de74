//! Giving keys and counters away, to another server or to a file that is locked up.

use std::collections::HashMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::App;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::event_detail::ExportContents;
use keyward_core::factors::otp_key::OtpKey;
use keyward_core::factors::{lock_code, otp_key};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;
use keyward_core::protocols::provisioning::{CounterRecord, Counters, KeyRecord};
use keyward_core::protocols::yubico::PublicId;
use keyward_store::{otp_key_imports, otp_keys};

/// How many keys are in hand at once.
const PAGE: i64 = 1000;

/// Records that keys are exported. It comes first: an export that breaks off has told some.
///
/// # Errors
/// The store's.
pub async fn begin_export(
    app: &App,
    administrator: &Administrator,
    contents: ExportContents,
) -> Result<()> {
    let event = administrator.does(EventKind::OtpKeysExported);
    app.record(event.detailed(EventDetail::KeysExported { contents }))
        .await
}

/// The next keys in the order of their public ids; none at the end.
///
/// # Errors
/// The store's.
pub async fn keys_after(
    app: &App,
    _: &Administrator,
    after: Option<PublicId>,
) -> Result<Vec<OtpKey>> {
    app.store
        .read(move |connection| otp_keys::list(connection, "", after.as_ref(), PAGE))
        .await
}

/// The same with their secrets, for an export that was begun as one.
///
/// # Errors
/// The store's; `master_key.wrong`.
pub async fn secrets_after(
    app: &App,
    _: &Administrator,
    after: Option<PublicId>,
) -> Result<Vec<KeyRecord>> {
    let key = Arc::clone(&app.master_key);
    app.store
        .read(move |connection| {
            let sealed = otp_key_imports::sealed_page(connection, after.as_ref(), PAGE)?;
            let facts = otp_keys::list(connection, "", after.as_ref(), PAGE)?;
            let mut facts: HashMap<PublicId, OtpKey> = facts
                .into_iter()
                .map(|facts| (facts.public_id.clone(), facts))
                .collect();
            let mut records = Vec::with_capacity(sealed.len());
            for sealed in sealed {
                // A key that came between the two reads is on no page of both.
                let Some(facts) = facts.remove(&sealed.public_id) else {
                    continue;
                };
                let secret = otp_key::unseal(&key, &sealed.public_id, &sealed.secret)?;
                let bytes = secret.to_bytes();
                let (private_id, aes_key) = bytes.split_at(6);
                let mut record = KeyRecord {
                    serial: facts.serial,
                    private_id: Zeroizing::new([0; 6]),
                    aes_key: Zeroizing::new([0; 16]),
                    lock_code: None,
                    created: Some(facts.created_at),
                    accessed: facts.last_used_at,
                    public_id: sealed.public_id,
                };
                record.private_id.copy_from_slice(private_id);
                record.aes_key.copy_from_slice(aes_key);
                if let Some(code) = &sealed.lock_code {
                    record.lock_code = lock_code::unseal(&key, &record.public_id, code)?;
                }
                records.push(record);
            }
            Ok(records)
        })
        .await
}

/// What a dump of the reference validation server says of a key.
pub fn counter_record(key: &OtpKey) -> CounterRecord {
    let modified = key.last_used_at.unwrap_or(key.modified_at);
    CounterRecord {
        is_active: key.is_active,
        created: Some(key.created_at),
        modified: Some(modified),
        public_id: key.public_id.clone(),
        counters: key.progress.map(|progress| {
            let [low, middle, high, _] = progress.device_clock.to_le_bytes();
            Counters {
                session: progress.usage.counter,
                usage: progress.usage.session_use,
                low: u16::from_le_bytes([low, middle]),
                high,
            }
        }),
        nonce: key.nonce.clone(),
        notes: key.note.clone(),
    }
}
