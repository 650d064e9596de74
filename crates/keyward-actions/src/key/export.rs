//! The inventory as a file that can be imported elsewhere.

use std::collections::HashMap;
use std::sync::Arc;

use crate::{App, list_export, otp_key};
use keyward_core::domain::event_detail::ExportContents;
use keyward_core::domain::key::{KeyFilter, KeyPlace, KeySummary};
use keyward_core::factors::otp_key::unseal;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Result;
use keyward_core::protocols::yubico::{PublicId, SlotSecret};
use keyward_store::{keys, otp_key_imports};

/// How many keys are in hand at once.
const PAGE: i64 = 500;

/// A key as an export has it.
pub struct ExportedKey {
    /// It.
    pub summary: KeySummary,
    /// The secrets of its OTP slots, in the order of its public ids: of those that are held here, and of none where
    /// they were not asked for.
    pub secrets: Vec<Option<SlotSecret>>,
}

/// Records that the inventory is exported into a file of this name, with the secrets of OTP slots or without. It comes
/// first: an export that breaks off has told some.
///
/// # Errors
/// The store's; `session.required`
pub async fn begin_export(
    app: &App,
    administrator: &Administrator,
    name: &str,
    with_secrets: bool,
) -> Result<()> {
    list_export::begin(app, administrator, name).await?;
    match with_secrets {
        true => otp_key::begin_export(app, administrator, ExportContents::Secrets).await,
        false => Ok(()),
    }
}

/// The next keys in the order of their serial numbers, for an export that was begun as such a one; none at the end.
///
/// # Errors
/// The store's; `master_key.wrong`.
pub async fn exported_after(
    app: &App,
    _: &Administrator,
    after: Option<KeyPlace>,
    with_secrets: bool,
) -> Result<Vec<ExportedKey>> {
    let master_key = Arc::clone(&app.master_key);
    app.store
        .read(move |connection| {
            let found = keys::list(connection, &KeyFilter::default(), after.as_ref(), PAGE)?;
            let mut secrets: HashMap<PublicId, SlotSecret> = HashMap::new();
            if with_secrets {
                let slots = found.iter().flat_map(|summary| &summary.public_ids);
                let slots: Vec<&str> = slots.map(String::as_str).collect();
                for held in otp_key_imports::known(connection, &slots)? {
                    let Some(public_id) = held.public_id() else {
                        continue;
                    };
                    let secret = unseal(&master_key, &public_id, &held.sealed)?;
                    secrets.insert(public_id, secret);
                }
            }
            let exported = found.into_iter().map(|summary| ExportedKey {
                secrets: summary
                    .public_ids
                    .iter()
                    .map(|slot| secrets.remove(&PublicId::from_stored(slot)?))
                    .collect(),
                summary,
            });
            Ok(exported.collect())
        })
        .await
}
