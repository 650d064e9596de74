//! Lets the other servers of a database know that this one is there.

use std::time::Duration;

use keyward_actions::App;
use keyward_actions::node;
use keyward_actions::unread_proxy;

/// How often.
const EVERY: Duration = Duration::from_secs(30);

/// Says so now and then, for as long as the server runs.
pub async fn run(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(problem) = node::join(&app).await {
            tracing::warn!(error = ?problem, "the other servers were not told: {problem}");
        }
        if let Err(problem) = unread_proxy::note(&app).await {
            tracing::warn!(error = ?problem, "a proxy was not noted: {problem}");
        }
    }
}
