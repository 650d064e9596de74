//! `keyward policy set`

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::ScopeArgs;
use super::show::lines;
use crate::cli::context::Context;
use keyward_actions::policy;
use keyward_core::domain::assurance_level::AssuranceLevel;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::model::{CertificationLevel, MetadataWord};
use keyward_core::domain::policy::{Attestation, ModelQuery, Rules, Verification};
use keyward_core::problem::{Problem, Result, codes};

/// Arguments of `policy set`. What is not named stays as it is in the draft, or else in the policy
/// in force.
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    whose: ScopeArgs,
    /// Begin with no rule at all
    #[arg(long)]
    empty: bool,
    /// Begin with the rules of a level of NIST SP 800-63B-4: aal1, aal2, aal3
    #[arg(long, value_name = "LEVEL", value_parser = parse_preset, conflicts_with_all = ["empty", "rules"])]
    preset: Option<AssuranceLevel>,
    /// Begin with the rules of a file, in JSON as `policy show --json` prints them
    #[arg(long, value_name = "FILE", conflicts_with = "empty")]
    rules: Option<PathBuf>,
    /// Leave a rule unsaid
    #[arg(long, value_name = "RULE")]
    clear: Vec<RuleName>,
    /// Everybody must have a second factor
    #[arg(long)]
    second_factor: bool,
    /// A kind of device that counts: passkey, security-key, yubikey, totp …
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = parse_kind)]
    kind: Vec<DeviceKind>,
    /// Only devices whose proof cannot be relayed: passkeys and security keys
    #[arg(long)]
    phishing_resistant: bool,
    /// Only hardware keys: security keys that cannot be copied, and YubiKeys
    #[arg(long)]
    hardware_only: bool,
    /// No passkey that its provider copies to other devices
    #[arg(long)]
    device_bound: bool,
    /// Whether passkeys and security keys verify their user
    #[arg(long, value_name = "WHETHER")]
    user_verification: Option<VerificationName>,
    /// Whether passkeys and security keys prove their make at enrolment
    #[arg(long, value_name = "WHETHER")]
    attestation: Option<AttestationName>,
    /// Only models whose attestation was verified
    #[arg(long)]
    verified_models: bool,
    /// Models that count, by AAGUID or by metadata: `certification:L2`,
    /// `key-protection:secure_element`, `user-verification:fingerprint_internal`,
    /// `status:FIDO_CERTIFIED_L1`; ` & ` joins
    #[arg(long, value_name = "MODELS", value_parser = parse_query)]
    allow: Vec<ModelQuery>,
    /// Models that do not count, in the same words
    #[arg(long, value_name = "MODELS", value_parser = parse_query)]
    deny: Vec<ModelQuery>,
    /// A status under which a model does not count: REVOKED, USER_KEY_PHYSICAL_COMPROMISE …
    #[arg(long, value_name = "STATUS", value_parser = parse_word)]
    status: Vec<MetadataWord>,
    /// The least certification: L1, L1plus, L2, L2plus, L3, L3plus
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    certification: Option<CertificationLevel>,
    /// How many devices everybody is reminded to have
    #[arg(long, value_name = "N")]
    least_devices: Option<u16>,
    /// How many devices somebody may have
    #[arg(long, value_name = "N")]
    most_devices: Option<u16>,
    /// How many browsers of one person may be trusted; 0 for none
    #[arg(long, value_name = "N")]
    trusted_browsers: Option<u16>,
    /// How many days a browser is trusted, at most
    #[arg(long, value_name = "DAYS")]
    trusted_browser_days: Option<u16>,
    /// How many days enrolled devices still work that do not satisfy the policy, and people may go
    /// on without a second factor
    #[arg(long, value_name = "DAYS")]
    grace_days: Option<u16>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum VerificationName {
    Discouraged,
    Preferred,
    Required,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum AttestationName {
    None,
    Indirect,
    Direct,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RuleName {
    SecondFactor,
    Kind,
    PhishingResistant,
    HardwareOnly,
    DeviceBound,
    UserVerification,
    Attestation,
    VerifiedModels,
    Allow,
    Deny,
    Status,
    Certification,
    LeastDevices,
    MostDevices,
    TrustedBrowsers,
    TrustedBrowserDays,
    GraceDays,
}

impl Set {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let administrator = &context.administrator;
        let scope = self.whose.scope();
        let present = policy::find(&app, administrator, scope.clone()).await?;
        let present = present.and_then(|record| record.draft.or(record.rules));
        let name = self.whose.name();
        let rules = self.changed(present.unwrap_or_default())?;
        let record = policy::draft(&app, administrator, scope, rules).await?;
        let draft = record.draft.unwrap_or_default();
        context.output.show(&draft, |draft| {
            format!(
                "The draft of the policy for {name}; nothing changes before it is switched on:\n{}",
                lines(draft)
            )
        })
    }

    fn changed(self, present: Rules) -> Result<Rules> {
        let mut rules = match &self.rules {
            _ if self.empty => Rules::default(),
            _ if self.preset.is_some() => self.preset.map(Rules::for_level).unwrap_or_default(),
            None => present,
            Some(path) => read(path)?,
        };
        for rule in &self.clear {
            clear(&mut rules, *rule);
        }
        rules.second_factor |= self.second_factor;
        rules.phishing_resistant |= self.phishing_resistant;
        rules.hardware_only |= self.hardware_only;
        rules.device_bound |= self.device_bound;
        rules.verified_models |= self.verified_models;
        if !self.kind.is_empty() {
            rules.kinds = Some(self.kind.into_iter().collect());
        }
        if let Some(verification) = self.user_verification {
            rules.user_verification = Some(match verification {
                VerificationName::Discouraged => Verification::Discouraged,
                VerificationName::Preferred => Verification::Preferred,
                VerificationName::Required => Verification::Required,
            });
        }
        if let Some(attestation) = self.attestation {
            rules.attestation = Some(match attestation {
                AttestationName::None => Attestation::None,
                AttestationName::Indirect => Attestation::Indirect,
                AttestationName::Direct => Attestation::Direct,
            });
        }
        if !self.allow.is_empty() {
            rules.allow = [self.allow.into_iter().collect()].into();
        }
        if !self.deny.is_empty() {
            rules.deny = self.deny.into_iter().collect();
        }
        if !self.status.is_empty() {
            rules.statuses = self.status.into_iter().collect();
        }
        rules.certification = self.certification.or(rules.certification);
        rules.least_devices = self.least_devices.or(rules.least_devices);
        rules.most_devices = self.most_devices.or(rules.most_devices);
        rules.trusted_browsers = self.trusted_browsers.or(rules.trusted_browsers);
        rules.trusted_browser_days = self.trusted_browser_days.or(rules.trusted_browser_days);
        let grace = self
            .grace_days
            .map(|days| Duration::from_hours(24 * u64::from(days)));
        rules.grace_seconds = grace.map(|grace| grace.as_secs()).or(rules.grace_seconds);
        Ok(rules)
    }
}

fn clear(rules: &mut Rules, rule: RuleName) {
    let nothing = Rules::default();
    match rule {
        RuleName::SecondFactor => rules.second_factor = false,
        RuleName::Kind => rules.kinds = None,
        RuleName::PhishingResistant => rules.phishing_resistant = false,
        RuleName::HardwareOnly => rules.hardware_only = false,
        RuleName::DeviceBound => rules.device_bound = false,
        RuleName::UserVerification => rules.user_verification = None,
        RuleName::Attestation => rules.attestation = None,
        RuleName::VerifiedModels => rules.verified_models = false,
        RuleName::Allow => rules.allow = nothing.allow,
        RuleName::Deny => rules.deny = nothing.deny,
        RuleName::Status => rules.statuses = nothing.statuses,
        RuleName::Certification => rules.certification = None,
        RuleName::LeastDevices => rules.least_devices = None,
        RuleName::MostDevices => rules.most_devices = None,
        RuleName::TrustedBrowsers => rules.trusted_browsers = None,
        RuleName::TrustedBrowserDays => rules.trusted_browser_days = None,
        RuleName::GraceDays => rules.grace_seconds = None,
    }
}

fn read(path: &Path) -> Result<Rules> {
    let invalid = |why: String| {
        Problem::new(codes::POLICY_INVALID).detailed(format!("{}: {why}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| invalid(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))
}

fn parse_preset(text: &str) -> std::result::Result<AssuranceLevel, String> {
    AssuranceLevel::parse(text).ok_or_else(|| format!("\"{text}\" is none of aal1, aal2, aal3"))
}

fn parse_kind(text: &str) -> std::result::Result<DeviceKind, String> {
    DeviceKind::parse(text).ok_or_else(|| format!("\"{text}\" is no kind of device"))
}

fn parse_query(text: &str) -> std::result::Result<ModelQuery, String> {
    ModelQuery::parse(text).map_err(|problem| problem.detail().unwrap_or_default().to_owned())
}

fn parse_word(text: &str) -> std::result::Result<MetadataWord, String> {
    MetadataWord::parse(text).ok_or_else(|| format!("\"{text}\" is no status"))
}

fn parse_level(text: &str) -> std::result::Result<CertificationLevel, String> {
    CertificationLevel::parse(text).ok_or_else(|| format!("\"{text}\" is no level"))
}
