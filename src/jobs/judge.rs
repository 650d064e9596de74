//! Judges all devices again where a change of policy, metadata or groups did not finish, and
//! reminds people of what policy asks of them.

use std::time::Duration;

use keyward_actions::App;
use keyward_actions::policy;

/// How often it looks; a look is one point read.
const EVERY: Duration = Duration::from_secs(10);

/// Looks now and then, for as long as the server runs.
pub async fn run(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        match policy::judge_again(&app).await {
            Ok(judged) if judged.stopping + judged.pardoned > 0 => {
                tracing::info!(judged.stopping, judged.pardoned, "devices judged by policy");
            }
            Ok(_) => {}
            Err(problem) => tracing::error!(error = ?problem, "judging failed: {problem}"),
        }
        match policy::remind(&app).await {
            Ok(0) => {}
            Ok(reminders) => tracing::info!(reminders, "people reminded of policy"),
            Err(problem) => tracing::error!(error = ?problem, "reminding failed: {problem}"),
        }
    }
}
