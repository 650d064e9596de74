//! Whether a device satisfies rules, and which of them it does not.

use serde::{Deserialize, Serialize};

use super::{Rules, Verification};
use crate::clock::Timestamp;
use crate::domain::credential::CredentialFacts;
use crate::domain::device::{DeviceKind, Hardware};
use crate::domain::model::Model;

/// What policy looks at in a device.
#[derive(Clone, Copy, Debug)]
pub struct DeviceFacts<'a> {
    /// What kind of thing it is.
    pub kind: DeviceKind,
    /// For passkeys and security keys.
    pub credential: Option<CredentialFacts>,
    /// What metadata says about the model.
    pub model: Option<&'a Model>,
}

/// A rule that a device can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Its kind does not count.
    Kinds,
    /// Its proof can be relayed.
    PhishingResistant,
    /// It is no hardware key.
    HardwareOnly,
    /// It can be copied.
    DeviceBound,
    /// It did not verify its user.
    UserVerification,
    /// Nobody vouches for its model.
    VerifiedModels,
    /// Its model is on a list of those that do not count.
    Deny,
    /// Its model was reported.
    Statuses,
    /// Its model is not certified enough.
    Certification,
    /// Its model is on no list of those that count.
    Allow,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 10] = [
        Self::Kinds,
        Self::PhishingResistant,
        Self::HardwareOnly,
        Self::DeviceBound,
        Self::UserVerification,
        Self::VerifiedModels,
        Self::Deny,
        Self::Statuses,
        Self::Certification,
        Self::Allow,
    ];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kinds => "kinds",
            Self::PhishingResistant => "phishing-resistant",
            Self::HardwareOnly => "hardware-only",
            Self::DeviceBound => "device-bound",
            Self::UserVerification => "user-verification",
            Self::VerifiedModels => "verified-models",
            Self::Deny => "deny",
            Self::Statuses => "statuses",
            Self::Certification => "certification",
            Self::Allow => "allow",
        }
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

impl Rules {
    /// Whether devices of this kind can count, whatever else is true of them.
    pub fn counts_kind(&self, kind: DeviceKind) -> bool {
        let kinds = self.kinds.as_ref();
        kinds.is_none_or(|kinds| kinds.contains(&kind))
            && (!self.phishing_resistant || kind.is_phishing_resistant())
            && (!self.hardware_only || kind.hardware() != Hardware::Never)
    }

    /// Which rules a device does not satisfy; none where it counts.
    pub fn judge(&self, device: &DeviceFacts<'_>, now: Timestamp) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let mut broken = |rule, is_broken: bool| {
            if is_broken {
                reasons.push(Reason { rule, what: None });
            }
        };
        let credential = device.credential;
        let is_copied = credential.is_some_and(|credential| credential.backup_eligible);
        let kinds = self.kinds.as_ref();
        broken(
            Rule::Kinds,
            kinds.is_some_and(|kinds| !kinds.contains(&device.kind)),
        );
        broken(
            Rule::PhishingResistant,
            self.phishing_resistant && !device.kind.is_phishing_resistant(),
        );
        let is_hardware = match device.kind.hardware() {
            Hardware::Never => false,
            Hardware::UnlessCopied => !is_copied,
            Hardware::Always => true,
        };
        broken(Rule::HardwareOnly, self.hardware_only && !is_hardware);
        broken(Rule::DeviceBound, self.device_bound && is_copied);
        if let Some(credential) = credential {
            let needed = self.user_verification == Some(Verification::Required);
            broken(Rule::UserVerification, needed && !credential.user_verified);
            reasons.extend(self.judge_model(credential, device.model, now));
        }
        reasons
    }

    fn judge_model(
        &self,
        credential: CredentialFacts,
        model: Option<&Model>,
        now: Timestamp,
    ) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let mut broken = |rule, what: Option<String>| reasons.push(Reason { rule, what });
        let fits = |query: &super::ModelQuery| query.fits(credential.aaguid, model, now);
        if self.needs_verified_model() && !credential.is_verified_model {
            broken(Rule::VerifiedModels, None);
        }
        if let Some(query) = self.deny.iter().find(|query| fits(query)) {
            broken(Rule::Deny, Some(query.to_string()));
        }
        let mut statuses = model.into_iter().flat_map(|model| model.statuses(now));
        if let Some(status) = statuses.find(|status| self.statuses.contains(*status)) {
            broken(Rule::Statuses, Some(status.to_string()));
        }
        if let Some(least) = self.certification
            && model.and_then(|model| model.certification(now)) < Some(least)
        {
            broken(Rule::Certification, Some(least.as_str().to_owned()));
        }
        if !self.allow.iter().all(|list| list.iter().any(fits)) {
            broken(Rule::Allow, None);
        }
        reasons
    }
}
