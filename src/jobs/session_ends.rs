//! Tells OpenID clients of sessions that ended.
//!
//! Every node runs this; which of them tells a client is decided by the claim, one statement in the
//! database.

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use keyward_actions::App;
use keyward_actions::openid;
use keyward_core::problem::Result;

/// How often it is looked whether a session ended: a client is told within two seconds.
const EVERY: Duration = Duration::from_millis(500);

/// Tells clients until `stop` is there; what is being told then is brought to its end.
pub async fn run(app: App, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    let mut telling = FuturesUnordered::new();
    loop {
        match claimed(&app).await {
            Ok(ends) => telling.extend(ends.into_iter().map(|end| tell(&app, end))),
            Err(problem) => tracing::error!(error = ?problem, "ends failed: {problem}"),
        }
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(()) = telling.next() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
    while telling.next().await.is_some() {}
}

async fn claimed(app: &App) -> Result<Vec<openid::SessionEnd>> {
    while openid::end_left_behind(app).await? {}
    openid::claim_session_ends(app).await
}

async fn tell(app: &App, end: openid::SessionEnd) {
    if let Err(problem) = openid::tell_session_end(app, end).await {
        tracing::error!(error = ?problem, "an end failed: {problem}");
    }
}
