//! What can be done with rules, whichever they are: the table of them is in `rule.rs`.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::form::{Choice, Input, Unreadable};
use super::judgement::Judgement;
use super::rule::Concerned;
use super::{ModelQuery, Rule, Rules};
use crate::domain::assurance_level::AssuranceLevel;
use crate::domain::device::DeviceKind;
use crate::problem::{Code, Problem, Result, codes};

/// Whether authenticators verify their user, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verification {
    /// Not asked for.
    Discouraged,
    /// Asked for where the authenticator can.
    Preferred,
    /// A device that does not verify its user does not count.
    Required,
}

/// Whether authenticators prove their make at enrolment, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attestation {
    /// Not asked for.
    None,
    /// Asked for; the browser may make it anonymous.
    Indirect,
    /// Asked for as the authenticator makes it.
    Direct,
    /// Asked for with the authenticator's serial number.
    Enterprise,
}

impl Choice for Verification {
    const ALL: &'static [Self] = &[Self::Discouraged, Self::Preferred, Self::Required];
    const NOUN: &'static str = "way to verify users";

    fn as_str(self) -> &'static str {
        match self {
            Self::Discouraged => "discouraged",
            Self::Preferred => "preferred",
            Self::Required => "required",
        }
    }
}

impl Choice for Attestation {
    const ALL: &'static [Self] = &[Self::None, Self::Indirect, Self::Direct, Self::Enterprise];
    const NOUN: &'static str = "way to attest";

    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Indirect => "indirect",
            Self::Direct => "direct",
            Self::Enterprise => "enterprise",
        }
    }
}

/// Models of which a device must be one.
pub type ModelList = BTreeSet<ModelQuery>;

impl Rule {
    /// The rules that a device can break, in the order in which they are told, and how.
    pub(super) fn judgements() -> impl Iterator<Item = (Self, Judgement)> {
        let judged = |is_last: bool| {
            let all = Self::ALL.into_iter();
            let judged = all.filter_map(|rule| Some((rule, rule.descriptor().judgement?)));
            judged.filter(move |(_, judgement)| judgement.is_told_last == is_last)
        };
        judged(false).chain(judged(true))
    }

    /// The rules that a device can break.
    pub fn judged() -> impl Iterator<Item = Self> {
        Self::judgements().map(|(rule, _)| rule)
    }

    /// With which code a new device is refused that breaks it.
    pub fn refusal(self) -> Code {
        // No device breaks a rule without a judgement: a reason that says so is our mistake.
        let judgement = self.descriptor().judgement;
        judgement.map_or(codes::INTERNAL, |judgement| judgement.refusal)
    }

    /// The stable name: in reasons that are stored, in the trail, and in the locale files.
    pub fn as_str(self) -> &'static str {
        self.descriptor().name
    }

    /// What it is called in the JSON of rules.
    pub fn json_name(self) -> &'static str {
        self.descriptor().json
    }

    /// What it asks for: English, for the reference of commands.
    pub fn meaning(self) -> &'static str {
        self.descriptor().meaning.trim_start()
    }

    /// The name of its field in the form.
    pub fn field(self) -> &'static str {
        self.descriptor().field
    }

    /// Its option of `keyward policy set`, without the dashes.
    pub fn option(self) -> &'static str {
        self.descriptor().option
    }

    /// The rule of an option.
    pub fn of_option(option: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.option() == option)
    }

    /// What is typed for it.
    pub fn input(self) -> Input {
        self.descriptor().value.input()
    }

    /// What its option's value is called in the reference; empty where it takes none.
    pub fn placeholder(self) -> &'static str {
        self.descriptor().value.placeholder()
    }

    /// The number that holds where it is left unsaid, where its hint tells that.
    pub fn usual(self) -> Option<u64> {
        self.descriptor().value.usual()
    }

    /// The key of what the form says below it, in the locale files.
    pub fn hint(self) -> Option<&'static str> {
        self.descriptor().layout.hint
    }

    /// Whether it stands beside the one before it in the form.
    pub fn is_beside(self) -> bool {
        self.descriptor().layout.is_beside
    }

    /// Whether it concerns everybody, and not only those who have devices.
    pub fn concerns_everybody(self) -> bool {
        self.descriptor().concerned == Concerned::Everybody
    }
}

impl Rules {
    /// What a rule is set to, as it is typed; nothing where it asks for nothing.
    pub fn typed(&self, rule: Rule) -> Vec<String> {
        rule.descriptor().value.typed(self)
    }

    /// Sets a rule to what was typed; to nothing where that is nothing.
    ///
    /// # Errors
    /// The text that says nothing for this rule; it stays as it was.
    pub fn set(&mut self, rule: Rule, typed: &[&str]) -> Result<(), Unreadable> {
        rule.descriptor().value.set(self, typed)
    }

    /// Leaves a rule unsaid.
    pub fn clear(&mut self, rule: Rule) {
        rule.descriptor().value.clear(self);
    }

