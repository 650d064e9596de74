//! The inventory of keys: the list, a new one, one in full, and what is asked before something becomes of it.

use serde::Serialize;

use super::{EventRow, FoundReportRow};
use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::key::{
    Key, KeyCase, KeyFacts, KeyId, KeyLinks, KeyMove, KeyState, KeySummary, LinkedDevice,
    SerialNumber,
};
use keyward_core::domain::user::UserId;
use keyward_core::flows::key::KeyStage;

/// A key in a list.
#[derive(Clone, Serialize)]
pub struct KeyRow {
    /// The row.
    pub id: KeyId,
    /// Its maker and serial number, or what else tells it.
    pub label: String,
    /// What its maker calls it.
    pub model: String,
    /// The version of its firmware.
    pub firmware: String,
    /// Its state; `reserved` in stock for somebody.
    pub state: &'static str,
    /// Since when.
    pub state_since: Timestamp,
    /// Whose it is, by name.
    pub owner: Option<String>,
    /// Whose it is.
    pub owner_id: Option<UserId>,
    /// The public ids of its OTP slots.
    pub public_ids: Vec<String>,
    /// Where it lies.
    pub place: String,
}

impl From<&KeySummary> for KeyRow {
    fn from(summary: &KeySummary) -> Self {
        let key = &summary.key;
        Self {
            id: key.id,
            label: key.label(),
            model: key.facts.model.clone(),
            firmware: key.facts.firmware.clone(),
            state: KeyStage::of(key.clone()).word(),
            state_since: key.state_since,
            owner: summary.owner.clone(),
            owner_id: key.owner,
            public_ids: summary.public_ids.clone(),
            place: key.facts.place.clone(),
        }
    }
}

/// `GET /console/keys?search=&state=&model=&maker=&firmware=&unmoved_days=&unused_days=&user=&after=`.
#[derive(Clone, Serialize)]
pub struct KeysPage {
    /// What was searched for.
    pub search: String,
    /// The filter's state.
    pub state: Option<&'static str>,
    /// Every state.
    pub states: Vec<&'static str>,
    /// The filter's model.
    pub model: String,
    /// The filter's maker.
    pub maker: String,
    /// The filter's firmware.
    pub firmware: String,
    /// For how many days nothing became of them, where the filter says that.
    pub unmoved_days: Option<u32>,
    /// For how many days nothing on them was used, where the filter says that.
    pub unused_days: Option<u32>,
    /// What the filter looks for in names and addresses; empty for everybody.
    pub user: String,
    /// Whether that fits more people than those whose keys are shown.
    pub are_more_meant: bool,
    /// The keys in the order of their serial numbers.
    pub keys: Vec<KeyRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

/// Every state of a key, by its name.
pub fn states() -> Vec<&'static str> {
    KeyState::ALL.iter().map(|state| state.as_str()).collect()
}

impl Page for KeysPage {
    const TEMPLATE: &'static str = "console/keys.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let page = |search: &str, keys: Vec<KeySummary>| Self {
            search: search.to_owned(),
            state: (!search.is_empty()).then_some("lost"),
            states: states(),
            model: search.to_owned(),
            maker: search.to_owned(),
            firmware: search.to_owned(),
            unmoved_days: (!search.is_empty()).then_some(14),
            unused_days: (!search.is_empty()).then_some(90),
            user: search.to_owned(),
            are_more_meant: keys.is_empty() && !search.is_empty(),
            next: (!keys.is_empty()).then(|| "1:2".to_owned()),
            keys: keys.iter().map(KeyRow::from).collect(),
            is_first_page: search.is_empty(),
        };
        vec![
            page("", samples()),
            page("", Vec::new()),
            page("<7 & \"8\"", Vec::new()),
        ]
    }
}

/// The fields of a key's form, as they were typed or as they stand.
#[derive(Clone, Default, Serialize)]
pub struct KeyForm {
    /// Who made it.
    pub maker: String,
    /// The number printed on it.
    pub serial: String,
    /// What its maker calls it.
    pub model: String,
    /// The version of its firmware.
    pub firmware: String,
    /// What it is plugged into, or how it looks.
    pub form_factor: String,
    /// The batch.
    pub batch: String,
    /// The order.
    pub order: String,
    /// Where it lies.
    pub place: String,
    /// A note.
    pub note: String,
    /// Of which version of the key; empty for a new one.
    pub version: Option<i64>,
}

impl From<&Key> for KeyForm {
    fn from(key: &Key) -> Self {
        let facts = key.facts.clone();
        Self {
            maker: facts.maker,
            serial: facts
                .serial
                .as_ref()
                .map(SerialNumber::to_string)
                .unwrap_or_default(),
            model: facts.model,
            firmware: facts.firmware,
            form_factor: facts.form_factor,
            batch: facts.batch,
            order: facts.order,
            place: facts.place,
            note: facts.note,
            version: Some(key.version),
        }
    }
}

