//! The console's first page: a few numbers, and what was refused lately.

use serde::Serialize;

use super::EventRow;
use crate::views::Page;

/// `GET /console`.
#[derive(Clone, Serialize)]
pub struct ConsoleOverviewPage {
    /// How many users there are.
    pub users: u64,
    /// How many of them have no device.
    pub users_without_device: u64,
    /// How many devices there are.
    pub devices: u64,
    /// How many of them are suspect.
    pub suspect_devices: u64,
    /// How many sessions are open.
    pub sessions: u64,
    /// How many tries were refused during the last 24 hours.
    pub refusals: u64,
    /// The newest events.
    pub events: Vec<EventRow>,
}

impl Page for ConsoleOverviewPage {
    const TEMPLATE: &'static str = "console/overview.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![
            Self {
                users: 12_408,
                users_without_device: 371,
                devices: 23_950,
                suspect_devices: 1,
                sessions: 2_311,
                refusals: 84,
                events: EventRow::samples(),
            },
            Self {
                users: 1,
                users_without_device: 0,
                devices: 1,
                suspect_devices: 0,
                sessions: 1,
                refusals: 0,
                events: Vec::new(),
            },
        ]
    }
}
