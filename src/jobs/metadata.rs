//! Fetches new editions of FIDO metadata, where an address is set.

use std::time::Duration;

use keyward_actions::App;
use keyward_actions::metadata::{self, Import};

/// How long after the start the first look comes: not while everything else begins.
const FIRST: Duration = Duration::from_secs(20);

/// Looks now and then, for as long as the server runs. All nodes look; the serial number lets one
/// of them write.
pub async fn run(app: App) {
    if app.settings().metadata.url.is_none() {
        return;
    }
    let mut wait = FIRST;
    loop {
        tokio::time::sleep(wait).await;
        wait = app.settings().metadata.refresh;
        match metadata::refresh(&app).await {
            Ok(Import::Unchanged(edition)) => {
                tracing::debug!(serial = edition.serial, "no newer metadata");
            }
            Ok(Import::Imported(edition, skipped)) => {
                for one in skipped {
                    tracing::warn!("metadata: skipped {one}");
                }
                tracing::info!(
                    serial = edition.serial,
                    models = edition.models,
                    "new metadata"
                );
            }
            Err(problem) => tracing::warn!(error = ?problem, "no metadata: {problem}"),
        }
    }
}
