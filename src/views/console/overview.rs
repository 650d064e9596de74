//! The console's first page: a few numbers, and what was refused lately.

use serde::Serialize;

use super::EventRow;
use crate::views::Page;
use keyward_actions::overview::Overview;
use keyward_core::domain::count::Count;

/// `GET /console`.
#[derive(Clone, Serialize)]
pub struct ConsoleOverviewPage {
    /// How many users there are.
    pub users: Count,
    /// How many of them have no device.
    pub users_without_device: Count,
    /// How many devices there are.
    pub devices: Count,
    /// How many of them are suspect.
    pub suspect_devices: Count,
    /// How many cases of lost keys are open.
    pub open_key_cases: Count,
    /// How many reports of found keys are open.
    pub open_found_reports: Count,
    /// How many sessions are open.
    pub sessions: Count,
    /// How many tries were refused during the last 24 hours.
    pub refusals: Count,
    /// How many mails were given up during the last seven days.
    pub undelivered: Count,
    /// Whether no mail leaves this machine.
    pub mail_stays: bool,
    /// Whether requests come through a proxy that the settings do not know.
    pub has_unread_proxy: bool,
    /// The newest events.
    pub events: Vec<EventRow>,
}

impl Page for ConsoleOverviewPage {
    const TEMPLATE: &'static str = "console/overview.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let page = |[users, bare, devices, suspect, sessions, refusals]: [u64; 6], events| Self {
            users: Count::of(users),
            users_without_device: Count::of(bare),
            devices: Count::of(devices),
            suspect_devices: Count::of(suspect),
            open_key_cases: Count::of(suspect * 2),
            open_found_reports: Count::of(suspect),
            sessions: Count::of(sessions),
            refusals: Count::of(refusals),
            undelivered: Count::of(refusals / 40),
            mail_stays: bare == 0,
            has_unread_proxy: bare == 0,
            events,
        };
        vec![
            page([8_408, 371, 12_950, 1, 2_311, 84], EventRow::samples()),
            page([20_000; 6], EventRow::samples()),
            page([1, 0, 1, 0, 1, 0], Vec::new()),
        ]
    }
}

impl From<&Overview> for ConsoleOverviewPage {
    fn from(overview: &Overview) -> Self {
        Self {
            users: overview.users,
            users_without_device: overview.users_without_device,
            devices: overview.devices,
            suspect_devices: overview.suspect_devices,
            open_key_cases: overview.open_key_cases,
            open_found_reports: overview.open_found_reports,
            sessions: overview.sessions,
            refusals: overview.refusals,
            undelivered: overview.undelivered,
            mail_stays: overview.mail_stays,
            has_unread_proxy: overview.has_unread_proxy,
            events: overview.events.iter().map(EventRow::from).collect(),
        }
    }
}
