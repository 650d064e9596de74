//! The console's first page in numbers.

use std::time::Duration;

use super::{App, unread_proxy};
use crate::invitation;
use crate::session;
use keyward_core::domain::count::Count;
use keyward_core::domain::event::RecordedEvent;
use keyward_core::domain::event_filter::EventFilter;
use keyward_core::flows::permit::MayAudit;
use keyward_core::problem::Result;
use keyward_store::events;
use keyward_store::{counts, outbox};

/// How many there are, and what happened last.
#[derive(Debug)]
pub struct Overview {
    /// Users.
    pub users: Count,
    /// Users without a device.
    pub users_without_device: Count,
    /// Devices.
    pub devices: Count,
    /// Devices that may be copied.
    pub suspect_devices: Count,
    /// Cases of lost keys that are open.
    pub open_key_cases: Count,
    /// Reports of found keys that are open.
    pub open_found_reports: Count,
    /// Open sessions.
    pub sessions: Count,
    /// Refusals of the last 24 hours.
    pub refusals: Count,
    /// Mails that were given up in the last seven days.
    pub undelivered: Count,
    /// Whether no mail leaves this machine.
    pub mail_stays: bool,
    /// Whether requests come through a proxy that the settings do not know.
    pub has_unread_proxy: bool,
    /// The newest events.
    pub events: Vec<RecordedEvent>,
}

/// The numbers, each counted up to a bound, and the newest `limit` events.
///
/// # Errors
/// The store's.
pub async fn collect(app: &App, _: &MayAudit, limit: i64) -> Result<Overview> {
    let open = session::what_is_open(app);
    let yesterday = open.now - Duration::from_hours(24);
    let last_week = open.now - Duration::from_hours(24 * 7);
    let mail_stays = invitation::mail_stays_here(app);
    let proxies = app.settings.server.trusted_proxies;
    let sees_proxy = crate::unread_proxy::is_seen(app);
    app.store
        .read(move |connection| {
            Ok(Overview {
                users: counts::users(connection)?,
                users_without_device: counts::users_without_device(connection)?,
                devices: counts::devices(connection)?,
                suspect_devices: counts::suspect_devices(connection)?,
                open_key_cases: counts::open_key_cases(connection)?,
                open_found_reports: counts::open_found_reports(connection)?,
                sessions: counts::sessions(connection, open)?,
                refusals: counts::refusals(connection, yesterday)?,
                undelivered: outbox::given_up(connection, last_week)?,
                mail_stays,
                has_unread_proxy: proxies == 0
                    && (sees_proxy || unread_proxy::was_seen(connection, open.now)?),
                events: events::page(connection, EventFilter::default(), limit)?,
            })
        })
        .await
}
