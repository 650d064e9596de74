//! Devices: the list, and the question before one is removed.

use std::collections::HashMap;

use serde::Serialize;
use uuid::Uuid;

use super::{AcceptedPasskeys, OwnKeyRow};
use crate::views::Page;
use crate::views::enrolments::EnrolmentRow;
use keyward_actions::policy::{DevicePolicyStates, SecondFactorDuty};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{Device, DeviceId, DeviceKind, DeviceState, Suspicion};
use keyward_core::domain::group::GroupName;

/// A device in a list.
#[derive(Clone, Serialize)]
pub struct DeviceRow {
    /// The row, for addresses.
    pub id: DeviceId,
    /// What kind of thing it is.
    pub kind: DeviceKind,
    /// What its owner calls it.
    pub name: String,
    /// The product's name as far as it is known.
    pub model: Option<String>,
    /// Its model's id, where there is a picture of the model.
    pub picture: Option<Uuid>,
    /// Until when policy lets it be used; `None` where it satisfies policy.
    pub stops_at: Option<Timestamp>,
    /// Whether that is over.
    pub has_stopped: bool,
    /// Whether it may be used.
    pub state: DeviceState,
    /// What made it suspect, if it is and that is known.
    pub suspicion: Option<SuspicionRow>,
    /// Whether it is asked for first.
    pub is_default: bool,
    /// When it was enrolled.
    pub created_at: Timestamp,
    /// When it last proved its owner.
    pub last_used_at: Option<Timestamp>,
}

impl DeviceRow {
    /// A device, seen by an owner whose default device is `default`.
    pub fn new(device: &Device, default: Option<DeviceId>) -> Self {
        Self {
            id: device.id,
            kind: device.kind,
            name: device.name.as_str().to_owned(),
            model: device.model.clone(),
            picture: None,
            stops_at: None,
            has_stopped: false,
            state: device.state,
            suspicion: None,
            is_default: default == Some(device.id),
            created_at: device.created_at,
            last_used_at: device.last_used_at,
        }
    }

    /// The same with the picture of its model, where there is one.
    pub fn pictured(self, pictures: &HashMap<DeviceId, Uuid>) -> Self {
        Self {
            picture: pictures.get(&self.id).copied(),
            ..self
        }
    }

    /// The same with what made it suspect.
    pub fn suspected(self, suspicions: &[Suspicion]) -> Self {
        let its = suspicions.iter().find(|one| one.device_id == self.id);
        Self {
            suspicion: its.map(SuspicionRow::from),
            ..self
        }
    }

    /// The same with what policy makes of it.
    pub fn judged(self, policy_states: &DevicePolicyStates) -> Self {
        let policy_state = policy_states.stopping.get(&self.id);
        Self {
            stops_at: policy_state.map(|state| state.deadline),
            has_stopped: policy_states.has_stopped(self.id),
            ..self
        }
    }

    /// One of each kind; the last one suspect.
    #[cfg(test)]
    pub(in crate::views) fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let device = |number, kind, name: &str, model: Option<&str>, used: Option<i64>| Self {
            id: id(number, DeviceId::parse),
            kind,
            name: name.to_owned(),
            model: model.map(str::to_owned),
            picture: (number == 2).then(|| Uuid::from_u128(2)),
            stops_at: (number > 2).then(|| ago(-300_000)),
            has_stopped: number == 4,
            state: DeviceState::Active,
            suspicion: None,
            is_default: number == 1,
            created_at: ago(i64::from(number) * 3_000_000),
            last_used_at: used.map(ago),
        };
        let mut suspect = device(
            5,
            DeviceKind::SecurityKey,
            "<script>alert(1)</script> & a very long name that wanders on",
            Some("Security Key NFC by Yubico"),
            Some(200_000),
        );
        suspect.state = DeviceState::Suspect;
        suspect.suspicion = Some(SuspicionRow {
            raised_at: ago(200_000),
            stored: 1041,
            presented: 17,
            address: "192.0.2.7".to_owned(),
            user_agent: "Mozilla/5.0 <b>(X11)</b>".to_owned(),
        });
        vec![
            device(
                1,
                DeviceKind::Passkey,
                "Anna's laptop",
                Some("iCloud Keychain"),
                Some(40),
            ),
            device(
                2,
                DeviceKind::SecurityKey,
                "Anna's YubiKey 5C",
                Some("YubiKey 5C NFC"),
                Some(7_300),
            ),
            device(3, DeviceKind::Yubikey, "The one in the safe", None, None),
            device(4, DeviceKind::Totp, "مفتاح آنا", None, Some(90_000)),
            suspect,
        ]
    }
}

