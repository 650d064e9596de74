//! Lets people be found who cannot be yet: those from before there was a search.

use std::time::Duration;

use keyward_actions::App;
use keyward_actions::user;

/// How often it looks; a look is one point read.
const EVERY: Duration = Duration::from_secs(10);

/// Looks now and then, for as long as the server runs.
pub async fn run(app: App) {
    loop {
        match user::catch_up_with_search(&app).await {
            Ok(0) => {}
            Ok(people) => tracing::info!(people, "people can be found by parts of their names"),
            Err(problem) => tracing::error!(error = ?problem, "search lacks people: {problem}"),
        }
        tokio::time::sleep(EVERY).await;
    }
}
