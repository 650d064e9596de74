//! What holds for all policies, whatever they say.

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Attestation, CredentialFacts, DeviceFacts, Effective, Input, InventoryFact, Rule, Rules, Scope,
};
use crate::clock::Timestamp;
use crate::domain::device::DeviceKind;
use crate::domain::group::GroupName;
use crate::domain::model::{Model, RegistryValue, Statements, StatusReport};

const NOW: Timestamp = Timestamp::from_seconds(1_795_564_800);
const WORDS: [&str; 4] = [
    "REVOKED",
    "FIDO_CERTIFIED_L2",
    "hardware",
    "passcode_internal",
];

const QUERIES: [&str; 8] = [
    "00000000-0000-0000-0000-000000000001",
    "00000000-0000-0000-0000-000000000002",
    "certification:L1",
    "certification:L3",
    "key-protection:hardware",
    "status:REVOKED",
    "key-protection:hardware & certification:L2",
    "user-verification:passcode_internal",
];

fn word() -> impl Strategy<Value = RegistryValue> {
    prop::sample::select(WORDS.to_vec())
        .prop_map(|text| RegistryValue::parse(text).expect("a word"))
}

/// What can be typed for a rule.
fn typed(rule: Rule) -> BoxedStrategy<Vec<String>> {
    let some = |texts: &[&str], most| {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let most = texts.len().min(most);
        prop::sample::subsequence(texts, 0..=most).boxed()
    };
    match rule.input() {
        Input::Tick => some(&["true"], 1),
        Input::One(words) => some(&(words.all)(), 1),
        Input::Several(words) => some(&(words.all)(), 4),
        Input::Number => {
            let number = prop::option::of(1..5_u16);
            number
                .prop_map(|number| number.iter().map(ToString::to_string).collect())
                .boxed()
        }
        // The devices below know of these words and of these models.
        Input::Lines { examples } if examples.contains(&WORDS[0]) => some(&WORDS, 2),
        Input::Lines { .. } => some(&QUERIES, 3),
    }
}

fn rules() -> impl Strategy<Value = Rules> {
    Rule::ALL.map(typed).to_vec().prop_map(|texts| {
        let mut rules = Rules::default();
        for (rule, texts) in Rule::ALL.into_iter().zip(texts) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            rules.set(rule, &texts).expect("a rule");
        }
        rules
    })
}

#[derive(Clone, Debug)]
struct Device {
    kind: DeviceKind,
    credential: Option<CredentialFacts>,
    model: Option<Model>,
    key: InventoryFact,
}

impl Device {
    fn facts(&self) -> DeviceFacts<'_> {
        DeviceFacts {
            kind: self.kind,
            credential: self.credential,
            model: self.model.as_ref(),
            key: self.key,
        }
    }
}

fn device() -> impl Strategy<Value = Device> {
    let parts = (
        prop::sample::select(DeviceKind::ALL.to_vec()),
        1..3_u128,
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        prop::collection::vec(word(), 0..3),
        prop::collection::btree_set(word(), 0..3),
        prop::sample::select(vec![
            InventoryFact::NoKey,
            InventoryFact::Key { is_own: false },
            InventoryFact::Key { is_own: true },
        ]),
    );
    parts.prop_map(|(kind, aaguid, flags, reports, words, key)| {
        let aaguid = Uuid::from_u128(aaguid);
        let report = |status| StatusReport {
            status,
            effective: None,
        };
        Device {
            kind,
            key,
            credential: kind.is_webauthn().then_some(CredentialFacts {
                aaguid,
                is_verified_model: flags.0,
                backup_eligible: flags.1,
                user_verified: flags.2,
            }),
            model: flags.3.then(|| Model {
                aaguid,
                description: "Key".to_owned(),
                reports: reports.into_iter().map(report).collect(),
                key_protection: words.clone(),
                user_verification: words,
                statements: Statements::default(),
            }),
        }
    })
}

/// Whether a device counts.
fn counts(rules: &Rules, device: &Device) -> bool {
    rules.judge(&device.facts(), NOW).is_empty()
}

