//! Keeping many keys for many people, as a list says: a batch of rows is one transaction.

use super::record;
use crate::App;
use crate::grounds;
use crate::otp_key::RowVerdict;
use keyward_core::domain::event::Event;
use keyward_core::domain::key::{Key, KeyMove, KeyState};
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::key::{KeyStage, MovedKey};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Result, codes};
use keyward_core::protocols::provisioning::{InventoryRecord, RowFault};
use keyward_store::{AnyConnection, keys, users};

/// A row next to what is known.
enum Met {
    /// The key is the user's, or kept for them, already.
    TheirsAlready,
    /// It can be kept for them.
    Free(Box<MovedKey>, UserId),
}

/// Says what [`assign_listed`] would do, and does nothing.
///
/// # Errors
/// The store's.
pub async fn judge_assignments(app: &App, batch: Vec<InventoryRecord>) -> Result<Vec<RowVerdict>> {
    app.store
        .read(move |connection| {
            let verdict = |record: &InventoryRecord| {
                Ok(match meet(connection, record)? {
                    Err(fault) => RowVerdict::Refused(fault),
                    Ok(Met::TheirsAlready) => RowVerdict::Unchanged,
                    Ok(Met::Free(..)) => RowVerdict::Changed,
                })
            };
            batch.iter().map(verdict).collect()
        })
        .await
}

/// Keeps each key that is in stock, and for nobody, for whom its row says.
///
/// # Errors
/// `key.changed` where somebody changes a key meanwhile, and the store's. Nothing of the batch is kept then.
pub async fn assign_listed(
    app: &App,
    administrator: &Administrator,
    batch: Vec<InventoryRecord>,
) -> Result<Vec<RowVerdict>> {
    let event: Event = administrator.does(KeyMove::Assign.event());
    let context = app.context();
    grounds::write_batch_for(app, administrator.grounds(), move |connection| {
        let mut verdicts = Vec::with_capacity(batch.len());
        for row in &batch {
            verdicts.push(match meet(connection, row)? {
                Err(fault) => RowVerdict::Refused(fault),
                Ok(Met::TheirsAlready) => RowVerdict::Unchanged,
                Ok(Met::Free(moved, owner)) => {
                    if !users::hold_enabled(connection, owner)?
                        || !keys::make_move(connection, &moved, context.now)?
                    {
                        return Err(codes::KEY_CHANGED.into());
                    }
                    let event = event.clone().about(owner);
                    let note = row.said.note.as_deref().unwrap_or_default();
                    record(&context, connection, moved.before(), event, note)?;
                    RowVerdict::Changed
                }
            });
        }
        Ok(verdicts)
    })
    .await
}

fn meet(connection: &mut AnyConnection, row: &InventoryRecord) -> Result<Result<Met, RowFault>> {
    let owner = match &row.owner {
        None => None,
        Some(name) => users::by_name(connection, name)?,
    };
    let Some(User { id: owner, .. }) = owner.filter(|user| user.is_enabled) else {
        return Ok(Err(RowFault::Owner));
    };
    let known = keys::by_serial(connection, &row.serial, Some(&row.maker))?.pop();
    let Some(key) = known else {
        return Ok(Err(RowFault::UnknownKey));
    };
    Ok(judge(key, owner))
}

fn judge(key: Key, owner: UserId) -> Result<Met, RowFault> {
    if key.owner == Some(owner) && key.state != KeyState::Lost {
        return Ok(Met::TheirsAlready);
    }
    let moved = KeyStage::of(key).take(KeyMove::Assign, Some(owner));
    let moved = moved.map_err(|_| RowFault::Moved)?;
    Ok(Met::Free(Box::new(moved), owner))
}
