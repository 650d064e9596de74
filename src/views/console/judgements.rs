//! What policy makes of devices: what a draft would do, and the devices that stop working.

use serde::Serialize;

use crate::views::Page;
use keyward_actions::policy::{Affected, DevicePolicyState};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{DeviceId, DeviceKind};
use keyward_core::domain::policy::{StoppingSummary, Violation};
use keyward_core::domain::user::UserId;

/// Why a device does not count, and whose policy says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReasonRow {
    /// The rule's name in the locale files.
    pub rule: &'static str,
    /// What the device stumbled over.
    pub what: Option<String>,
    /// The group; `None` for everybody's policy.
    pub group: Option<String>,
}

impl From<&Violation> for ReasonRow {
    fn from(violation: &Violation) -> Self {
        Self {
            rule: violation.reason.rule.as_str(),
            what: violation.reason.what.clone(),
            group: violation.scope.group().map(|name| name.as_str().to_owned()),
        }
    }
}

#[cfg(test)]
fn sample_reasons() -> Vec<ReasonRow> {
    keyward_core::domain::policy::Rule::judged()
        .enumerate()
        .map(|(place, rule)| ReasonRow {
            rule: rule.as_str(),
            what: (place % 3 == 0).then(|| "REVOKED".to_owned()),
            group: (place % 2 == 0).then(|| "admins".to_owned()),
        })
        .collect()
}

/// A device that would stop.
#[derive(Clone, Serialize)]
pub struct AffectedDeviceRow {
    /// What kind of thing it is.
    pub kind: DeviceKind,
    /// What its owner calls it.
    pub name: String,
    /// Why.
    pub reasons: Vec<ReasonRow>,
}

/// A person whom a draft would concern.
#[derive(Clone, Serialize)]
pub struct AffectedRow {
    /// Who.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Whether no device would be left to sign in with.
    pub is_shut_out: bool,
    /// Whether they have no device, and would have to add one.
    pub must_enrol: bool,
    /// How many devices they would be asked to have, where they have fewer.
    pub should_have: Option<u16>,
    /// The devices that would stop.
    pub devices: Vec<AffectedDeviceRow>,
    /// The names of the browsers that would not be trusted any more.
    pub browsers: Vec<String>,
}

impl From<&Affected> for AffectedRow {
    fn from(affected: &Affected) -> Self {
        let devices = affected.devices.iter().map(|device| AffectedDeviceRow {
            kind: device.kind,
            name: device.name.clone(),
            reasons: device.reasons.iter().map(ReasonRow::from).collect(),
        });
        Self {
            id: affected.id,
            name: affected.name.clone(),
            is_shut_out: affected.is_shut_out,
            must_enrol: affected.must_enrol,
            should_have: affected.should_have,
            devices: devices.collect(),
            browsers: affected.browsers.clone(),
        }
    }
}

/// `GET /console/policies/dry-run?group=&after=`: what a draft would do.
#[derive(Clone, Serialize)]
pub struct DryRunPage {
    /// The group; `None` for everybody.
    pub group: Option<String>,
    /// The version that the numbers speak of.
    pub version: i64,
    /// The number of this dry run, by which its other pages name it.
    pub run: u64,
    /// How many people were looked at.
    pub looked_at: u64,
    /// Of how many.
    pub of: u64,
    /// Whether everybody was looked at.
    pub is_over: bool,
    /// How many people could not sign in any more.
    pub people: u64,
    /// How many devices would stop.
    pub devices: u64,
    /// How many people have no device and would have to add one.
    pub enrolling: u64,
    /// How many people would be asked to have more devices.
    pub reminded: u64,
    /// How many people would get a mail about it.
    pub mails: u64,
    /// How many browsers would not be trusted any more.
    pub browsers: u64,
    /// The people whom it would concern.
    pub affected: Vec<AffectedRow>,
    /// When the devices would stop.
    pub deadline: Timestamp,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for DryRunPage {
    const TEMPLATE: &'static str = "console/dry-run.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let affected = |number, name: &str, is_shut_out| AffectedRow {
            id: id(number, UserId::parse),
            name: name.to_owned(),
            is_shut_out,
            must_enrol: false,
            should_have: (number % 2 == 1).then_some(2),
            browsers: vec!["Firefox on the <desk>".to_owned()],
            devices: vec![
                AffectedDeviceRow {
                    kind: DeviceKind::SecurityKey,
                    name: "The <blue> one".to_owned(),
                    reasons: sample_reasons(),
                },
                AffectedDeviceRow {
                    kind: DeviceKind::Totp,
                    name: "Phone".to_owned(),
                    reasons: sample_reasons().into_iter().take(1).collect(),
                },
            ],
        };
        let page = |group: Option<&str>, affected: Vec<AffectedRow>, people, devices| Self {
            group: group.map(str::to_owned),
            version: 4,
            run: 7,
            looked_at: 12_500,
            of: 1_000_000,
            is_over: people < 1_000,
            people,
            devices,
            enrolling: people,
            reminded: devices,
            mails: devices,
            browsers: devices,
            deadline: ago(-1_209_600),
            next: (people > 1).then(|| "018f".to_owned()),
            is_first_page: people != 1,
            affected,
        };
        vec![
            page(None, Vec::new(), 0, 0),
            page(Some("admins"), vec![affected(1, "anna", true)], 1, 2),
            page(
                None,
                vec![
                    affected(1, "anna", true),
                    AffectedRow {
                        must_enrol: true,
                        devices: Vec::new(),
                        ..affected(2, "ben", false)
                    },
                ],
                1_200,
                3_400,
            ),
        ]
    }
}

