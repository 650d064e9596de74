//! Removes what has expired, now and then.

use std::time::Duration;

use keyward_actions::App;
use keyward_actions::sweep::remove_expired;

/// How often.
const EVERY: Duration = Duration::from_mins(10);

/// Sweeps now and then, for as long as the server runs.
pub async fn run(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        match remove_expired(&app).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "swept"),
            Err(problem) => tracing::error!(error = ?problem, "sweeping failed: {problem}"),
        }
    }
}
