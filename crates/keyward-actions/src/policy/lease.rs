//! Of all servers and commands that use a database, one makes a dry run at a time.

use std::time::Duration;

use crate::App;
use keyward_core::problem::Result;
use keyward_store::leases;

/// The lease of the process that makes a dry run.
const NAME: &str = "dry_run";
/// How long it lasts after it was last heard of its holder: a command may be interrupted.
const LASTS: Duration = Duration::from_secs(20);

/// Takes the lease, or keeps it; `false` where another process has it.
///
/// # Errors
/// The store's.
pub(super) async fn keep_lease(app: &App, holder: &str) -> Result<bool> {
    let (holder, now) = (holder.to_owned(), app.now());
    app.store
        .write(move |connection| leases::take(connection, NAME, &holder, now, now + LASTS))
        .await
}

/// Gives the lease back. Where that fails it ends by itself.
pub(super) async fn give_lease_back(app: &App, holder: String) {
    let given_back = app
        .store
        .write(move |connection| leases::give_back(connection, NAME, &holder))
        .await;
    if let Err(problem) = given_back {
        tracing::warn!(error = ?problem, "a lease was not given back: {problem}");
    }
}
