//! Lets the other servers of a database know that this one is there.

use std::time::Duration;

use keyward_actions::Keyward;

/// How often.
const EVERY: Duration = Duration::from_secs(30);

/// Says so now and then, for as long as the server runs.
pub async fn run(keyward: Keyward) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(problem) = keyward.join().await {
            tracing::warn!(error = ?problem, "the other servers were not told: {problem}");
        }
        if let Err(problem) = keyward.note_unread_proxy().await {
            tracing::warn!(error = ?problem, "a proxy was not noted: {problem}");
        }
    }
}
