//! Taking over lists of keys: a batch of rows is one transaction.

use std::sync::Arc;

use super::{judge_owners, record_all};
use crate::grounds;
use crate::otp_key::{self, RowVerdict};
use crate::{App, WriteContext};
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::event_detail::Imported;
use keyward_core::domain::key::{Key, KeyFacts, KeyId, KeyState};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::provisioning::{
    InventoryRecord, KeyRecord, ListedSecret, ListedSlot, RowFault,
};
use keyward_core::secret::MasterKey;
use keyward_store::{AnyConnection, keys, users};

/// A row next to what is known.
struct Met {
    /// The key, as it was, and as the row says that it is.
    key: (Option<Key>, Key),
    /// What becomes of its slots, in the order of the row.
    slots: Vec<MetSlot>,
}

/// A slot of a row next to what is known.
struct MetSlot {
    /// Whether it is to be linked.
    is_new: bool,
    /// What becomes of its secret.
    secret: RowVerdict,
}

impl Met {
    fn is_changed(&self) -> bool {
        let (before, now) = &self.key;
        before.as_ref() != Some(now)
    }

    fn links_slot(&self) -> bool {
        self.slots.iter().any(|slot| slot.is_new)
    }

    fn verdict(&self) -> RowVerdict {
        let is_other = |slot: &MetSlot| slot.is_new || slot.secret != RowVerdict::Unchanged;
        let is_news = self.is_changed() || self.slots.iter().any(is_other);
        match (&self.key.0, is_news) {
            (None, _) => RowVerdict::Added,
            (Some(_), true) => RowVerdict::Changed,
            (Some(_), false) => RowVerdict::Unchanged,
        }
    }
}

/// Says what [`import`] would do, and does nothing.
///
/// # Errors
/// The store's; `master_key.wrong`.
pub async fn judge_import(app: &App, batch: Vec<InventoryRecord>) -> Result<Vec<RowVerdict>> {
    let (context, key) = (app.context(), Arc::clone(&app.master_key));
    app.store
        .read(move |connection| {
            let verdict = |record: &InventoryRecord| {
                let met = meet(connection, &context, &key, record)?;
                Ok(met.map_or_else(RowVerdict::Refused, |met| met.verdict()))
            };
            batch.iter().map(verdict).collect()
        })
        .await
}

/// Takes over a list of keys. New ones are added in the state and with the owner that their rows say. Of known
/// ones what a row says takes the place of what was said; their state and owner are changed by moves alone, and
/// no secret is overwritten.
///
/// # Errors
/// The store's; `master_key.wrong`. Nothing of the batch is kept then.
pub async fn import(
    app: &App,
    administrator: &Administrator,
    batch: Vec<InventoryRecord>,
) -> Result<Vec<RowVerdict>> {
    let event = administrator.does(EventKind::KeysImported);
    let (context, key) = (app.context(), Arc::clone(&app.master_key));
    grounds::write_batch_for(app, administrator.grounds(), move |connection| {
        let mut verdicts = Vec::with_capacity(batch.len());
        let mut touched = Vec::new();
        for record in &batch {
            let verdict = match meet(connection, &context, &key, record)? {
                Err(fault) => RowVerdict::Refused(fault),
                Ok(met) => {
                    take(connection, &context, &key, record, &met)?;
                    // A certificate may have told its serial number before.
                    let is_told = met.is_changed() && keys::is_told(connection, &record.serial)?;
                    if met.links_slot() || is_told {
                        let links = keys::links_of(connection, met.key.1.id)?;
                        judge_owners(connection, &context, &links)?;
                    }
                    if met.verdict() != RowVerdict::Unchanged {
                        touched.push(met.key.1.id);
                    }
                    met.verdict()
                }
            };
            verdicts.push(verdict);
        }
        let count = |wanted| verdicts.iter().filter(|one| **one == wanted).count();
        let imported = EventDetail::KeysImported {
            what: Imported::Inventory,
            added: count(RowVerdict::Added),
            changed: count(RowVerdict::Changed),
        };
        if !touched.is_empty() {
            record_all(&context, connection, &touched, &event.detailed(imported))?;
        }
        Ok(verdicts)
    })
    .await
}

