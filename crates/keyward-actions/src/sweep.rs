//! Removes what has expired, so that the tables hold what is in use.

use std::time::Duration;

use super::App;
use crate::attempt::{by_address, spraying};
use crate::report::FIGURES_LAST;
use crate::{pieces, set_back};
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;
use keyward_store::{
    AnyConnection, address_tries, answered_requests, application_sessions, attempts,
    browser_sessions, delivered_codes, events, failed_names, invitations, journeys, keys,
    objections, openid_assertions, openid_client_secrets, openid_device_codes, openid_grants,
    openid_keys, openid_pushed_requests, openid_tokens, outbox, passes, recoveries, reports,
    sessions, spent_challenges, spent_otps, spent_upstream_answers, trusted_browsers,
    webhook_deliveries, webhooks,
};

/// How long counts of failed tries are remembered after the last one.
const COUNTS_LAST: Duration = Duration::from_hours(24 * 7);
/// How long journeys stay after their end: a user who comes back late is told what happened.
const LATE: Duration = Duration::from_hours(1);
/// How long the list of invitations tells of those that ended.
const INVITATIONS_LAST: Duration = Duration::from_hours(24 * 90);
/// How long a pass that expired is known as one.
const PASSES_LAST: Duration = Duration::from_hours(24);
/// How long a report of a found key is kept, open or not: it has a stranger's address in it.
const FOUND_REPORTS_LAST: Duration = Duration::from_hours(24 * 90);
/// How long the outbox tells of what was sent or given up; what it said is forgotten at once.
const MESSAGES_LAST: Duration = Duration::from_hours(24 * 30);
/// How long spent one-time passwords are remembered: by then a key that is used has moved far on,
/// and validation services remember the rest.
const SPENT_LAST: Duration = Duration::from_hours(24 * 365);

/// Removes at most so many rows that were over at a moment, and counts them.
pub(super) type Sweep = fn(&mut AnyConnection, Timestamp, i64) -> Result<usize>;

/// Removes what has expired, table by table and piece by piece, and counts the rows.
///
/// # Errors
/// The store's.
pub async fn remove_expired(app: &App) -> Result<usize> {
    set_back::notice(app).await?;
    let now = app.now();
    let sweeps: [(Sweep, Timestamp); 31] = [
        (answered_requests::sweep, now),
        (browser_sessions::sweep, now),
        (sessions::sweep, now),
        (sessions::sweep_idle, now - app.settings.session.idle),
        (address_tries::sweep, now - by_address::WINDOW),
        (failed_names::sweep, now - spraying::WINDOW),
        (trusted_browsers::sweep, now),
        (journeys::sweep, now - LATE),
        (attempts::sweep, now - COUNTS_LAST),
        (delivered_codes::sweep, now),
        (recoveries::sweep, now),
        (invitations::sweep, now - INVITATIONS_LAST),
        (objections::sweep, now),
        (passes::sweep, now - PASSES_LAST),
        (keys::void_codes, now),
        (keys::sweep_found_reports, now - FOUND_REPORTS_LAST),
        (reports::sweep, now - FIGURES_LAST),
        (outbox::sweep, now - MESSAGES_LAST),
        (application_sessions::sweep_hand_overs, now),
        (openid_client_secrets::sweep, now),
        (openid_keys::sweep, now),
        (webhook_deliveries::sweep, now - MESSAGES_LAST),
        (webhooks::sweep, now),
        // Longer than their age refuses them, for a clock that is set back.
        (spent_challenges::sweep, now - LATE),
        (spent_upstream_answers::sweep, now - LATE),
        (spent_otps::sweep, now - SPENT_LAST),
        (openid_tokens::sweep, now),
        (openid_grants::sweep, now),
        (openid_device_codes::sweep, now),
        (openid_pushed_requests::sweep, now),
        (openid_assertions::sweep, now - LATE),
    ];
    let kept = app.settings.audit.retention;
    let events = kept.map(|kept| (events::sweep as Sweep, now - kept));
    let mut rows = 0;
    for (sweep, moment) in sweeps.into_iter().chain(events) {
        let piece = move |connection: &mut AnyConnection, limit| sweep(connection, moment, limit);
        rows += pieces::write_in_pieces(app, piece).await?;
    }
    set_back::remember(app).await?;
    Ok(rows)
}
