//! Whether a device satisfies rules, and which of them it does not.

use serde::{Deserialize, Serialize};

use super::{Rule, Rules, Verification};
use crate::clock::Timestamp;
use crate::domain::credential::CredentialFacts;
use crate::domain::device::{DeviceKind, Hardware};
use crate::domain::model::Model;
use crate::problem::Code;

/// What policy looks at in a device.
#[derive(Clone, Copy, Debug)]
pub struct DeviceFacts<'a> {
    /// What kind of thing it is.
    pub kind: DeviceKind,
    /// For passkeys and security keys.
    pub credential: Option<CredentialFacts>,
    /// What metadata says about the model.
    pub model: Option<&'a Model>,
    /// The key of the inventory that it is on.
    pub key: InventoryFact,
}

/// What is known of the key that a device is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InventoryFact {
    /// It was not asked, since there is no device yet.
    Unasked,
    /// It is on none that the inventory has in use, as far as is proved.
    NoKey,
    /// It is on one that is neither lost nor retired.
    Key {
        /// Whether the inventory has the key for the device's user.
        is_own: bool,
    },
}

impl DeviceFacts<'_> {
    fn of_kind(kind: DeviceKind) -> Self {
        Self {
            kind,
            credential: None,
            model: None,
            key: InventoryFact::Unasked,
        }
    }

    /// Whether it is a key of hardware, as the rule `hardware-only` asks.
    pub fn is_hardware(&self) -> bool {
        match self.kind.hardware() {
            Hardware::Never => false,
            Hardware::UnlessCopied => !self.is_copied(),
            Hardware::Always => true,
        }
    }

    fn is_copied(&self) -> bool {
        let credential = self.credential;
        credential.is_some_and(|credential| credential.backup_eligible)
    }
}

/// Why a device does not satisfy rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// The rule.
    pub rule: Rule,
    /// What it stumbled over: the status that was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
}

/// Whether a device satisfies one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Satisfied,
    Broken,
    /// With what it stumbled over.
    BrokenBy(String),
}

impl Verdict {
    fn broken_where(is_broken: bool) -> Self {
        match is_broken {
            true => Self::Broken,
            false => Self::Satisfied,
        }
    }

    fn broken_by(what: Option<impl ToString>) -> Self {
        what.map_or(Self::Satisfied, |what| Self::BrokenBy(what.to_string()))
    }

    fn reason(self, rule: Rule) -> Option<Reason> {
        match self {
            Self::Satisfied => None,
            Self::Broken => Some(Reason { rule, what: None }),
            Self::BrokenBy(what) => Some(Reason {
                rule,
                what: Some(what),
            }),
        }
    }
}

type Judge = fn(&Rules, &DeviceFacts<'_>, Timestamp) -> Verdict;

/// How devices are judged by one rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judgement {
    judge: Judge,
    /// With which code a new device is refused that breaks it.
    pub refusal: Code,
    /// Whether it is told after all others that the device breaks.
    pub is_told_last: bool,
}

impl Judgement {
    pub const fn by(judge: Judge, refusal: Code) -> Self {
        Self {
            judge,
            refusal,
            is_told_last: false,
        }
    }

    pub const fn told_last(self) -> Self {
        Self {
            is_told_last: true,
            ..self
        }
    }
}

impl Rules {
    /// Whether devices of this kind can count, whatever else is true of them.
    pub fn counts_kind(&self, kind: DeviceKind) -> bool {
        // Time matters to what was reported about a model, and none is known.
        let reasons = self.judge(&DeviceFacts::of_kind(kind), Timestamp::from_millis(0));
        reasons.is_empty()
    }

    /// Which rules a device does not satisfy; none where it counts.
    pub fn judge(&self, device: &DeviceFacts<'_>, now: Timestamp) -> Vec<Reason> {
        Rule::judgements()
            .filter_map(|(rule, by)| (by.judge)(self, device, now).reason(rule))
            .collect()
    }
}