proptest! {
    #[test]
    fn the_order_of_policies_does_not_matter(one in rules(), other in rules()) {
        prop_assert_eq!(one.and(&other), other.and(&one));
    }

    #[test]
    fn nor_does_how_they_are_put_together(one in rules(), two in rules(), three in rules()) {
        prop_assert_eq!(one.and(&two).and(&three), one.and(&two.and(&three)));
    }

    #[test]
    fn a_policy_counted_twice_is_the_same_and_none_changes_nothing(one in rules()) {
        prop_assert_eq!(one.and(&one), one.clone());
        prop_assert_eq!(one.and(&Rules::default()), one);
    }

    #[test]
    fn together_they_refuse_what_either_refuses_and_nothing_else(
        one in rules(), other in rules(), device in device(),
    ) {
        let both = counts(&one, &device) && counts(&other, &device);
        prop_assert_eq!(counts(&one.and(&other), &device), both);
    }

    #[test]
    fn numbers_and_demands_are_never_weaker_than_a_members(one in rules(), other in rules()) {
        let both = one.and(&other);
        prop_assert!(both.second_factor >= one.second_factor);
        prop_assert!(both.user_verification >= one.user_verification);
        prop_assert!(both.attestation_to_ask() >= one.attestation_to_ask());
        prop_assert!(both.least_devices >= one.least_devices);
        let most: [fn(&Rules) -> Option<u16>; 3] = [
            |rules| rules.most_devices,
            |rules| rules.trusted_browsers,
            |rules| rules.trusted_browser_days,
        ];
        for most in most {
            prop_assert!(most(&both).unwrap_or(u16::MAX) <= most(&one).unwrap_or(u16::MAX));
        }
        let grace = |rules: &Rules| rules.grace_seconds.unwrap_or(u64::MAX);
        prop_assert!(grace(&both) <= grace(&one));
    }

    #[test]
    fn whoever_refuses_is_named(one in rules(), other in rules(), device in device()) {
        let group = Scope::Group(GroupName::parse("admins").expect("a name"));
        let members = vec![(Scope::Everybody, one.clone()), (group.clone(), other.clone())];
        let effective = Effective::of(members);
        let violations = effective.judge(&device.facts(), NOW);
        prop_assert_eq!(violations.is_empty(), counts(effective.rules(), &device));
        let speaks = |scope: &Scope| violations.iter().any(|reason| reason.scope == *scope);
        prop_assert_eq!(speaks(&Scope::Everybody), !counts(&one, &device));
        prop_assert_eq!(speaks(&group), !counts(&other, &device));
    }

    #[test]
    fn rules_survive_their_writing(one in rules()) {
        let json = serde_json::to_string(&one).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Rules>(&json).expect("rules"), one);
    }
}