/// `GET /console/keys/new`.
#[derive(Clone, Serialize)]
pub struct NewKeyPage {
    /// What was typed before, where something was refused.
    pub form: KeyForm,
}

impl Default for NewKeyPage {
    fn default() -> Self {
        let form = KeyForm {
            maker: KeyFacts::USUAL_MAKER.to_owned(),
            ..KeyForm::default()
        };
        Self { form }
    }
}

impl Page for NewKeyPage {
    const TEMPLATE: &'static str = "console/new-key.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self::default()]
    }
}

/// An OTP slot on a key.
#[derive(Clone, Serialize)]
pub struct KeySlotRow {
    /// What its one-time passwords begin with.
    pub public_id: String,
    /// Whether its secret is held here.
    pub is_held: bool,
}

/// A device on a key.
#[derive(Clone, Serialize)]
pub struct KeyDeviceRow {
    /// The device, by which it is unlinked; `None` where nobody's word put it there.
    pub told: Option<String>,
    /// Its kind.
    pub kind: &'static str,
    /// What its owner calls it.
    pub name: String,
    /// Whose it is.
    pub owner_id: UserId,
    /// Whose it is, by name.
    pub owner: String,
    /// Whether its owner is somebody else than the key's.
    pub is_anothers: bool,
    /// Whether it is proved to be on the key.
    pub is_proved: bool,
}

impl KeyDeviceRow {
    fn new(linked: &LinkedDevice, owner: Option<UserId>) -> Self {
        let is_proved = linked.proof.is_proof();
        Self {
            told: (!is_proved).then(|| linked.id.to_string()),
            kind: linked.kind.as_str(),
            name: linked.name.clone(),
            owner_id: linked.owner,
            owner: linked.owner_name.clone(),
            is_anothers: owner.is_some_and(|owner| owner != linked.owner),
            is_proved,
        }
    }
}

/// `GET /console/keys/{id}`.
#[derive(Clone, Serialize)]
pub struct KeyPage {
    /// The key.
    pub key: KeyRow,
    /// When it came into the inventory.
    pub created_at: Timestamp,
    /// When anything about it was last changed.
    pub changed_at: Timestamp,
    /// Its case, while one is open.
    pub case: Option<OpenCase>,
    /// What finders say of it and nobody has dealt with, the newest first.
    pub found_reports: Vec<FoundReportRow>,
    /// What can be done to it.
    pub moves: Vec<&'static str>,
    /// Its OTP slots.
    pub slots: Vec<KeySlotRow>,
    /// Devices on it.
    pub devices: Vec<KeyDeviceRow>,
    /// What was typed into the field for something that is on it.
    pub what: String,
    /// What is said of it.
    pub form: KeyForm,
    /// What happened to it, the newest first.
    pub history: Vec<EventRow>,
}

/// The open case of a lost key.
#[derive(Clone, Serialize)]
pub struct OpenCase {
    /// When the key was reported.
    pub opened_at: Timestamp,
    /// The key that takes its place.
    pub spare_id: Option<KeyId>,
    /// What that is called, or the serial number that was typed.
    pub spare: String,
}

impl OpenCase {
    /// A case, and the key that is kept.
    pub fn new(case: &KeyCase, spare: Option<&Key>) -> Self {
        Self {
            opened_at: case.opened_at,
            spare_id: spare.map(|key| key.id),
            spare: spare.map(Key::label).unwrap_or_default(),
        }
    }
}

impl KeyPage {
    /// The same with a serial number that was typed for the key that takes the place of this one.
    pub fn with_spare(mut self, typed: String) -> Self {
        if let Some(case) = &mut self.case {
            case.spare = typed;
        }
        self
    }

    /// A key with what is on it.
    pub fn new(summary: &KeySummary, links: &KeyLinks, history: Vec<EventRow>) -> Self {
        let key = &summary.key;
        let moves = KeyStage::of(key.clone()).moves().iter();
        let device = |linked| KeyDeviceRow::new(linked, key.owner);
        let slots = links.slots.iter().map(|slot| KeySlotRow {
            public_id: slot.public_id.clone(),
            is_held: slot.is_held,
        });
        Self {
            key: KeyRow::from(summary),
            created_at: key.created_at,
            changed_at: key.changed_at,
            case: None,
            found_reports: Vec::new(),
            moves: moves.map(|one| one.as_str()).collect(),
            slots: slots.collect(),
            devices: links.devices.iter().map(device).collect(),
            what: String::new(),
            form: KeyForm::from(key),
            history,
        }
    }
}

