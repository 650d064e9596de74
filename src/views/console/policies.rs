//! Policies: the list, and one with its rules.

use serde::Serialize;

use crate::views::Page;
use keyward_actions::policy::PolicyOverview;
use keyward_core::clock::Timestamp;
use keyward_core::domain::count::Count;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::model::{CertificationLevel, MetadataEdition};
use keyward_core::domain::policy::{Attestation, Effective, ModelQuery, Rules, Verification};
use keyward_store::judging::Judging;
use keyward_store::policies::PolicyRecord;

/// A policy in a list.
#[derive(Clone, Serialize)]
pub struct PolicyRow {
    /// The group; `None` for everybody.
    pub group: Option<String>,
    /// Since when it is in force; `None` where it is not.
    pub in_force_since: Option<Timestamp>,
    /// The rules in force that ask for something.
    pub rules: Vec<RuleText>,
    /// Whether there is a draft.
    pub has_draft: bool,
}

impl From<&PolicyRecord> for PolicyRow {
    fn from(record: &PolicyRecord) -> Self {
        let rules = record.rules.as_ref();
        Self {
            group: record.scope.group().map(|name| name.as_str().to_owned()),
            in_force_since: rules.and(record.switched_on_at),
            rules: rules.map_or_else(Vec::new, RuleText::of),
            has_draft: record.draft.is_some(),
        }
    }
}

/// A rule that asks for something, for a line of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleText {
    /// The rule's name in the locale files.
    pub rule: &'static str,
    /// What it is set to: a word of the locale files, or what somebody typed.
    pub values: Vec<String>,
    /// Its number, where it is one.
    pub number: Option<u64>,
}

