//! No case of the trail without words, and no word of the machine in place of them.

use std::collections::BTreeSet;

use super::{Part, of, samples};
use crate::views::Language;
use crate::views::phrases::Phrases;
use keyward_core::domain::event::{EventDetail, RecordedRefusal};
use keyward_core::domain::event_detail::RefusalParticulars;

/// The names of an enum's cases, by what serde says where it meets another.
fn cases_of<T: serde::de::DeserializeOwned>(tag: &str) -> BTreeSet<String> {
    let unknown = format!(r#"{{"{tag}":"?"}}"#);
    let error = serde_json::from_str::<T>(&unknown)
        .err()
        .expect("an unknown case");
    let error = error.to_string();
    let (_, names) = error.split_once("expected one of ").expect("the cases");
    let names = names.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

fn tags(of: &serde_json::Value, tag: &str, found: &mut BTreeSet<String>) {
    if let Some(case) = of.get(tag).and_then(serde_json::Value::as_str) {
        found.insert(case.to_owned());
    }
    if let Some(members) = of.as_object() {
        members.values().for_each(|member| tags(member, tag, found));
    }
}

#[test]
fn every_case_is_shown_and_read_as_what_was_written() {
    let (mut cases, mut causes) = (BTreeSet::new(), BTreeSet::new());
    for detail in samples::details() {
        let stored = detail.to_stored().expect("every case has a form");
        assert_eq!(EventDetail::from_stored(&stored), detail);
        if let Ok(json) = serde_json::from_str(&stored) {
            tags(&json, "case", &mut cases);
            tags(&json, "by", &mut causes);
        }
        let says_nothing = of(&detail).is_empty();
        let is_for_machines = matches!(detail, EventDetail::Session { .. });
        assert_eq!(says_nothing, is_for_machines, "{detail:?}");
    }
    assert_eq!(cases, cases_of::<EventDetail>("case"));
    assert_eq!(causes, cases_of::<RefusalParticulars>("by"));
}

#[test]
fn every_part_of_every_case_has_words_in_every_language() {
    let keys: BTreeSet<String> = samples::details()
        .iter()
        .flat_map(of)
        .filter_map(|part| match part {
            Part::Sentence { key, .. } => Some(key),
            _ => None,
        })
        .collect();
    for language in Language::ALL {
        let phrases = Phrases::load(language).expect("loads");
        for key in &keys {
            assert!(phrases.has(key), "{key}");
        }
    }
}

#[test]
fn every_reason_has_words_in_every_language() {
    let phrases = Language::ALL.map(|language| Phrases::load(language).expect("loads"));
    for reason in samples::reasons() {
        match (super::Reason::from(&reason), &reason) {
            (super::Reason::Known { key }, RecordedRefusal::Known(_)) => {
                let message = key.split('.').next().unwrap_or_default();
                for phrases in &phrases {
                    assert!(phrases.has(message), "{key}");
                }
            }
            (super::Reason::Other { word }, RecordedRefusal::Other(stored)) => {
                assert_eq!(&word, stored);
            }
            (told, _) => panic!("{reason:?} is told as {told:?}"),
        }
    }
}