/// What made a device suspect: a right answer with a counter that had passed already.
#[derive(Clone, Serialize)]
pub struct SuspicionRow {
    /// When it came.
    pub raised_at: Timestamp,
    /// The counter that was known.
    pub stored: u32,
    /// The counter that came.
    pub presented: u32,
    /// From where.
    pub address: String,
    /// By which browser, as it says itself.
    pub user_agent: String,
}

impl From<&Suspicion> for SuspicionRow {
    fn from(suspicion: &Suspicion) -> Self {
        Self {
            raised_at: suspicion.raised_at,
            stored: suspicion.stored,
            presented: suspicion.presented,
            address: suspicion.client.address.to_string(),
            user_agent: suspicion.client.user_agent.clone(),
        }
    }
}

/// Groups by their names.
pub fn names(groups: &[GroupName]) -> Vec<String> {
    groups.iter().map(|name| name.as_str().to_owned()).collect()
}

/// What a person is told about their devices and policy.
#[derive(Clone, Default, Serialize)]
pub struct Advice {
    /// How many devices are on hold.
    pub on_hold: usize,
    /// How many devices stop working.
    pub stopping: usize,
    /// When the first of them does.
    pub first_deadline: Option<Timestamp>,
    /// How many have stopped.
    pub stopped: usize,
    /// How many devices they should have, where they have fewer.
    pub should_have: Option<u16>,
    /// The groups whose policy asks for that; none where everybody's does.
    pub should_have_for: Vec<String>,
    /// Before when they must add a device, where they have none.
    pub enrol_before: Option<Timestamp>,
    /// The groups for whose sake they must; none where everybody must.
    pub enrol_for: Vec<String>,
}

impl Advice {
    /// For a user with these devices.
    pub fn of(
        devices: &[DeviceRow],
        policy_states: &DevicePolicyStates,
        duty: Option<&SecondFactorDuty>,
    ) -> Self {
        let stopping = devices.iter().filter(|device| !device.has_stopped);
        let deadlines = stopping.filter_map(|device| device.stops_at);
        // Backup codes are not another device.
        let usable = devices
            .iter()
            .filter(|device| device.stops_at.is_none() && !device.kind.is_stand_in());
        let usable = usable.count();
        let least = policy_states.effective.rules().least_devices;
        let on_hold = devices.iter();
        let on_hold = on_hold.filter(|device| device.state == DeviceState::Suspect);
        let whose = policy_states
            .effective
            .spoken_by(|rules| rules.least_devices);
        let everybodys = whose.iter().any(|scope| scope.group().is_none());
        let duty = duty.filter(|_| devices.is_empty());
        Self {
            on_hold: on_hold.count(),
            stopping: deadlines.clone().count(),
            first_deadline: deadlines.min(),
            stopped: devices.iter().filter(|device| device.has_stopped).count(),
            should_have: least.filter(|least| usable < usize::from(*least)),
            should_have_for: match everybodys {
                true => Vec::new(),
                false => whose
                    .iter()
                    .map(|scope| scope.as_str().to_owned())
                    .collect(),
            },
            enrol_before: duty.map(|duty| duty.deadline),
            enrol_for: duty.map_or_else(Vec::new, |duty| names(&duty.groups)),
        }
    }