impl RuleText {
    /// The rules that ask for something.
    pub fn of(rules: &Rules) -> Vec<Self> {
        let on = |rule, is_on: bool| is_on.then(|| Self::named(rule, Vec::new()));
        let said =
            |rule, values: Vec<String>| (!values.is_empty()).then(|| Self::named(rule, values));
        let number = |rule, number: Option<u64>| {
            number.map(|number| Self {
                rule,
                values: Vec::new(),
                number: Some(number),
            })
        };
        let kinds = rules.kinds.iter().flatten();
        let allow = rules.allow.iter().flatten();
        [
            on("second-factor", rules.second_factor),
            said(
                "kinds",
                kinds.map(|kind| kind.as_str().to_owned()).collect(),
            ),
            on("phishing-resistant", rules.phishing_resistant),
            on("hardware-only", rules.hardware_only),
            on("device-bound", rules.device_bound),
            said("user-verification", verification(rules.user_verification)),
            said("attestation", attestation(rules.attestation)),
            on("verified-models", rules.verified_models),
            said("allow", allow.map(ToString::to_string).collect()),
            said("deny", rules.deny.iter().map(ToString::to_string).collect()),
            said(
                "statuses",
                rules.statuses.iter().map(ToString::to_string).collect(),
            ),
            said("certification", level(rules.certification)),
            number("least-devices", rules.least_devices.map(u64::from)),
            number("most-devices", rules.most_devices.map(u64::from)),
            number("trusted-browsers", rules.trusted_browsers.map(u64::from)),
            number(
                "trusted-browser-days",
                rules.trusted_browser_days.map(u64::from),
            ),
            number("grace", rules.grace_seconds.map(|seconds| seconds / 86_400)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn named(rule: &'static str, values: Vec<String>) -> Self {
        Self {
            rule,
            values,
            number: None,
        }
    }
}

fn verification(said: Option<Verification>) -> Vec<String> {
    let word = |said| match said {
        Verification::Discouraged => "discouraged",
        Verification::Preferred => "preferred",
        Verification::Required => "required",
    };
    said.map(word).map(str::to_owned).into_iter().collect()
}

fn attestation(said: Option<Attestation>) -> Vec<String> {
    let word = |said| match said {
        Attestation::None => "none",
        Attestation::Indirect => "indirect",
        Attestation::Direct => "direct",
    };
    said.map(word).map(str::to_owned).into_iter().collect()
}

fn level(said: Option<CertificationLevel>) -> Vec<String> {
    said.map(|level| level.as_str().to_owned())
        .into_iter()
        .collect()
}

/// Which FIDO metadata is in use.
#[derive(Clone, Serialize)]
pub struct MetadataRow {
    /// Its serial number.
    pub serial: i64,
    /// How many models it tells of.
    pub models: i64,
    /// When it was imported.
    pub imported_at: Timestamp,
    /// Whether the next edition should have come.
    pub is_overdue: bool,
}

impl MetadataRow {
    fn new(edition: &MetadataEdition, now: Timestamp) -> Self {
        Self {
            serial: edition.serial,
            models: edition.models,
            imported_at: edition.imported_at,
            is_overdue: edition.is_overdue(now),
        }
    }
}

/// How far something has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// How many are done.
    pub done: u64,
    /// Of how many, as far as that is known.
    pub of: u64,
}

impl Progress {
    /// How far these judgements have come, all together.
    fn of(judging: &[Judging]) -> Option<Self> {
        let sum = |number: fn(&Judging) -> u64| judging.iter().map(number).sum();
        (!judging.is_empty()).then(|| Self {
            done: sum(|one| one.judged),
            of: sum(|one| one.people.max(one.judged)),
        })
    }
}

/// `GET /console/policies`.
#[derive(Clone, Serialize)]
pub struct PoliciesPage {
    /// The policies, everybody's first.
    pub policies: Vec<PolicyRow>,
    /// Groups without a policy.
    pub groups: Vec<String>,
    /// How many devices stop working, or have stopped.
    pub stopping: Count,
    /// How many people are still to be judged after a change, and how many were; none when that is
    /// over.
    pub judging: Option<Progress>,
    /// The metadata in use.
    pub metadata: Option<MetadataRow>,
}

impl PoliciesPage {
    /// What there is at this moment. Everybody's policy is in the list before anybody made one.
    pub fn new(overview: &PolicyOverview, groups: Vec<String>, now: Timestamp) -> Self {
        let mut policies: Vec<PolicyRow> = overview.policies.iter().map(PolicyRow::from).collect();
        if policies.first().is_none_or(|first| first.group.is_some()) {
            let nothing = PolicyRow {
                group: None,
                in_force_since: None,
                rules: Vec::new(),
                has_draft: false,
            };
            policies.insert(0, nothing);
        }
        let has_none = |name: &String| !policies.iter().any(|row| row.group.as_ref() == Some(name));
        Self {
            groups: groups.into_iter().filter(has_none).collect(),
            policies,
            stopping: overview.stopping,
            judging: Progress::of(&overview.judging),
            metadata: overview
                .metadata
                .as_ref()
                .map(|edition| MetadataRow::new(edition, now)),
        }
    }
}

impl Page for PoliciesPage {
    const TEMPLATE: &'static str = "console/policies.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::ago;
        let row = |group: Option<&str>, rules: &Rules, has_draft| PolicyRow {
            group: group.map(str::to_owned),
            in_force_since: (!rules.is_empty()).then(|| ago(90_000)),
            rules: RuleText::of(rules),
            has_draft,
        };
        let metadata = |is_overdue| MetadataRow {
            serial: 112,
            models: 300,
            imported_at: ago(90_000),
            is_overdue,
        };
        vec![
            Self {
                policies: vec![row(None, &Rules::default(), false)],
                groups: Vec::new(),
                stopping: Count::of(0),
                judging: None,
                metadata: None,
            },
            Self {
                policies: vec![
                    row(None, &sample_rules(), true),
                    row(Some("<admins>"), &Rules::default(), true),
                ],
                groups: vec!["staff".to_owned()],
                stopping: Count::of(12),
                judging: Some(Progress {
                    done: 500,
                    of: 12_000,
                }),
                metadata: Some(metadata(false)),
            },
            Self {
                policies: vec![row(None, &sample_rules(), false)],
                groups: vec!["staff".to_owned()],
                stopping: Count::of(20_000),
                judging: None,
                metadata: Some(metadata(true)),
            },
        ]
    }
}

/// The fields of a policy's form, as they were typed or as they stand.
#[derive(Clone, Default, Serialize)]
pub struct PolicyForm {
    /// Everybody must have a second factor.
    pub second_factor: bool,
    /// The kinds that count; none for all.
    pub kinds: Vec<String>,
    /// Only passkeys and security keys.
    pub phishing_resistant: bool,
    /// Only hardware keys.
    pub hardware_only: bool,
    /// No passkey that is copied.
    pub device_bound: bool,
    /// `discouraged`, `preferred`, `required` or nothing.
    pub user_verification: String,
    /// `none`, `indirect`, `direct` or nothing.
    pub attestation: String,
    /// Only verified models.
    pub verified_models: bool,
    /// Models that count, one a line.
    pub allow: String,
    /// Models that do not count, one a line.
    pub deny: String,
    /// Statuses under which a model does not count, one a line.
    pub statuses: String,
    /// The least certification, or nothing.
    pub certification: String,
    /// How many devices everybody is reminded to have.
    pub least_devices: String,
    /// How many devices somebody may have.
    pub most_devices: String,
    /// How many browsers of one person may be trusted.
    pub trusted_browsers: String,
    /// How many days a browser is trusted.
    pub trusted_browser_days: String,
    /// How many days devices still work that do not satisfy the policy.
    pub grace_days: String,
}

impl From<&Rules> for PolicyForm {
    fn from(rules: &Rules) -> Self {
        let kinds = rules.kinds.iter().flatten();
        let one = |words: Vec<String>| words.into_iter().next().unwrap_or_default();
        let number = |number: Option<u64>| number.map_or_else(String::new, |n| n.to_string());
        let queries = |list: Vec<&ModelQuery>| {
            let lines: Vec<String> = list.into_iter().map(ToString::to_string).collect();
            lines.join("\n")
        };
        let statuses: Vec<&str> = rules.statuses.iter().map(|word| word.as_str()).collect();
        Self {
            second_factor: rules.second_factor,
            kinds: kinds.map(|kind| kind.as_str().to_owned()).collect(),
            phishing_resistant: rules.phishing_resistant,
            hardware_only: rules.hardware_only,
            device_bound: rules.device_bound,
            user_verification: one(verification(rules.user_verification)),
            attestation: one(attestation(rules.attestation)),
            verified_models: rules.verified_models,
            allow: queries(rules.allow.iter().flatten().collect()),
            deny: queries(rules.deny.iter().collect()),
            statuses: statuses.join("\n"),
            certification: one(level(rules.certification)),
            least_devices: number(rules.least_devices.map(u64::from)),
            most_devices: number(rules.most_devices.map(u64::from)),
            trusted_browsers: number(rules.trusted_browsers.map(u64::from)),
            trusted_browser_days: number(rules.trusted_browser_days.map(u64::from)),
            grace_days: number(rules.grace_seconds.map(|seconds| seconds / 86_400)),
        }
    }
}

/// `GET /console/policies/edit?group=`: a policy with its rules.
#[derive(Clone, Serialize)]
pub struct PolicyPage {
    /// The group; `None` for everybody.
    pub group: Option<String>,
    /// The form: the draft, or else what is in force.
    pub form: PolicyForm,
    /// All kinds of devices.
    pub all_kinds: Vec<DeviceKind>,
    /// All certification levels.
    pub all_levels: Vec<&'static str>,
    /// Since when it is in force.
    pub in_force_since: Option<Timestamp>,
    /// The rules in force.
    pub rules: Vec<RuleText>,
    /// Whether there is a draft to try and to switch on.
    pub has_draft: bool,
    /// What could not be read, where something was refused.
    pub wrong: Option<String>,
    /// How many days devices still work where no policy says so.
    pub usual_grace_days: u64,
}

impl PolicyPage {
    /// A policy as it stands, or one that nobody has made yet.
    pub fn new(group: Option<String>, record: Option<&PolicyRecord>) -> Self {
        let rules = record.and_then(|record| record.rules.as_ref());
        let draft = record.and_then(|record| record.draft.as_ref());
        let shown = draft.or(rules).cloned().unwrap_or_default();
        Self {
            group,
            form: PolicyForm::from(&shown),
            all_kinds: DeviceKind::ALL.to_vec(),
            all_levels: CertificationLevel::ALL
                .map(CertificationLevel::as_str)
                .into(),
            in_force_since: rules.and(record).and_then(|record| record.switched_on_at),
            rules: rules.map_or_else(Vec::new, RuleText::of),
            has_draft: draft.is_some(),
            wrong: None,
            usual_grace_days: Rules::USUAL_GRACE.as_secs() / 86_400,
        }
    }
}

impl Page for PolicyPage {
    const TEMPLATE: &'static str = "console/policy.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use keyward_core::domain::group::GroupName;
        use keyward_core::domain::policy::Scope;
        let record = |rules: Option<Rules>, draft: Option<Rules>| PolicyRecord {
            is_quiet: false,
            scope: Scope::Group(GroupName::parse("admins").expect("a name")),
            rules,
            draft,
            version: 3,
            switched_on_at: Some(crate::views::tests::ago(9_000)),
        };
        let mut refused = Self::new(Some("admins".to_owned()), None);
        refused.wrong = Some("<yubikey>".to_owned());
        vec![
            Self::new(None, None),
            Self::new(None, Some(&record(Some(sample_rules()), None))),
            Self::new(
                Some("admins".to_owned()),
                Some(&record(Some(sample_rules()), Some(Rules::default()))),
            ),
            Self::new(
                Some("admins".to_owned()),
                Some(&record(None, Some(sample_rules()))),
            ),
            refused,
        ]
    }
}

