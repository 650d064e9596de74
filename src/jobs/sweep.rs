//! Removes what has expired, so that the tables hold what is in use.

use std::time::Duration;

use crate::actions::Keyward;
use crate::actions::attempt::spraying;
use crate::problem::Result;
use crate::store::{
    attempts, browser_sessions, delivered_codes, failed_names, invitations, journeys, objections,
    outbox, passes, recoveries, sign_ins, spent_challenges, spent_otps, trusted_browsers,
};

/// How often.
const EVERY: Duration = Duration::from_mins(10);
/// How long counts of failed tries are remembered after the last one.
const COUNTS_LAST: Duration = Duration::from_hours(24 * 7);
/// How long journeys stay after their end: whoever comes back late is told what happened.
const LATE: Duration = Duration::from_hours(1);
/// How long the list of invitations tells of those that ended.
const INVITATIONS_LAST: Duration = Duration::from_hours(24 * 90);
/// How long a pass that expired is known as one.
const PASSES_LAST: Duration = Duration::from_hours(24);
/// How long the outbox tells of what was sent or given up; what it said is forgotten at once.
const LETTERS_LAST: Duration = Duration::from_hours(24 * 30);
/// How long spent one-time passwords are remembered: by then a key that is used has moved far on,
/// and validation services remember the rest.
const SPENT_LAST: Duration = Duration::from_hours(24 * 365);

/// Sweeps now and then, for as long as the server runs.
pub async fn run(keyward: Keyward) {
    loop {
        tokio::time::sleep(EVERY).await;
        keyward.release_idle_memory();
        match sweep(&keyward).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "swept"),
            Err(problem) => tracing::error!(error = ?problem, "sweeping failed: {problem}"),
        }
    }
}

/// Sweeps once, and counts the rows.
///
/// # Errors
/// The store's.
pub async fn sweep(keyward: &Keyward) -> Result<usize> {
    let now = keyward.now();
    keyward
        .store
        .write_batch(move |connection| {
            Ok(browser_sessions::sweep(connection, now)?
                + sign_ins::sweep(connection, now)?
                + failed_names::sweep(connection, now - spraying::WINDOW)?
                + trusted_browsers::sweep(connection, now)?
                + journeys::sweep(connection, now - LATE)?
                + attempts::sweep(connection, now - COUNTS_LAST)?
                + delivered_codes::sweep(connection, now)?
                + recoveries::sweep(connection, now)?
                + invitations::sweep(connection, now - INVITATIONS_LAST)?
                + objections::sweep(connection, now)?
                + passes::sweep(connection, now - PASSES_LAST)?
                + outbox::sweep(connection, now - LETTERS_LAST)?
                + spent_challenges::sweep(connection, now)?
                + spent_otps::sweep(connection, now - SPENT_LAST)?)
        })
        .await
}