    #[cfg(test)]
    pub(super) fn samples() -> [Self; 4] {
        let first_deadline = Some(crate::views::tests::ago(-300_000));
        let advice = |stopping, stopped, should_have| Self {
            on_hold: stopped,
            stopping,
            first_deadline: first_deadline.filter(|_| stopping > 0),
            stopped,
            should_have,
            should_have_for: should_have
                .map(|_| "staff".to_owned())
                .into_iter()
                .collect(),
            enrol_before: first_deadline.filter(|_| stopping + stopped == 0),
            enrol_for: vec!["<vault>".to_owned()],
        };
        [
            advice(0, 0, None),
            advice(1, 0, Some(1)),
            advice(2, 1, Some(2)),
            advice(0, 2, None),
        ]
    }
}

/// `GET /account/devices`.
#[derive(Clone, Serialize)]
pub struct DevicesPage {
    /// The user's devices, the default one first.
    pub devices: Vec<DeviceRow>,
    /// The kinds that can be added, the recommended one first.
    pub addable: Vec<DeviceKind>,
    /// Whether there is a password that the devices stand beside.
    pub has_password: bool,
    /// Whether policy lets backup codes stand in for a device.
    pub may_have_codes: bool,
    /// What policy makes of them.
    pub advice: Advice,
    /// What the browser is told of them.
    pub passkeys: AcceptedPasskeys,
    /// The keys that they were given.
    pub keys: Vec<OwnKeyRow>,
    /// The application that they can go on to now.
    pub on_the_way: Option<OnTheWay>,
    /// What an administrator registered, and is to be activated.
    pub waiting: Vec<EnrolmentRow>,
}

/// An application that the user had no device for, and now has.
#[derive(Clone, Serialize)]
pub struct OnTheWay {
    /// What it is called.
    pub name: String,
    /// The way there.
    pub address: String,
}

impl Page for DevicesPage {
    const TEMPLATE: &'static str = "account/devices.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let many = DeviceRow::samples();
        let suspect = many.iter().rev().take(1).cloned().collect();
        let mut lost = many[0].clone();
        lost.state = DeviceState::Lost;
        let devices = [Vec::new(), vec![lost], many, suspect];
        devices
            .into_iter()
            .zip(Advice::samples())
            .map(|(devices, advice)| Self {
                devices,
                addable: DeviceKind::addable().collect(),
                has_password: advice.should_have.is_none(),
                may_have_codes: advice.stopped == 0,
                advice,
                passkeys: AcceptedPasskeys::sample(),
                keys: OwnKeyRow::samples(),
                waiting: EnrolmentRow::samples(),
                on_the_way: Some(OnTheWay {
                    name: "Wiki <one>".to_owned(),
                    address: "/applications/enter?to=https%3A%2F%2Fwiki.example.org%2F".to_owned(),
                }),
            })
            .collect()
    }
}

/// `GET …/devices/{id}/remove`: the question before a device is removed, by its owner or by a
/// superuser.
#[derive(Clone, Serialize)]
pub struct RemoveDevicePage {
    /// The device.
    pub device: DeviceRow,
    /// Whose it is, where a superuser asks; `None` where its owner does.
    pub owner: Option<String>,
    /// How many devices the owner has without this one.
    pub remaining: u64,
    /// How many open sessions end with it; zero where none do.
    pub ended_sessions: u64,
}

impl Page for RemoveDevicePage {
    const TEMPLATE: &'static str = "account/remove-device.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let device = DeviceRow::samples().remove(0);
        [
            (None, 2, 0),
            (None, 0, 1),
            (Some("ben"), 1, 0),
            (Some("ben"), 0, 3),
        ]
        .map(|(owner, remaining, ended_sessions)| Self {
            device: device.clone(),
            owner: owner.map(str::to_owned),
            remaining,
            ended_sessions,
        })
        .into()
    }
}