/// A rule that holds for one person, and whose policies ask for it.
#[derive(Clone, Serialize)]
pub struct HoldingRule {
    /// The rule.
    #[serde(flatten)]
    pub text: RuleText,
    /// The groups that ask for it.
    pub groups: Vec<String>,
    /// Whether everybody's policy asks for it.
    pub is_everybodys: bool,
}

impl HoldingRule {
    /// What holds for one person.
    pub fn of(effective: &Effective) -> Vec<Self> {
        let rule = |text: RuleText| {
            let name = text.rule;
            let part = move |rules: &Rules| {
                let texts = RuleText::of(rules);
                texts.into_iter().find(|text| text.rule == name)
            };
            let scopes = effective.spoken_by(part);
            let groups = scopes.iter().filter_map(|scope| scope.group());
            Self {
                groups: groups.map(|name| name.as_str().to_owned()).collect(),
                is_everybodys: scopes.iter().any(|scope| scope.group().is_none()),
                text,
            }
        };
        RuleText::of(effective.rules())
            .into_iter()
            .map(rule)
            .collect()
    }

    #[cfg(test)]
    pub(super) fn samples() -> Vec<Self> {
        let texts = RuleText::of(&sample_rules()).into_iter().enumerate();
        texts
            .map(|(place, text)| Self {
                text,
                groups: vec!["admins".to_owned(); place % 3],
                is_everybodys: place % 3 == 0,
            })
            .collect()
    }
}

#[cfg(test)]
fn sample_rules() -> Rules {
    let query = |text: &str| ModelQuery::parse(text).expect("a query");
    let word = |text: &str| keyward_core::domain::model::MetadataWord::parse(text).expect("a word");
    Rules {
        second_factor: true,
        kinds: Some([DeviceKind::Passkey, DeviceKind::SecurityKey].into()),
        phishing_resistant: true,
        hardware_only: true,
        device_bound: true,
        user_verification: Some(Verification::Required),
        attestation: Some(Attestation::Direct),
        verified_models: true,
        allow: [[
            query("certification:L2 & key-protection:secure_element"),
            query("2fc0579f-8113-47ea-b116-bb5a8db9202a"),
        ]
        .into()]
        .into(),
        deny: [query("status:UPDATE_AVAILABLE")].into(),
        statuses: [word("REVOKED"), word("USER_KEY_PHYSICAL_COMPROMISE")].into(),
        certification: Some(CertificationLevel::L1),
        least_devices: Some(2),
        most_devices: Some(5),
        trusted_browsers: Some(1),
        trusted_browser_days: Some(7),
        grace_seconds: Some(7 * 86_400),
    }
}
