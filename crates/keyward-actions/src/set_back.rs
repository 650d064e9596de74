//! What was over stays over when the clock is set back.
//!
//! A time server that was wrong, or an attacker who speaks for it, can turn the clock to before the end
//! of a link, a code or a session. What is over at the latest moment that was ever seen is ended for
//! good before anything is done at an earlier one. The latest moment is remembered in the database
//! with each sweep and at an orderly end, for the clock may be set back while no server runs.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::App;
use super::pieces;
use super::sweep::Sweep;
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;
use keyward_store::{
    AnyConnection, application_sessions, browser_sessions, delivered_codes, instance, invitations,
    journeys, keys, objections, openid_client_secrets, openid_keys, passes, recoveries, sessions,
    setup_links, trusted_browsers,
};

/// A clock that is corrected by less was not set back.
const CORRECTION: Duration = Duration::from_secs(1);
/// What is over at a moment is what ended before the next one.
const NEXT: Duration = Duration::from_millis(1);

/// The latest moment that this server has seen.
#[derive(Default)]
pub(crate) struct LatestMoment {
    millis: AtomicI64,
    /// Held by the request that ends what was over, so that all others wait for it.
    turn: tokio::sync::Mutex<()>,
}

impl LatestMoment {
    /// Notes a moment, as the clock tells it.
    pub(crate) fn note(&self, now: Timestamp) {
        self.millis.fetch_max(now.millis(), Ordering::Relaxed);
    }

    fn get(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::Relaxed))
    }

    fn is_behind(&self, now: Timestamp) -> bool {
        now + CORRECTION < self.get()
    }
}

/// Looks whether the clock was set back since it was last looked at, and if so, ends for good what
/// was over before. Costs one look at the clock where it was not. Every request begins with it.
///
/// # Errors
/// The store's; nothing is to be done then, lest something comes back.
pub async fn notice(app: &App) -> Result<()> {
    if !app.server.latest.is_behind(app.now()) {
        return Ok(());
    }
    // In a box, so that no request carries its state about.
    Box::pin(end_again(app)).await
}

async fn end_again(app: &App) -> Result<()> {
    let latest = &app.server.latest;
    let _turn = latest.turn.lock().await;
    let now = app.now();
    if !latest.is_behind(now) {
        return Ok(());
    }
    let before = latest.get();
    tracing::warn!("the clock was set back from {before} to {now}; what was over then stays over");
    end_what_was_over(app, before).await?;
    put(app, now).await?;
    latest.millis.store(now.millis(), Ordering::Relaxed);
    Ok(())
}

/// Looks, before a server answers anybody, whether the clock was set back while none ran.
///
/// # Errors
/// The store's.
pub async fn recall(app: &App) -> Result<()> {
    let known = app
        .store
        .look(|connection| instance::get(connection, instance::LATEST_MOMENT))
        .await?;
    let millis = known.and_then(|bytes| bytes.try_into().ok());
    if let Some(millis) = millis.map(i64::from_be_bytes) {
        app.server.latest.note(Timestamp::from_millis(millis));
    }
    notice(app).await
}

/// Remembers the latest moment for the next start.
///
/// # Errors
/// The store's.
pub async fn remember(app: &App) -> Result<()> {
    put(app, app.now()).await
}

async fn put(app: &App, moment: Timestamp) -> Result<()> {
    let bytes = moment.millis().to_be_bytes();
    app.store
        .write(move |connection| instance::put(connection, instance::LATEST_MOMENT, &bytes))
        .await
}

/// Ends what was over at a moment that is not now.
async fn end_what_was_over(app: &App, moment: Timestamp) -> Result<()> {
    let ends: [Sweep; 14] = [
        browser_sessions::sweep,
        sessions::sweep,
        trusted_browsers::sweep,
        journeys::sweep,
        delivered_codes::end_over,
        recoveries::sweep,
        setup_links::end_over,
        invitations::end_over,
        objections::sweep,
        passes::end_over,
        keys::void_codes,
        application_sessions::sweep_hand_overs,
        openid_client_secrets::sweep,
        openid_keys::sweep,
    ];
    let ends = ends.into_iter().map(|end| (end, moment + NEXT));
    let idle: (Sweep, Timestamp) = (sessions::sweep_idle, moment - app.settings.session.idle);
    for (end, moment) in ends.chain([idle]) {
        let piece = move |connection: &mut AnyConnection, limit| end(connection, moment, limit);
        pieces::write_in_pieces(app, piece).await?;
    }
    Ok(())
}