impl Page for KeyPage {
    const TEMPLATE: &'static str = "console/key.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::id;
        use keyward_core::domain::device::{DeviceId, DeviceKind};
        use keyward_core::domain::key::{LinkProof, LinkedSlot};
        let device = |number, kind, proof| LinkedDevice {
            id: id(number, DeviceId::parse),
            kind,
            name: "Blue <key>".to_owned(),
            owner: id(number, UserId::parse),
            owner_name: "ben".to_owned(),
            proof,
        };
        let slot = |public_id: &str, is_held| LinkedSlot {
            public_id: public_id.to_owned(),
            is_held,
        };
        let full = KeyLinks {
            slots: vec![slot("vvccccccccct", true), slot("cccccccccccb", false)],
            devices: vec![
                device(2, DeviceKind::Yubikey, LinkProof::PublicId),
                device(3, DeviceKind::SecurityKey, LinkProof::Told),
            ],
        };
        let page = |summary: &KeySummary| Self::new(summary, &full, Vec::new());
        let mut pages: Vec<Self> = samples().iter().map(page).collect();
        let bare = samples()
            .first()
            .map(|key| Self::new(key, &KeyLinks::default(), Vec::new()));
        pages.extend(bare);
        let case = |spare_id: Option<u8>| OpenCase {
            opened_at: crate::views::tests::ago(90_000),
            spare_id: spare_id.map(|number| id(number, KeyId::parse)),
            spare: spare_id
                .map(|_| "Yubico <10000099>".to_owned())
                .unwrap_or_default(),
        };
        let mut lost = pages
            .iter()
            .filter(|page| page.key.state == "lost")
            .cloned();
        let lost = lost.next();
        for spare in [None, Some(9)] {
            let with = |page: &Self| Self {
                case: Some(case(spare)),
                ..page.clone()
            };
            pages.extend(lost.as_ref().map(with));
        }
        let found = |page: &Self| Self {
            found_reports: FoundReportRow::samples(),
            ..page.clone()
        };
        pages.extend(lost.as_ref().map(found));
        pages
    }
}

/// `GET /console/keys/{id}/moves/{move}`.
#[derive(Clone, Serialize)]
pub struct KeyMovePage {
    /// The key.
    pub key: KeyRow,
    /// What shall become of it; its words stand under `key-move-` and this.
    pub what: &'static str,
    /// Of which version of the key that is thought.
    pub version: i64,
    /// Whether somebody must be named whose it becomes.
    pub takes_owner: bool,
    /// Whether it ends or loses something.
    pub is_danger: bool,
    /// How many devices on it work on.
    pub devices: usize,
    /// Who was named.
    pub user: String,
    /// What was said about it.
    pub note: String,
}

impl KeyMovePage {
    /// What is asked before this becomes of a key.
    pub fn new(summary: &KeySummary, links: &KeyLinks, what: KeyMove) -> Self {
        let key = &summary.key;
        Self {
            key: KeyRow::from(summary),
            what: what.as_str(),
            version: key.version,
            takes_owner: what.takes_owner() && key.owner.is_none(),
            is_danger: matches!(what, KeyMove::TakeBack | KeyMove::Retire),
            devices: links.devices.len(),
            user: String::new(),
            note: String::new(),
        }
    }
}

impl Page for KeyMovePage {
    const TEMPLATE: &'static str = "console/key-move.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let keys = samples();
        let others = KeyMove::ALL.iter();
        let others = others.filter(|one| **one != KeyMove::ReportLost);
        let (stock, issued) = (&keys[0], &keys[1]);
        let links = KeyLinks::default();
        let of = |what: &KeyMove| {
            let key = if what.takes_owner() { stock } else { issued };
            let mut page = Self::new(key, &links, *what);
            page.devices = usize::from(what.takes_owner());
            page
        };
        others.map(of).collect()
    }
}

#[cfg(test)]
pub(super) fn samples() -> Vec<KeySummary> {
    use crate::views::tests::{ago, id};
    let key = |number: u8, serial: Option<&str>, state, owner: Option<&str>| KeySummary {
        key: Key {
            id: id(number, KeyId::parse),
            facts: KeyFacts {
                serial: serial.map(SerialNumber::from_stored),
                model: "YubiKey 5C <NFC>".to_owned(),
                firmware: "5.7.1".to_owned(),
                note: "Drawer & shelf".to_owned(),
                ..KeyFacts::unknown()
            },
            state,
            owner: owner.map(|_| id(2, UserId::parse)),
            created_at: ago(9_000_000),
            changed_at: ago(90_000),
            state_since: ago(90_000),
            version: 3,
        },
        owner: owner.map(str::to_owned),
        public_ids: serial
            .map(|_| "vvccccccccct".to_owned())
            .into_iter()
            .collect(),
    };
    vec![
        key(1, None, KeyState::Stock, None),
        key(2, Some("10000017"), KeyState::Issued, Some("ben")),
        key(3, Some("10000018"), KeyState::Stock, Some("دينا")),
        key(4, Some("10000019"), KeyState::Shipped, Some("ben")),
        key(5, Some("10000020"), KeyState::Active, Some("ben")),
        key(6, Some("10000021"), KeyState::Lost, Some("ben")),
        key(7, Some("10000022"), KeyState::Retired, None),
    ]
}
