//! Policies: the list, and one with its rules.

use serde::Serialize;

#[cfg(test)]
use super::rules::sample_rules;
use super::rules::{PolicyForm, RuleText};
use crate::views::Page;
use keyward_actions::policy::PolicyOverview;
use keyward_core::clock::Timestamp;
use keyward_core::domain::count::Count;
use keyward_core::domain::model::MetadataEdition;
use keyward_core::domain::policy::{JudgementProgress, PolicyRecord};

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
    fn of(judging: &[JudgementProgress]) -> Option<Self> {
        let sum = |number: fn(&JudgementProgress) -> u64| judging.iter().map(number).sum();
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
    /// What there is at this moment. Everybody's policy is in the list before an administrator made one.
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
        use keyward_core::domain::policy::Rules;
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

/// `GET /console/policies/edit?group=`: a policy with its rules.
#[derive(Clone, Serialize)]
pub struct PolicyPage {
    /// The group; `None` for everybody.
    pub group: Option<String>,
    /// The form: the draft, or else what is in force.
    pub form: PolicyForm,
    /// Since when it is in force.
    pub in_force_since: Option<Timestamp>,
    /// The rules in force.
    pub rules: Vec<RuleText>,
    /// Whether there is a draft to try and to switch on.
    pub has_draft: bool,
    /// What could not be read, where something was refused.
    pub wrong: Option<String>,
}

impl PolicyPage {
    /// A policy as it stands, or one that no administrator has made yet.
    pub fn new(group: Option<String>, record: Option<&PolicyRecord>) -> Self {
        let rules = record.and_then(|record| record.rules.as_ref());
        let draft = record.and_then(|record| record.draft.as_ref());
        let shown = draft.or(rules).cloned().unwrap_or_default();
        Self {
            group,
            form: PolicyForm::from(&shown),
            in_force_since: rules.and(record).and_then(|record| record.switched_on_at),
            rules: rules.map_or_else(Vec::new, RuleText::of),
            has_draft: draft.is_some(),
            wrong: None,
        }
    }
}

impl Page for PolicyPage {
    const TEMPLATE: &'static str = "console/policy.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use keyward_core::domain::group::GroupName;
        use keyward_core::domain::policy::{Rules, Scope};
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
