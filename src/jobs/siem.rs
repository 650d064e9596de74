//! Sends events to other systems as they are committed.

use std::future::Future;
use std::time::Duration;

use keyward_actions::App;
use keyward_actions::siem::{self, Exported, Sink};

/// How often it is looked whether something waits.
const EVERY: Duration = Duration::from_millis(500);
/// How long to wait after something failed, twice as long each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Sends what waits for a sink until `stop` is there; what is being sent then is brought to its end.
pub async fn run(app: App, mut sink: Sink, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    let mut wait = FIRST_WAIT;
    loop {
        let pause = match siem::export(&app, &mut sink).await {
            Ok(exported) => {
                wait = FIRST_WAIT;
                match exported {
                    Exported::Events(_) => Duration::ZERO,
                    Exported::Nothing | Exported::Elsewhere => EVERY,
                }
            }
            Err(problem) => {
                tracing::warn!(sink = sink.name(), error = ?problem, "events wait: {problem}");
                let pause = wait;
                wait = (wait * 2).min(LONGEST_WAIT);
                pause
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    if let Err(problem) = siem::give_back(&app, &sink).await {
        tracing::warn!(error = ?problem, "a lease was not given back: {problem}");
    }
}
