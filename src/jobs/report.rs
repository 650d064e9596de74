//! Counts people by their devices, once a day.

use std::time::Duration;

use keyward_actions::App;
use keyward_actions::report;

/// How often it looks; a look is one point read.
const EVERY: Duration = Duration::from_mins(10);

/// Looks now and then, for as long as the server runs.
pub async fn run(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        match report::count_where_due(&app).await {
            Ok(None) => {}
            Ok(Some(counted)) => tracing::info!(counted.users, "people counted for reports"),
            Err(problem) => tracing::error!(error = ?problem, "counting failed: {problem}"),
        }
    }
}
