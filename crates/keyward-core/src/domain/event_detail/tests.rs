use super::*;
use crate::problem::codes;

#[test]
fn what_is_no_json_of_ours_is_the_text_that_it_is() {
    for text in [
        "",
        "passkey: Anna's",
        "7",
        "{}",
        r#"{"case":"no-such"}"#,
        r#"{"case":"text"}"#,
    ] {
        let read = EventDetail::from_stored(text);
        assert!(matches!(read, EventDetail::Text(_)), "{read:?}");
        assert_eq!(read.to_stored().expect("a text"), text);
    }
}

#[test]
fn what_a_policy_leaves_unsaid_is_not_kept() {
    let rules = Rules {
        device_bound: true,
        ..Rules::default()
    };
    let policy = EventDetail::Policy {
        scope: Scope::Everybody,
        rules: Some(Box::new(rules)),
    };
    let stored = policy.to_stored().expect("JSON");
    assert_eq!(
        stored,
        r#"{"case":"policy","scope":"","rules":{"device_bound":true}}"#
    );
    assert_eq!(EventDetail::from_stored(&stored), policy);
}

#[test]
fn a_name_is_struck_from_every_field_and_from_nothing_else() {
    let invitation = |email: &str, group: &str| EventDetail::Invitation {
        email: email.to_owned(),
        groups: vec![group.to_owned(), "staff".to_owned()],
    };
    let strike = |text: &str| (text == "ben").then(|| "X".to_owned());
    assert_eq!(
        invitation("ben", "ben").reworded(&strike),
        Some(invitation("X", "X"))
    );
    assert_eq!(invitation("benno", "case").reworded(&strike), None);
    let quoted = EventDetail::from_stored("\"ben\" and ben");
    let all = |text: &str| Some(text.replace("ben", "X"));
    let struck = quoted.reworded(&all).expect("another text");
    assert_eq!(struck.to_stored().expect("a text"), "\"X\" and X");
}

#[test]
fn a_problem_says_of_itself_what_its_cause_is() {
    let particulars = RefusalParticulars::DeviceLimit {
        scopes: vec![Scope::Everybody],
        most: 3,
    };
    let limit = Problem::new(codes::POLICY_TOO_MANY_DEVICES)
        .detailed("everybody: 3")
        .caused_by(particulars.clone());
    assert_eq!(RefusalParticulars::of(&limit), Some(particulars));
    let kind = DeviceKind::Totp;
    assert_eq!(
        EventDetail::refused(Some(kind), &codes::DEVICE_TAKEN.into()),
        Some(EventDetail::Device { kind, name: None })
    );
    assert_eq!(
        EventDetail::refused(None, &codes::DEVICE_TAKEN.into()),
        None
    );
}
