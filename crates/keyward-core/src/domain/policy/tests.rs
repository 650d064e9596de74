//! What holds for all policies, whatever they say.

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Attestation, CredentialFacts, DeviceFacts, Effective, ModelQuery, Rules, Scope, Verification,
};
use crate::clock::Timestamp;
use crate::domain::device::DeviceKind;
use crate::domain::group::GroupName;
use crate::domain::model::{CertificationLevel, MetadataWord, Model, Statements, StatusReport};

const NOW: Timestamp = Timestamp::from_seconds(1_795_564_800);
const WORDS: [&str; 4] = [
    "REVOKED",
    "FIDO_CERTIFIED_L2",
    "hardware",
    "passcode_internal",
];

fn word() -> impl Strategy<Value = MetadataWord> {
    prop::sample::select(WORDS.to_vec()).prop_map(|text| MetadataWord::parse(text).expect("a word"))
}

fn query() -> impl Strategy<Value = ModelQuery> {
    let text = prop::sample::select(vec![
        "00000000-0000-0000-0000-000000000001",
        "00000000-0000-0000-0000-000000000002",
        "certification:L1",
        "certification:L3",
        "key-protection:hardware",
        "status:REVOKED",
        "key-protection:hardware & certification:L2",
        "user-verification:passcode_internal",
    ]);
    text.prop_map(|text| ModelQuery::parse(text).expect("a query"))
}

fn models(least: usize) -> impl Strategy<Value = BTreeSet<ModelQuery>> {
    prop::collection::btree_set(query(), least..4)
}

fn rules() -> impl Strategy<Value = Rules> {
    let kinds = prop::collection::btree_set(prop::sample::select(DeviceKind::ALL.to_vec()), 1..4);
    let flags = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    );
    let verification = prop::option::of(prop::sample::select(vec![
        Verification::Discouraged,
        Verification::Preferred,
        Verification::Required,
    ]));
    let attestation = prop::option::of(prop::sample::select(vec![
        Attestation::None,
        Attestation::Indirect,
        Attestation::Direct,
    ]));
    let certification = prop::option::of(prop::sample::select(CertificationLevel::ALL.to_vec()));
    let lists = (
        prop::collection::btree_set(models(1), 0..2),
        models(0),
        prop::collection::btree_set(word(), 0..2),
        certification,
    );
    let numbers = (
        prop::option::of(1..5_u16),
        prop::option::of(1..5_u16),
        prop::option::of(0..4_u16),
        prop::option::of(1..5_u16),
        prop::option::of(0..100_u64),
    );
    let parts = (
        prop::option::of(kinds),
        flags,
        verification,
        attestation,
        lists,
        numbers,
    );
    parts.prop_map(
        |(kinds, flags, user_verification, attestation, lists, numbers)| Rules {
            second_factor: flags.0,
            kinds,
            phishing_resistant: flags.1,
            hardware_only: flags.2,
            device_bound: flags.3,
            user_verification,
            attestation,
            verified_models: flags.4,
            allow: lists.0,
            deny: lists.1,
            statuses: lists.2,
            certification: lists.3,
            least_devices: numbers.0,
            most_devices: numbers.1,
            trusted_browsers: numbers.2,
            trusted_browser_days: numbers.3,
            grace_seconds: numbers.4,
        },
    )
}

#[derive(Clone, Debug)]
struct Device {
    kind: DeviceKind,
    credential: Option<CredentialFacts>,
    model: Option<Model>,
}

impl Device {
    fn facts(&self) -> DeviceFacts<'_> {
        DeviceFacts {
            kind: self.kind,
            credential: self.credential,
            model: self.model.as_ref(),
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
    );
    parts.prop_map(|(kind, aaguid, flags, reports, words)| {
        let aaguid = Uuid::from_u128(aaguid);
        let report = |status| StatusReport {
            status,
            effective: None,
        };
        Device {
            kind,
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
        let most = |rules: &Rules| rules.most_devices.unwrap_or(u16::MAX);
        prop_assert!(most(&both) <= most(&one));
        let grace = |rules: &Rules| rules.grace_seconds.unwrap_or(u64::MAX);
        prop_assert!(grace(&both) <= grace(&one));
    }

    #[test]
    fn whoever_refuses_is_named(one in rules(), other in rules(), device in device()) {
        let group = Scope::Group(GroupName::parse("admins").expect("a name"));
        let members = vec![(Scope::Everybody, one.clone()), (group.clone(), other.clone())];
        let effective = Effective::of(members);
        let spoken = effective.judge(&device.facts(), NOW);
        prop_assert_eq!(spoken.is_empty(), counts(effective.rules(), &device));
        let speaks = |scope: &Scope| spoken.iter().any(|reason| reason.scope == *scope);
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