fn meet(
    connection: &mut AnyConnection,
    context: &WriteContext,
    master_key: &MasterKey,
    record: &InventoryRecord,
) -> Result<Result<Met, RowFault>> {
    let owner = match &record.owner {
        None => None,
        Some(name) => match users::by_name(connection, name)? {
            Some(user) => Some(user.id),
            None => return Ok(Err(RowFault::Owner)),
        },
    };
    let before = keys::by_serial(connection, &record.serial, Some(&record.maker))?.pop();
    let now = match as_told(context, before.as_ref(), record, owner)? {
        Ok(now) => now,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut slots = Vec::with_capacity(record.slots.len());
    for slot in &record.slots {
        let is_new = match keys::key_of_slot(connection, slot.public_id.as_str())? {
            None => true,
            Some(of) if before.as_ref().is_some_and(|key| key.id == of) => false,
            Some(_) => return Ok(Err(RowFault::Slot)),
        };
        let secret = match slot_record(record, slot) {
            None => RowVerdict::Unchanged,
            Some(slot) => match otp_key::judge_key(connection, master_key, &slot)? {
                RowVerdict::Refused(fault) => return Ok(Err(fault)),
                verdict => verdict,
            },
        };
        slots.push(MetSlot { is_new, secret });
    }
    Ok(Ok(Met {
        key: (before, now),
        slots,
    }))
}

/// The key as a row says that it is.
fn as_told(
    context: &WriteContext,
    before: Option<&Key>,
    record: &InventoryRecord,
    owner: Option<UserId>,
) -> Result<Result<Key, RowFault>> {
    let mut key = match before {
        Some(before) => {
            let is_moved = record.state.is_some_and(|state| state != before.state)
                || owner.is_some_and(|owner| Some(owner) != before.owner);
            if is_moved {
                return Ok(Err(RowFault::Moved));
            }
            before.clone()
        }
        None => {
            let state = record.state.unwrap_or(KeyState::Stock);
            let fits = match state {
                KeyState::Stock | KeyState::Lost => true,
                KeyState::Shipped | KeyState::Issued | KeyState::Active => owner.is_some(),
                KeyState::Retired => owner.is_none(),
            };
            if !fits {
                return Ok(Err(RowFault::Owner));
            }
            Key {
                id: KeyId::generate(context.now, &*context.entropy),
                facts: KeyFacts {
                    maker: record.maker.clone(),
                    serial: Some(record.serial.clone()),
                    ..KeyFacts::unknown()
                },
                state,
                owner,
                created_at: context.now,
                changed_at: context.now,
                state_since: context.now,
                version: 0,
            }
        }
    };
    record.said.clone().apply(&mut key.facts)?;
    Ok(Ok(key))
}

/// The OTP slot of a row that has its secret.
fn slot_record(record: &InventoryRecord, slot: &ListedSlot) -> Option<KeyRecord> {
    let ListedSecret {
        private_id,
        aes_key,
    } = slot.secret.clone()?;
    Some(KeyRecord {
        serial: record.serial.as_str().parse().ok(),
        public_id: slot.public_id.clone(),
        private_id,
        aes_key,
        lock_code: None,
        created: None,
        accessed: None,
    })
}

fn take(
    connection: &mut AnyConnection,
    context: &WriteContext,
    master_key: &MasterKey,
    record: &InventoryRecord,
    met: &Met,
) -> Result<()> {
    let overtaken = || Problem::new(codes::KEY_CHANGED);
    let (before, now) = &met.key;
    match before {
        None => keys::insert(connection, now)?,
        Some(before) if met.is_changed() => {
            let (version, facts) = (before.version, &now.facts);
            if !keys::change(connection, before.id, version, facts, context.now)? {
                return Err(overtaken());
            }
        }
        Some(_) => {}
    }
    for (slot, met) in record.slots.iter().zip(&met.slots) {
        if met.is_new && !keys::link_slot(connection, now.id, slot.public_id.as_str(), context.now)?
        {
            return Err(overtaken());
        }
        if let Some(held) =
            slot_record(record, slot).filter(|_| met.secret != RowVerdict::Unchanged)
        {
            otp_key::hold_key(connection, context, master_key, &held)?;
        }
    }
    Ok(())
}
