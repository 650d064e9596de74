//! Notices that requests come through a proxy that the settings do not know: then everybody has one
//! address, and everybody's failures count on it.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use super::App;
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;
use keyward_store::{AnyConnection, instance};

/// How often it is written down, at most: an attacker who sends the header orders no writes.
const EVERY: Duration = Duration::from_hours(1);
/// How long it is told after it was last seen.
const TOLD: Duration = Duration::from_hours(24);

/// What one server saw.
#[derive(Debug, Default)]
pub struct UnreadProxy {
    is_seen: AtomicBool,
    noted_at: AtomicI64,
}

/// A request carries what proxies write, and no setting says that there is one.
pub fn see(app: &App) {
    app.server
        .unread_proxy
        .is_seen
        .store(true, Ordering::Relaxed);
}

/// Writes down for the console and `check` that there was such a request.
///
/// # Errors
/// The store's.
pub async fn note(app: &App) -> Result<()> {
    let (now, seen) = (app.now(), &app.server.unread_proxy);
    let noted = Timestamp::from_millis(seen.noted_at.load(Ordering::Relaxed));
    if now.since(noted) < EVERY || !seen.is_seen.swap(false, Ordering::Relaxed) {
        return Ok(());
    }
    app.store
        .write(move |connection| {
            instance::put(
                connection,
                instance::UNREAD_PROXY,
                now.millis().to_string().as_bytes(),
            )
        })
        .await?;
    seen.noted_at.store(now.millis(), Ordering::Relaxed);
    Ok(())
}

/// Whether this server has seen one, or has written it down of late.
pub(super) fn is_seen(app: &App) -> bool {
    app.settings.server.trusted_proxies == 0
        && app.server.unread_proxy.is_seen.load(Ordering::Relaxed)
}

/// Whether any server has seen such a request within a day.
///
/// # Errors
/// The store's.
pub(super) fn was_seen(connection: &mut AnyConnection, now: Timestamp) -> Result<bool> {
    let noted = instance::get(connection, instance::UNREAD_PROXY)?;
    let at = noted.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    Ok(at.is_some_and(|at| now.since(Timestamp::from_millis(at)) < TOLD))
}