// One function a rule. Of a device of which nothing but its kind is known, each says whether any of
// that kind can satisfy the rule.

pub(super) fn kinds(rules: &Rules, device: &DeviceFacts<'_>, _: Timestamp) -> Verdict {
    let kinds = rules.kinds.as_ref();
    Verdict::broken_where(kinds.is_some_and(|kinds| !kinds.contains(&device.kind)))
}

pub(super) fn phishing_resistant(rules: &Rules, device: &DeviceFacts<'_>, _: Timestamp) -> Verdict {
    Verdict::broken_where(rules.phishing_resistant && !device.kind.is_phishing_resistant())
}

pub(super) fn hardware_only(rules: &Rules, device: &DeviceFacts<'_>, _: Timestamp) -> Verdict {
    Verdict::broken_where(rules.hardware_only && !device.is_hardware())
}

pub(super) fn inventory_only(rules: &Rules, device: &DeviceFacts<'_>, _: Timestamp) -> Verdict {
    let is_none = device.key == InventoryFact::NoKey || device.kind.hardware() == Hardware::Never;
    Verdict::broken_where(rules.inventory_only && is_none)
}

pub(super) fn own_keys(rules: &Rules, device: &DeviceFacts<'_>, _: Timestamp) -> Verdict {
    let is_anothers = match device.key {
        InventoryFact::Unasked => false,
        InventoryFact::NoKey => true,
        InventoryFact::Key { is_own } => !is_own,
    };
    let can_be_none = device.kind.hardware() == Hardware::Never;
    Verdict::broken_where(rules.own_keys && (is_anothers || can_be_none))
}

pub(super) fn device_bound(rules: &Rules, device: &DeviceFacts<'_>, _: Timestamp) -> Verdict {
    Verdict::broken_where(rules.device_bound && device.is_copied())
}

pub(super) fn user_verification(rules: &Rules, device: &DeviceFacts<'_>, _: Timestamp) -> Verdict {
    let is_needed = rules.user_verification == Some(Verification::Required);
    let unverified = |credential: CredentialFacts| !credential.user_verified;
    Verdict::broken_where(is_needed && device.credential.is_some_and(unverified))
}

pub(super) fn verified_models(rules: &Rules, device: &DeviceFacts<'_>, _: Timestamp) -> Verdict {
    let unproved = |credential: CredentialFacts| !credential.is_verified_model;
    let is_unproved = device.credential.is_some_and(unproved);
    Verdict::broken_where(is_unproved && rules.needs_verified_model())
}

pub(super) fn deny(rules: &Rules, device: &DeviceFacts<'_>, now: Timestamp) -> Verdict {
    let denied = device.credential.and_then(|credential| {
        let mut queries = rules.deny.iter();
        queries.find(|query| query.fits(credential.aaguid, device.model, now))
    });
    Verdict::broken_by(denied)
}

pub(super) fn statuses(rules: &Rules, device: &DeviceFacts<'_>, now: Timestamp) -> Verdict {
    let model = device.credential.and(device.model);
    let mut statuses = model.into_iter().flat_map(|model| model.statuses(now));
    Verdict::broken_by(statuses.find(|status| rules.statuses.contains(*status)))
}

pub(super) fn certification(rules: &Rules, device: &DeviceFacts<'_>, now: Timestamp) -> Verdict {
    let certified = device.model.and_then(|model| model.certification(now));
    let least = device.credential.and(rules.certification);
    let too_much = least.filter(|least| certified < Some(*least));
    Verdict::broken_by(too_much.map(super::super::model::CertificationLevel::as_str))
}

pub(super) fn allow(rules: &Rules, device: &DeviceFacts<'_>, now: Timestamp) -> Verdict {
    let is_on_all = device.credential.is_none_or(|credential| {
        let fits = |query: &super::ModelQuery| query.fits(credential.aaguid, device.model, now);
        rules.allow.iter().all(|list| list.iter().any(fits))
    });
    Verdict::broken_where(!is_on_all)
}
