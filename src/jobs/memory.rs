//! Gives memory back that a rush has needed.

use std::time::Duration;

use keyward_actions::App;

/// How often. What nothing used for so long is given back: a minute is long for a rush, and short
/// for the operator, who looks at what an idle server holds.
const EVERY: Duration = Duration::from_mins(1);

/// Looks now and then, for as long as the server runs.
pub async fn run(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        app.release_idle_memory();
    }
}
