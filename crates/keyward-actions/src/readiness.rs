//! Whether this server can do its work now: its database answers, has the right schema, and takes
//! changes.

use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::App;
use keyward_core::domain::node::NodeId;
use keyward_core::problem::{Code, Problem, Result, codes};
use keyward_store::{Store, probes};

/// How long an answer is good for: any client may ask, and each look writes to the disk.
const LASTS: Duration = Duration::from_secs(1);

/// How long it may take in all: the caller has no more patience, and a database that is slower is
/// of no use.
const WITHIN: Duration = Duration::from_secs(5);

/// What was found last.
#[derive(Debug, Default)]
pub(super) struct Readiness(Mutex<Option<(Instant, Option<Code>)>>);

/// Writes a row and takes it away again, over a connection that nothing else uses. A caller that
/// asks at the same time, or right after, is told the same.
///
/// # Errors
/// `database.unreachable`, `database.busy`, `database.full`, `database.read_only`,
/// `database.replaced`, `database.migrations`
pub async fn is_ready(app: &App) -> Result<()> {
    let asked = Instant::now();
    let mut last = app.server.readiness.0.lock().await;
    // What was found while this one waited is its answer too; a failure from before is not.
    if let Some((at, found)) = *last
        && (at >= asked || (found.is_none() && at.elapsed() < LASTS))
    {
        return found.map_or(Ok(()), |code| Err(code.into()));
    }
    let found = timeout(WITHIN, look_whether_ready(app))
        .await
        .unwrap_or_else(|_| Err(Problem::new(codes::DATABASE_BUSY).detailed("it is too slow")));
    let code = found.as_ref().err().map(Problem::code);
    *last = Some((Instant::now(), code));
    found
}

async fn look_whether_ready(app: &App) -> Result<()> {
    let store = app.store.for_readiness();
    if !store.is_migrated().await? {
        return Err(codes::DATABASE_MIGRATIONS.into());
    }
    takes_changes(&store, app.server.id).await
}

/// Writes a row, and takes it away again.
///
/// # Errors
/// `database.full`, `database.read_only` and whatever else stands against it.
pub(super) async fn takes_changes(store: &Store, node: NodeId) -> Result<()> {
    store
        .write(move |connection| probes::put(connection, node))
        .await?;
    store
        .write(move |connection| probes::remove(connection, node))
        .await?;
    store.has_room().await
}