    /// Rules as strict as both: what either refuses, they refuse. The order does not matter, nor
    /// how often a policy is counted.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for rule in Rule::ALL {
            rule.descriptor().value.tighten(&mut both, other);
        }
        both
    }

    /// Whether both say the same of a rule.
    pub fn agree_on(&self, rule: Rule, other: &Self) -> bool {
        rule.descriptor().value.is_same(self, other)
    }

    /// The rules that are said.
    pub(super) fn said(&self) -> impl Iterator<Item = Rule> {
        let all = Rule::ALL.into_iter();
        all.filter(|rule| rule.descriptor().value.is_said(self))
    }

    /// Whether a device's model must have been verified: a model that only says what it is could
    /// be any.
    pub fn needs_verified_model(&self) -> bool {
        self.said().any(|rule| rule.descriptor().model.proof)
    }

    /// Whether metadata is needed to judge a device by them.
    pub fn asks_for_metadata(&self) -> bool {
        self.said().any(|rule| rule.descriptor().model.metadata)
    }

    /// Why one of them cannot be followed, whatever the others say.
    pub(super) fn impossible(&self) -> Option<&'static str> {
        let mut checked = Rule::ALL.into_iter();
        checked.find_map(|rule| rule.descriptor().value.check(self).err())
    }
}

impl Rules {
    /// How long devices may still be used where no policy says so.
    pub const USUAL_GRACE: Duration = Duration::from_hours(24 * 14);
    /// The longest grace.
    pub const LONGEST_GRACE: Duration = Duration::from_hours(24 * 365);
    /// The most entries of one list.
    pub const MOST_ENTRIES: usize = 1000;

    /// Whether a second factor that another provider proved is enough. Where the rules say anything of
    /// devices it is not: which one it was there, nobody here knows.
    pub fn take_anothers_second_factor(&self) -> bool {
        let says_of_devices = self.kinds.is_some()
            || self.phishing_resistant
            || self.hardware_only
            || self.asks_for_keys()
            || self.device_bound
            || self.verified_models
            || !self.allow.is_empty()
            || !self.deny.is_empty()
            || !self.statuses.is_empty()
            || self.certification.is_some();
        !self.own_second_factor && !says_of_devices
    }

    /// The rules by which every session reaches this level of NIST SP 800-63B-4 §2. How long sessions
    /// may last at it is for the settings.
    pub fn for_level(level: AssuranceLevel) -> Self {
        let two_factors = || Self {
            second_factor: true,
            // A code by mail is none (§3.1.3.1), and a browser that stands in for one neither.
            kinds: Some(DeviceKind::all_that(DeviceKind::is_second_factor).collect()),
            trusted_browsers: Some(0),
            ..Self::default()
        };
        match level {
            AssuranceLevel::Aal1 => Self::default(),
            AssuranceLevel::Aal2 => two_factors(),
            AssuranceLevel::Aal3 => Self {
                kinds: Some(DeviceKind::all_that(DeviceKind::is_phishing_resistant).collect()),
                phishing_resistant: true,
                device_bound: true,
                user_verification: Some(Verification::Required),
                attestation: Some(Attestation::Direct),
                verified_models: true,
                ..two_factors()
            },
        }
    }

    /// Whether they ask for nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it matters which key a device is on.
    pub fn asks_for_keys(&self) -> bool {
        self.inventory_only || self.own_keys
    }

    /// What authenticators are asked for at enrolment, if a rule says so.
    pub fn attestation_to_ask(&self) -> Option<Attestation> {
        let needed = match (self.asks_for_keys(), self.needs_verified_model()) {
            (true, _) => Some(Attestation::Enterprise),
            (false, true) => Some(Attestation::Direct),
            (false, false) => None,
        };
        self.attestation.max(needed)
    }

    /// How long devices may still be used that do not satisfy them any more.
    pub fn grace(&self) -> Duration {
        self.grace_seconds
            .map_or(Self::USUAL_GRACE, Duration::from_secs)
    }

    /// Rules that can be followed.
    ///
    /// # Errors
    /// `policy.invalid`
    pub fn checked(self) -> Result<Self> {
        let invalid = |why: &str| Err(Problem::new(codes::POLICY_INVALID).detailed(why));
        let entries = self.allow.iter().map(BTreeSet::len).sum::<usize>() + self.deny.len();
        if entries > Self::MOST_ENTRIES || self.statuses.len() > Self::MOST_ENTRIES {
            return invalid("a list is too long");
        }
        if let Some(why) = self.impossible() {
            return invalid(why);
        }
        if let (Some(least), Some(most)) = (self.least_devices, self.most_devices)
            && least > most
        {
            return invalid("more devices are asked for than are allowed");
        }
        if self.attestation == Some(Attestation::None) && self.needs_verified_model() {
            return invalid("models cannot be verified without attestation");
        }
        if self.attestation == Some(Attestation::None) && self.asks_for_keys() {
            return invalid("keys cannot be told apart without attestation");
        }
        Ok(self)
    }
}
