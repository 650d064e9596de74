//! Reports: numbers of people by their devices, and of keys by firmware.

use serde::Serialize;

use crate::views::Page;
use crate::views::chart::LineChart;
use keyward_core::domain::coverage::{CountedCoverage, Coverage};
use keyward_core::domain::key::{ADVISORIES_AS_OF, FirmwareCount};

/// What was counted of some people on a day.
#[derive(Clone, Serialize)]
pub struct CoverageFigures {
    /// The day.
    pub day: String,
    /// The group; `None` for everybody.
    pub group: Option<String>,
    /// All of them.
    pub users: u64,
    /// Who has no device.
    pub without_device: u64,
    /// Who has one.
    pub with_device: u64,
    /// Who has two.
    pub two_devices: u64,
    /// Who has one that resists phishing.
    pub phishing_resistant: u64,
    /// Who has hardware alone.
    pub hardware_only: u64,
}

impl From<&CountedCoverage> for CoverageFigures {
    fn from(counted: &CountedCoverage) -> Self {
        let figures = counted.coverage;
        let group = counted.group.as_ref();
        Self {
            day: counted.day.full_date(),
            group: group.map(|group| group.as_str().to_owned()),
            users: figures.users,
            without_device: figures.users.saturating_sub(figures.with_device),
            with_device: figures.with_device,
            two_devices: figures.two_devices,
            phishing_resistant: figures.phishing_resistant,
            hardware_only: figures.hardware_only,
        }
    }
}

/// How many keys are of one make and in one state.
#[derive(Clone, Serialize)]
pub struct FirmwareFigures {
    /// Who made them.
    pub maker: String,
    /// Their model.
    pub model: String,
    /// Their firmware.
    pub firmware: String,
    /// Their state.
    pub state: &'static str,
    /// How many.
    pub keys: u64,
    /// The ids of advisories about them.
    pub advisories: Vec<&'static str>,
}

impl From<&FirmwareCount> for FirmwareFigures {
    fn from(count: &FirmwareCount) -> Self {
        let advisories = count.advisories();
        Self {
            maker: count.maker.clone(),
            model: count.model.clone(),
            firmware: count.firmware.clone(),
            state: count.state.as_str(),
            keys: count.keys,
            advisories: advisories.iter().map(|advisory| advisory.id).collect(),
        }
    }
}

/// `GET /console/reports?group=&days=`.
#[derive(Clone, Serialize)]
pub struct ReportsPage {
    /// When people were counted last; `None` where they never were.
    pub counted_at: Option<i64>,
    /// What was counted then: everybody, then groups by name.
    pub last: Vec<CoverageFigures>,
    /// Whether there are more groups than these.
    pub are_more_groups: bool,
    /// The group whose figures are shown day by day; empty for everybody.
    pub group: String,
    /// Of how many days.
    pub days: Option<u32>,
    /// What was counted on each day.
    pub course: Vec<CoverageFigures>,
    /// The same as shares, drawn.
    pub chart: Option<LineChart>,
    /// Keys by maker, model, firmware and state.
    pub keys: Vec<FirmwareFigures>,
    /// Whether there are more of those.
    pub are_more_keys: bool,
    /// As of which day we know of advisories.
    pub advisories_as_of: &'static str,
}

/// The lines of the chart: what they show stands in the template, in this order.
const LINES: [fn(&Coverage) -> u64; 4] = [
    |figures| figures.with_device,
    |figures| figures.two_devices,
    |figures| figures.phishing_resistant,
    |figures| figures.hardware_only,
];

impl ReportsPage {
    /// The page of what was counted.
    pub fn new(
        last: &[CountedCoverage],
        course: &[CountedCoverage],
        keys: &[FirmwareCount],
    ) -> Self {
        let line = |of: fn(&Coverage) -> u64| {
            let point = |one: &CountedCoverage| {
                let part = of(&one.coverage);
                (one.day.number(), part, one.coverage.users)
            };
            course.iter().map(point).collect()
        };
        Self {
            counted_at: last.first().map(|counted| counted.counted_at.millis()),
            last: last.iter().map(CoverageFigures::from).collect(),
            are_more_groups: false,
            group: String::new(),
            days: None,
            // The newest first, as lists of the console are.
            course: course.iter().rev().map(CoverageFigures::from).collect(),
            chart: LineChart::of(&LINES.map(line)),
            keys: keys.iter().map(FirmwareFigures::from).collect(),
            are_more_keys: false,
            advisories_as_of: ADVISORIES_AS_OF,
        }
    }
}

impl Page for ReportsPage {
    const TEMPLATE: &'static str = "console/reports.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use keyward_core::domain::coverage::Day;
        use keyward_core::domain::group::GroupName;
        use keyward_core::domain::key::KeyState;

        let now = crate::views::tests::ago(0);
        let day = Day::of(now);
        let counted = |group: Option<&str>, before: u32, users: u64| CountedCoverage {
            day: day.before(before),
            group: group.map(GroupName::from_stored),
            coverage: Coverage {
                users,
                with_device: users * 9 / 10,
                two_devices: users * 6 / 10,
                phishing_resistant: users * u64::from(80 - before) / 100,
                hardware_only: users * 3 / 10,
            },
            counted_at: now,
        };
        let key = |model: &str, firmware: &str, state, keys| FirmwareCount {
            maker: "Yubico".to_owned(),
            model: model.to_owned(),
            firmware: firmware.to_owned(),
            state,
            keys,
        };
        let keys = [
            key("", "", KeyState::Stock, 1),
            key("YubiKey 5 NFC", "5.2.6", KeyState::Active, 1_204),
            key("<YubiKey 5C & \"Nano\">", "5.7.1", KeyState::Lost, 3),
        ];
        let last = [
            counted(None, 0, 12_408),
            counted(Some("admins"), 0, 0),
            counted(Some("r&d/<x>"), 0, 7),
        ];
        let course: Vec<_> = (0..60)
            .rev()
            .map(|day| counted(None, day, 12_408))
            .collect();
        vec![
            Self {
                days: Some(90),
                are_more_groups: true,
                are_more_keys: true,
                ..Self::new(&last, &course, &keys)
            },
            Self {
                group: "r&d/<x>".to_owned(),
                ..Self::new(&last[..1], &course[..1], &[])
            },
            Self::new(&[], &[], &[]),
        ]
    }
}
