//! The rules of one policy, and how two of them become one that is as strict as both.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ModelQuery;
use crate::domain::assurance_level::AssuranceLevel;
use crate::domain::device::DeviceKind;
use crate::domain::model::{CertificationLevel, MetadataWord};
use crate::problem::{Problem, Result, codes};

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
}

/// Models of which a device must be one.
pub type ModelList = BTreeSet<ModelQuery>;

/// The rules of a policy. What a rule leaves unsaid, it does not ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Everybody must have a second factor.
    pub second_factor: bool,
    /// The kinds of devices that count; all where it is left unsaid.
    pub kinds: Option<BTreeSet<DeviceKind>>,
    /// Only devices whose proof cannot be relayed by another site: passkeys and security keys.
    pub phishing_resistant: bool,
    /// Only hardware keys: security keys that cannot be copied, and YubiKeys.
    pub hardware_only: bool,
    /// No passkey that its provider copies to other devices.
    pub device_bound: bool,
    /// Whether passkeys and security keys verify their user.
    pub user_verification: Option<Verification>,
    /// Whether passkeys and security keys prove their make at enrolment.
    pub attestation: Option<Attestation>,
    /// Only models whose attestation was verified up to a root of their metadata.
    pub verified_models: bool,
    /// Lists of models; a device must be in each of them.
    pub allow: BTreeSet<ModelList>,
    /// Models that do not count.
    pub deny: ModelList,
    /// Models of which one of these was reported do not count.
    pub statuses: BTreeSet<MetadataWord>,
    /// The least certification.
    pub certification: Option<CertificationLevel>,
    /// How many devices everybody is to have, at least: a reminder, no condition.
    pub least_devices: Option<u16>,
    /// How many devices somebody may have, at most.
    pub most_devices: Option<u16>,
    /// How many browsers of one person may be trusted, at most; none where it is 0.
    pub trusted_browsers: Option<u16>,
    /// How many days a browser is trusted, at most.
    pub trusted_browser_days: Option<u16>,
    /// How long devices that do not satisfy the policy any more may still be used, in seconds.
    pub grace_seconds: Option<u64>,
}

impl Rules {
    /// How long devices may still be used where no policy says so.
    pub const USUAL_GRACE: Duration = Duration::from_hours(24 * 14);
    /// The longest grace.
    pub const LONGEST_GRACE: Duration = Duration::from_hours(24 * 365);
    /// The most entries of one list.
    pub const MOST_ENTRIES: usize = 1000;

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

    /// Rules as strict as both: what either refuses, they refuse. The order does not matter, nor
    /// how often a policy is counted.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            second_factor: self.second_factor | other.second_factor,
            kinds: both(&self.kinds, &other.kinds, |one, other| one & other),
            phishing_resistant: self.phishing_resistant | other.phishing_resistant,
            hardware_only: self.hardware_only | other.hardware_only,
            device_bound: self.device_bound | other.device_bound,
            user_verification: self.user_verification.max(other.user_verification),
            attestation: self.attestation.max(other.attestation),
            verified_models: self.verified_models | other.verified_models,
            allow: &self.allow | &other.allow,
            deny: &self.deny | &other.deny,
            statuses: &self.statuses | &other.statuses,
            certification: self.certification.max(other.certification),
            least_devices: self.least_devices.max(other.least_devices),
            most_devices: both(&self.most_devices, &other.most_devices, |a, b| *a.min(b)),
            trusted_browsers: both(&self.trusted_browsers, &other.trusted_browsers, |a, b| {
                *a.min(b)
            }),
            trusted_browser_days: both(
                &self.trusted_browser_days,
                &other.trusted_browser_days,
                |a, b| *a.min(b),
            ),
            grace_seconds: both(&self.grace_seconds, &other.grace_seconds, |a, b| *a.min(b)),
        }
    }

    /// Whether they ask for nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a device's model must have been verified: a model that only says what it is could
    /// be any.
    pub fn needs_verified_model(&self) -> bool {
        self.verified_models || !self.allow.is_empty() || self.certification.is_some()
    }

    /// Whether metadata is needed to judge a device by them.
    pub fn asks_for_metadata(&self) -> bool {
        !self.allow.is_empty()
            || !self.deny.is_empty()
            || !self.statuses.is_empty()
            || self.certification.is_some()
    }

    /// What authenticators are asked for at enrolment, if a rule says so.
    pub fn attestation_to_ask(&self) -> Option<Attestation> {
        match self.needs_verified_model() {
            true => Some(Attestation::Direct),
            false => self.attestation,
        }
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
        if self.allow.iter().any(BTreeSet::is_empty) {
            return invalid("a list allows no model");
        }
        if self.kinds.as_ref().is_some_and(BTreeSet::is_empty) {
            return invalid("no kind of device counts");
        }
        if self.trusted_browser_days == Some(0) {
            return invalid("for no trust in browsers, allow none of them");
        }
        if self.most_devices == Some(0) {
            return invalid("nobody may have a device");
        }
        if let (Some(least), Some(most)) = (self.least_devices, self.most_devices)
            && least > most
        {
            return invalid("more devices are asked for than are allowed");
        }
        if self.grace() > Self::LONGEST_GRACE {
            return invalid("the grace is longer than a year");
        }
        if self.attestation == Some(Attestation::None) && self.needs_verified_model() {
            return invalid("models cannot be verified without attestation");
        }
        Ok(self)
    }
}

/// What both say; where one says nothing, what the other says.
fn both<T: Clone>(one: &Option<T>, other: &Option<T>, join: impl Fn(&T, &T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(join(one, other)),
        (said, None) | (None, said) => said.clone(),
    }
}
