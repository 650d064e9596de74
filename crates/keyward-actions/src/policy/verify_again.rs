//! Verifying models again, after metadata has changed: by roots that were not there before, and
//! without those that are there no more.
//!
//! The dates of certificates are judged at the moment of enrolment, now as then: what was attested
//! while its chain was valid stays attested when that chain has ended (Android's last for weeks,
//! Apple's for days). What is to be trusted no more is told by the metadata, in its roots and its
//! reports.

use crate::App;
use keyward_core::domain::device::DeviceId;
use keyward_core::factors::webauthn::leads_to;
use keyward_core::problem::Result;
use keyward_store::{AnyConnection, judgements, metadata, policies};

use super::policy_set::BATCH;

/// Looks at all certificates that came with credentials, where the metadata in use is another
/// than the one that they were looked at with.
///
/// # Errors
/// The store's.
pub(super) async fn verify_models_again(app: &App) -> Result<()> {
    let Some(serial) = app.store.look(policies::edition_to_verify_by).await? else {
        return Ok(());
    };
    let mut after = None;
    loop {
        let (changed, last) = app
            .store
            .read(move |connection| changed(connection, after))
            .await?;
        if !changed.is_empty() {
            app.store
                .write_batch(move |connection| {
                    changed.into_iter().try_for_each(|(device, is_verified)| {
                        judgements::set_verified(connection, device, is_verified)
                    })
                })
                .await?;
        }
        match last {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    app.store
        .write(move |connection| policies::note_verified_by(connection, serial))
        .await
}

type Verdicts = Vec<(DeviceId, bool)>;

/// Those of a page whose verdict is another now, and the last of the page.
fn changed(
    connection: &mut AnyConnection,
    after: Option<DeviceId>,
) -> Result<(Verdicts, Option<DeviceId>)> {
    let page = judgements::attestations_page(connection, after, BATCH)?;
    let last = page.last().map(|kept| kept.device);
    let mut changed = Vec::new();
    for kept in page {
        let roots = metadata::attestation_roots(connection, kept.aaguid, &kept.format)?;
        // Format `fido-u2f` signs no AAGUID.
        let is_verified =
            kept.format != "fido-u2f" && leads_to(&kept.chain, &roots, kept.enrolled_at);
        if is_verified != kept.is_verified {
            changed.push((kept.device, is_verified));
        }
    }
    Ok((changed, last))
}