#[test]
fn a_rule_that_nobody_knows_is_refused() {
    assert!(serde_json::from_str::<Rules>(r#"{"divice_bound": true}"#).is_err());
    assert_eq!(
        serde_json::from_str::<Rules>("{}").expect("rules"),
        Rules::default()
    );
}

#[test]
fn rules_that_nobody_could_follow_are_refused() {
    let wrong = [
        Rules {
            kinds: Some(BTreeSet::new()),
            ..Rules::default()
        },
        Rules {
            most_devices: Some(0),
            ..Rules::default()
        },
        Rules {
            least_devices: Some(3),
            most_devices: Some(2),
            ..Rules::default()
        },
        Rules {
            trusted_browser_days: Some(0),
            ..Rules::default()
        },
        Rules {
            allow: [BTreeSet::new()].into(),
            ..Rules::default()
        },
        Rules {
            grace_seconds: Some(u64::MAX),
            ..Rules::default()
        },
        Rules {
            verified_models: true,
            attestation: Some(Attestation::None),
            ..Rules::default()
        },
    ];
    for rules in wrong {
        assert!(rules.clone().checked().is_err(), "{rules:?}");
    }
    assert!(Rules::default().checked().is_ok());
}

/// A rule that asks for what its form offers first.
fn asking(rule: Rule) -> Rules {
    let first = match rule.input() {
        Input::Tick => "true",
        Input::Number => "1",
        Input::One(words) | Input::Several(words) => (words.all)().last().expect("a word"),
        Input::Lines { examples } => examples[0],
    };
    let mut rules = Rules::default();
    rules.set(rule, &[first]).expect("a rule");
    rules
}

#[test]
fn what_is_typed_for_a_rule_is_what_it_says_and_nothing_clears_it() {
    for rule in Rule::ALL {
        let mut rules = asking(rule);
        assert!(rules.said().eq([rule]), "{rule:?} says {rules:?}");
        let typed = rules.typed(rule);
        let texts: Vec<&str> = typed.iter().map(String::as_str).collect();
        let mut again = Rules::default();
        again.set(rule, &texts).expect("a rule");
        assert_eq!(again, rules, "{rule:?}");
        let kept = rules.clone();
        let unreadable = rules.set(rule, &["<nonsense>"]).expect_err("nonsense");
        assert_eq!(unreadable.text, "<nonsense>", "{rule:?}");
        assert_eq!(rules, kept, "{rule:?} is set to nonsense");
        rules.set(rule, &[]).expect("nothing");
        assert!(rules.is_empty(), "{rule:?}");
        again.clear(rule);
        assert!(again.is_empty(), "{rule:?}");
    }
}

#[test]
fn a_rule_has_one_name_of_each_sort() {
    let sorts: [fn(Rule) -> &'static str; 4] =
        [Rule::as_str, Rule::json_name, Rule::field, Rule::option];
    for sort in sorts {
        let names: BTreeSet<_> = Rule::ALL.map(sort).into();
        assert_eq!(names.len(), Rule::ALL.len(), "{names:?}");
    }
    for rule in Rule::ALL {
        assert_eq!(serde_json::json!(rule), rule.as_str(), "in reasons");
        assert_eq!(Rule::of_option(rule.option()), Some(rule));
        let json = serde_json::json!(asking(rule));
        let nothing = serde_json::json!(Rules::default());
        let differs = |name: &&String| json.get(*name) != nothing.get(*name);
        let said: Vec<_> = json
            .as_object()
            .expect("names")
            .keys()
            .filter(differs)
            .collect();
        assert_eq!(said, [rule.json_name()]);
    }
}

#[test]
fn the_names_of_rules_that_are_stored_stay_as_they_are() {
    let stored = r#"{
        "second_factor": true,
        "kinds": ["passkey", "security-key"],
        "phishing_resistant": true,
        "hardware_only": true,
        "device_bound": true,
        "user_verification": "required",
        "attestation": "direct",
        "verified_models": true,
        "allow": [["2fc0579f-8113-47ea-b116-bb5a8db9202a", "certification:L2"]],
        "deny": ["key-protection:software"],
        "statuses": ["REVOKED"],
        "certification": "L1",
        "least_devices": 2,
        "most_devices": 5,
        "trusted_browsers": 0,
        "trusted_browser_days": 7,
        "grace_seconds": 432000
    }"#;
    let stored: serde_json::Value = serde_json::from_str(stored).expect("JSON");
    let rules: Rules = serde_json::from_value(stored.clone()).expect("rules");
    let written = serde_json::json!(rules);
    for (name, value) in stored.as_object().expect("names") {
        assert_eq!(written.get(name), Some(value), "{name}");
        let rule = Rule::ALL.into_iter().find(|rule| rule.json_name() == name);
        assert!(
            rules.said().any(|said| Some(said) == rule),
            "{name} is said"
        );
    }
    let reasons = [
        "kinds",
        "phishing-resistant",
        "hardware-only",
        "device-bound",
        "user-verification",
        "verified-models",
        "deny",
        "statuses",
        "certification",
        "allow",
    ];
    let judged = Rule::judged().map(Rule::as_str);
    assert!(judged.filter(|name| reasons.contains(name)).eq(reasons));
}

proptest! {
    #[test]
    fn rules_that_are_not_said_are_never_broken_and_those_that_are_judged_can_be(
        rules in rules(), device in device(),
    ) {
        let judged: BTreeSet<Rule> = Rule::judged().collect();
        for reason in rules.judge(&device.facts(), NOW) {
            prop_assert!(judged.contains(&reason.rule));
            let is_said = rules.said().any(|rule| rule == reason.rule);
            let is_asked = reason.rule == Rule::VerifiedModels && rules.needs_verified_model();
            prop_assert!(is_said || is_asked, "{:?} is broken unsaid", reason.rule);
        }
    }

    #[test]
    fn a_kind_that_does_not_count_has_no_device_that_does(rules in rules(), device in device()) {
        prop_assert!(rules.counts_kind(device.kind) || !counts(&rules, &device));
    }
}

#[test]
fn each_rule_that_is_judged_is_broken_by_some_device() {
    let aaguid = Uuid::from_u128(0x2fc0_579f_8113_47ea_b116_bb5a_8db9_202a);
    let model = Model {
        aaguid,
        description: "Key".to_owned(),
        reports: vec![StatusReport {
            status: RegistryValue::parse("REVOKED").expect("a word"),
            effective: None,
        }],
        key_protection: BTreeSet::new(),
        user_verification: BTreeSet::new(),
        statements: Statements::default(),
    };
    let mut devices = DeviceKind::ALL.map(|kind| (kind, None, None)).to_vec();
    for is_copied in [false, true] {
        let credential = |aaguid| CredentialFacts {
            aaguid,
            is_verified_model: false,
            backup_eligible: is_copied,
            user_verified: false,
        };
        devices.push((DeviceKind::Passkey, Some(credential(aaguid)), Some(&model)));
        devices.push((DeviceKind::Passkey, Some(credential(Uuid::nil())), None));
    }
    for rule in Rule::ALL {
        let rules = asking(rule);
        let mut broken = devices.iter().flat_map(|(kind, credential, model)| {
            let facts = DeviceFacts {
                kind: *kind,
                credential: *credential,
                model: *model,
                key: InventoryFact::NoKey,
            };
            rules.judge(&facts, NOW)
        });
        let is_judged = Rule::judged().any(|judged| judged == rule);
        assert_eq!(
            broken.any(|reason| reason.rule == rule),
            is_judged,
            "{rule:?}"
        );
    }
}

#[test]
fn what_must_be_known_of_a_model_follows_from_the_rules_that_are_said() {
    let metadata = [Rule::Allow, Rule::Deny, Rule::Statuses, Rule::Certification];
    let proof = [Rule::VerifiedModels, Rule::Allow, Rule::Certification];
    for rule in Rule::ALL {
        let rules = asking(rule);
        assert_eq!(
            rules.asks_for_metadata(),
            metadata.contains(&rule),
            "{rule:?}"
        );
        assert_eq!(
            rules.needs_verified_model(),
            proof.contains(&rule),
            "{rule:?}"
        );
    }
}