/// A device that stops working.
#[derive(Clone, Serialize)]
pub struct StoppingRow {
    /// The device.
    pub id: DeviceId,
    /// What kind of thing it is.
    pub kind: DeviceKind,
    /// What its owner calls it.
    pub name: String,
    /// Whose it is.
    pub owner_id: UserId,
    /// Their name.
    pub owner: String,
    /// Why.
    pub reasons: Vec<ReasonRow>,
    /// Until when it works.
    pub deadline: Timestamp,
    /// Whether that is over.
    pub has_stopped: bool,
}

impl StoppingRow {
    /// A device at this moment.
    pub fn new(found: &StoppingSummary, now: Timestamp) -> Self {
        Self {
            id: found.id,
            kind: found.kind,
            name: found.name.as_str().to_owned(),
            owner_id: found.owner_id,
            owner: found.owner.clone(),
            reasons: found.stopping.reasons.iter().map(ReasonRow::from).collect(),
            deadline: found.stopping.deadline,
            has_stopped: found.stopping.deadline <= now,
        }
    }
}

/// `GET /console/policies/affected?after=`: the devices that stop working.
#[derive(Clone, Serialize)]
pub struct AffectedPage {
    /// The devices, the earliest first.
    pub devices: Vec<StoppingRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for AffectedPage {
    const TEMPLATE: &'static str = "console/affected.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let device = |number, has_stopped| StoppingRow {
            id: id(number, DeviceId::parse),
            kind: DeviceKind::Passkey,
            name: "Laptop & phone".to_owned(),
            owner_id: id(1, UserId::parse),
            owner: "anna".to_owned(),
            reasons: sample_reasons(),
            deadline: ago(if has_stopped { 80_000 } else { -80_000 }),
            has_stopped,
        };
        vec![
            Self {
                devices: Vec::new(),
                next: None,
                is_first_page: true,
            },
            Self {
                devices: vec![device(1, true), device(2, false)],
                next: Some("1795319835000-018f".to_owned()),
                is_first_page: false,
            },
        ]
    }
}

/// What policy makes of a device that does not satisfy it.
#[derive(Clone, Serialize)]
pub struct PolicyStateRow {
    /// Why.
    pub reasons: Vec<ReasonRow>,
    /// Until when it works.
    pub deadline: Timestamp,
    /// Whether that is over.
    pub has_stopped: bool,
}

impl PolicyStateRow {
    /// At this moment.
    pub fn new(policy_state: &DevicePolicyState, now: Timestamp) -> Self {
        Self {
            reasons: policy_state.reasons.iter().map(ReasonRow::from).collect(),
            deadline: policy_state.deadline,
            has_stopped: policy_state.deadline <= now,
        }
    }

    #[cfg(test)]
    pub(in crate::views) fn sample(has_stopped: bool) -> Self {
        Self {
            reasons: sample_reasons(),
            deadline: crate::views::tests::ago(if has_stopped { 80_000 } else { -80_000 }),
            has_stopped,
        }
    }
}
