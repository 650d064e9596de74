//! Makes the keys that will sign tokens next, and lets those sign whose time has come.

use std::time::Duration;

use keyward_actions::App;
use keyward_actions::openid_key::tend;

/// How often.
const EVERY: Duration = Duration::from_mins(1);

/// Looks after the keys now and then, for as long as the server runs.
pub async fn run(app: App) {
    loop {
        match tend(&app).await {
            Ok(0) => {}
            Ok(keys) => tracing::info!(keys, "keys that sign tokens were rotated"),
            Err(problem) => tracing::error!(error = ?problem, "rotating keys failed: {problem}"),
        }
        tokio::time::sleep(EVERY).await;
    }
}
