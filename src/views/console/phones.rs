//! What is sent to phones, and the switch that stops it.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;

/// A count.
#[derive(Clone, Serialize)]
pub struct PhoneCountRow {
    /// For what: `to +31 NL`, `from 192.0.2.0/24`; `None` for all.
    pub what: Option<String>,
    /// How many.
    pub times: u64,
    /// Since when.
    pub since: Timestamp,
}

/// `GET /console/phones`.
#[derive(Clone, Serialize)]
pub struct PhonesPage {
    /// Whether nothing is sent.
    pub is_stopped: bool,
    /// What was sent within a day, the most first.
    pub rows: Vec<PhoneCountRow>,
}

impl Page for PhonesPage {
    const TEMPLATE: &'static str = "console/phones.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::ago;
        let row = |what: Option<&str>, times| PhoneCountRow {
            what: what.map(str::to_owned),
            times,
            since: ago(3_000),
        };
        let rows = vec![
            row(None, 1_204),
            row(Some("to +31 NL"), 1_200),
            row(Some("from 192.0.2.0/24"), 4),
        ];
        vec![
            Self {
                is_stopped: false,
                rows,
            },
            Self {
                is_stopped: true,
                rows: Vec::new(),
            },
        ]
    }
}
