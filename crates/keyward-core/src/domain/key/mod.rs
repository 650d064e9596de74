//! A key: one thing of hardware, with its serial number, its state and its owner. What is on it (credentials,
//! OTP slots) stays what it is, and is linked with it.

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Reads a stable name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::from_stored(text)
            }

            /// That of a row.
            pub fn from_stored(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }
    };
}
mod advisory;
mod case;
mod enrolment;
mod facts;
mod found_report;
mod life;
mod proposal;

pub use advisory::{ADVISORIES_AS_OF, Advisory, advisories};
pub use case::{CaseFilter, CaseOutcome, CasePlace, CaseSummary, KeyCase, KeyCaseId};
pub use enrolment::{Enrolment, EnrolmentFilter, EnrolmentId, EnrolmentSummary, RegisteredAtDesk};
pub use facts::{KeyChange, KeyFacts, SerialNumber};
pub use found_report::{
    FoundReport, FoundReportFilter, FoundReportId, FoundReportPlace, FoundReportSummary,
};
pub use life::{KeyMove, KeyState};
pub use proposal::{Evidence, KeyProposal, ProposalId, number_in};

use super::edition::Edition;
use super::ids::{DeviceId, UserId};
use super::{device::DeviceKind, id_type};
use crate::clock::Timestamp;

id_type!(
    /// The id of a key's row; people speak of its serial number.
    KeyId
);

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The row.
    pub id: KeyId,
    /// What is said of it.
    pub facts: KeyFacts,
    /// How far it has come.
    pub state: KeyState,
    /// Whose it is, or whom it is kept for while it is in stock; `None` for nobody's, and where its owner was
    /// deleted.
    pub owner: Option<UserId>,
    /// When it came into the inventory.
    pub created_at: Timestamp,
    /// When anything about it was last changed.
    pub changed_at: Timestamp,
    /// Since when it is in this state, with this owner.
    pub state_since: Timestamp,
    /// How often it was changed: a change that was made of an earlier version is refused.
    pub version: i64,
}

impl Key {
    /// What it is at the moment, as the tag of a change names it.
    pub fn edition(&self) -> Edition {
        Edition::of(["key", &self.id.to_string(), &self.version.to_string()])
    }

    /// Its maker and serial number, and its model or its row where it has none: what the trail calls it.
    pub fn label(&self) -> String {
        self.facts.label().unwrap_or_else(|| self.id.to_string())
    }
}

/// A key in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySummary {
    /// It.
    pub key: Key,
    /// Its owner's name.
    pub owner: Option<String>,
    /// The public ids of its OTP slots, in the order of their letters.
    pub public_ids: Vec<String>,
}

impl KeySummary {
    /// Its place in the list.
    pub fn place(&self) -> KeyPlace {
        let serial = self.key.facts.serial.as_ref();
        KeyPlace {
            serial: serial.map(ToString::to_string).unwrap_or_default(),
            id: self.key.id,
        }
    }
}

/// A place in the list of keys, which is in the order of serial numbers; those without one come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyPlace {
    /// The serial number, empty where there is none.
    pub serial: String,
    /// The row.
    pub id: KeyId,
}

/// What a search for keys has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySearch {
    /// What serial numbers begin with, in their one spelling.
    Serial(String),
    /// The public id of an OTP slot.
    PublicId(String),
}

/// Which keys are listed.
#[derive(Clone, Debug, Default)]
pub struct KeyFilter {
    /// Those in this state.
    pub state: Option<KeyState>,
    /// Those of this model, as it is written there.
    pub model: Option<String>,
    /// Those of this maker, as it is written there.
    pub maker: Option<String>,
    /// Those with this firmware, as it is written there.
    pub firmware: Option<String>,
    /// Those that are in their state, with their owner, since this moment or longer.
    pub unmoved_since: Option<Timestamp>,
    /// Those on which nothing was used after this moment, or added.
    pub unused_since: Option<Timestamp>,
    /// Those of this user.
    pub owner: Option<UserId>,
    /// Those that a search finds.
    pub search: Option<KeySearch>,
}

/// How many keys are of one make and in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirmwareCount {
    /// Who made them.
    pub maker: String,
    /// Their model; empty where it is not known.
    pub model: String,
    /// The version of their firmware; empty where it is not known.
    pub firmware: String,
    /// Their state.
    pub state: KeyState,
    /// How many.
    pub keys: u64,
}

impl FirmwareCount {
    /// Its place among all.
    pub fn place(&self) -> FirmwarePlace {
        FirmwarePlace {
            maker: self.maker.clone(),
            model: self.model.clone(),
            firmware: self.firmware.clone(),
            state: self.state.as_str().to_owned(),
        }
    }

    /// The advisories about such keys.
    pub fn advisories(&self) -> Vec<&'static Advisory> {
        advisories(&self.maker, &self.model, &self.firmware)
    }
}

/// A place among counts of keys, which are in the order of maker, model, firmware and state.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FirmwarePlace {
    /// Who made them.
    pub maker: String,
    /// Their model.
    pub model: String,
    /// Their firmware.
    pub firmware: String,
    /// Their state, by its name.
    pub state: String,
}

/// How it is known that something is on a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkProof {
    /// An administrator, or a file of theirs, says so: it is not proved.
    Told,
    /// A one-time password of a slot that is on the key was verified when the device was added.
    PublicId,
    /// A certificate of its maker's, when the device was added, has the serial number of the key.
    Serial,
}

impl LinkProof {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::PublicId => "public-id",
            Self::Serial => "serial",
        }
    }

    /// Whether more than somebody's word stands behind it.
    pub fn is_proof(self) -> bool {
        self != Self::Told
    }
}

/// A device on a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedDevice {
    /// The device.
    pub id: DeviceId,
    /// Its kind.
    pub kind: DeviceKind,
    /// What its owner calls it.
    pub name: String,
    /// Whose it is.
    pub owner: UserId,
    /// Whose it is, by name.
    pub owner_name: String,
    /// How that is known.
    pub proof: LinkProof,
}

/// An OTP slot on a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedSlot {
    /// What its one-time passwords begin with.
    pub public_id: String,
    /// Whether its secret is held here.
    pub is_held: bool,
}

/// What is on a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLinks {
    /// OTP slots.
    pub slots: Vec<LinkedSlot>,
    /// Devices of people.
    pub devices: Vec<LinkedDevice>,
}
