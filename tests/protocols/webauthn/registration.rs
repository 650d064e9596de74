//! Attacks on registration from the browser's side, each rightly signed.

use keyward_core::domain::device::DeviceKind;
use keyward_core::factors::webauthn::CredentialRegistered;
use keyward_core::problem::Problem;
use serde_json::{Value, json};

use super::{Anna, ORIGIN, assert_accepted, assert_refused, relying_party, user};
use keyward_test_support::soft_authenticator::{
    Attestation, SoftAuthenticator, Tampering, with_member,
};

const MALFORMED: &str = "ceremony.malformed";
const REFUSED: &str = "ceremony.refused";

pub(super) fn register(
    mut authenticator: SoftAuthenticator,
    kind: DeviceKind,
    origin: &str,
    tampering: Tampering<'_>,
) -> Result<CredentialRegistered, Problem> {
    let party = relying_party();
    let (options, ceremony) = party
        .start_registration(&user("anna"), kind, &[])
        .expect("options");
    let answer = authenticator.register_tampered(&options, origin, tampering);
    party.finish_registration(ceremony, answer.to_string().as_bytes())
}

/// With self attestation, so that changed authenticator data stay rightly signed.
pub(super) fn attested() -> SoftAuthenticator {
    let mut authenticator = SoftAuthenticator::passkey();
    authenticator.attestation = Attestation::PackedSelf;
    authenticator
}

fn with_client_data(change: &dyn Fn(&mut String)) -> Result<CredentialRegistered, Problem> {
    let tampering = Tampering {
        client_data: Some(change),
        ..Tampering::default()
    };
    register(attested(), DeviceKind::Passkey, ORIGIN, tampering)
}

fn with_answer(change: &dyn Fn(&mut Value)) -> Result<CredentialRegistered, Problem> {
    let tampering = Tampering {
        answer: Some(change),
        ..Tampering::default()
    };
    register(attested(), DeviceKind::Passkey, ORIGIN, tampering)
}

#[test]
fn without_tampering_it_is_accepted() {
    assert_accepted(with_client_data(&|_| ()));
}

#[test]
fn a_frame_in_a_page_of_another_origin_is_refused() {
    let mut framed = attested();
    framed.cross_origin = true;
    let outcome = register(
        framed.clone(),
        DeviceKind::Passkey,
        ORIGIN,
        Tampering::default(),
    );
    assert_refused(outcome, REFUSED, "frame");
    framed.cross_origin = false;
    framed.top_origin = Some("https://evil.example".to_owned());
    let outcome = register(framed, DeviceKind::Passkey, ORIGIN, Tampering::default());
    assert_refused(outcome, REFUSED, "frame");
}

#[test]
fn an_origin_that_is_not_exactly_ours_is_refused() {
    for origin in [
        "https://example.org/",
        "https://example.org/path",
        "https://anna@example.org",
        "https://EXAMPLE.org",
        "HTTPS://example.org",
        "https://example.org:443",
        "https://example.org:8443",
        "https://example.org.",
        "https://sub.example.org",
        "https://example.org.evil.example",
        "http://example.org",
        "https://exam\u{440}le.org",
        "null",
        "",
    ] {
        let outcome = register(
            attested(),
            DeviceKind::Passkey,
            origin,
            Tampering::default(),
        );
        assert_refused(outcome, REFUSED, "origin");
    }
}

#[test]
fn a_second_origin_of_ours_is_accepted() {
    let other = "https://keys.example.org:8443";
    assert_accepted(register(
        attested(),
        DeviceKind::Passkey,
        other,
        Tampering::default(),
    ));
}

#[test]
fn an_answer_to_another_challenge_is_refused() {
    for challenge in ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "", "="] {
        let outcome = with_client_data(&|data| with_member(data, "challenge", json!(challenge)));
        assert_refused(outcome, REFUSED, "challenge");
    }
    // The same bytes with padding are another spelling.
    let outcome = with_client_data(&|data| {
        let members: Value = serde_json::from_str(data).expect("client data");
        let padded = format!("{}=", members["challenge"].as_str().expect("a challenge"));
        with_member(data, "challenge", json!(padded));
    });
    assert_refused(outcome, REFUSED, "challenge");
}

#[test]
fn an_authentication_passed_off_as_a_registration_is_refused() {
    for purpose in ["webauthn.get", "webauthn.Create", "payment.get"] {
        let outcome = with_client_data(&|data| with_member(data, "type", json!(purpose)));
        assert_refused(outcome, REFUSED, "type");
    }
}

#[test]
fn client_data_of_another_connection_are_refused() {
    for binding in [
        json!({ "status": "present", "id": "AAAA" }),
        json!({ "status": "present" }),
        json!({ "status": "supported", "id": "AAAA" }),
    ] {
        let outcome = with_client_data(&|data| with_member(data, "tokenBinding", binding.clone()));
        assert_refused(outcome, REFUSED, "connection");
    }
    let old_browser = json!({ "status": "supported" });
    assert_accepted(with_client_data(&|data| {
        with_member(data, "tokenBinding", old_browser.clone())
    }));
}

#[test]
fn client_data_that_can_be_read_in_two_ways_are_refused() {
    for (before, after) in [
        ("{", r#"{"origin":"https://example.org","#),
        ("{", r#"{"crossOrigin":false,"#),
        ("{", "\u{feff}\u{feff}{"),
        ("}", "}{}"),
        ("\"crossOrigin\":false", "\"crossOrigin\":null"),
        ("\"crossOrigin\":false", "\"crossOrigin\":0"),
        ("\"crossOrigin\":false", "\"topOrigin\":null"),
    ] {
        let outcome = with_client_data(&|data| *data = data.replacen(before, after, 1));
        let code = if after.contains("topOrigin") {
            REFUSED
        } else {
            MALFORMED
        };
        assert_refused(outcome, code, "");
    }
}

#[test]
fn unknown_members_of_client_data_are_no_reason_to_refuse() {
    assert_accepted(with_client_data(&|data| {
        with_member(data, "other_keys_can_be_added_here", json!("x"))
    }));
}

#[test]
fn an_answer_about_another_credential_is_refused() {
    let other = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let outcome = with_answer(&|answer| answer["id"] = other.clone());
    assert_refused(outcome, REFUSED, "id and rawId differ");
    let outcome = with_answer(&|answer| answer["rawId"] = other.clone());
    assert_refused(outcome, REFUSED, "id and rawId differ");
    let outcome = with_answer(&|answer| {
        answer["id"] = other.clone();
        answer["rawId"] = other.clone();
    });
    assert_refused(
        outcome,
        REFUSED,
        "rawId is not the id in the authenticator data",
    );
}

#[test]
fn a_credential_of_another_type_is_refused() {
    let outcome = with_answer(&|answer| answer["type"] = json!("password"));
    assert_refused(outcome, REFUSED, "type");
}

#[test]
fn another_spelling_of_base64url_is_refused() {
    for member in ["clientDataJSON", "attestationObject"] {
        for (before, after) in [("", "="), ("", " "), ("+", "")] {
            let outcome = with_answer(&|answer| {
                let text = answer["response"][member].as_str().expect("a text");
                answer["response"][member] = json!(format!("{before}{text}{after}"));
            });
            assert_refused(outcome, MALFORMED, "base64url");
        }
    }
    let outcome = with_answer(&|answer| {
        let padded = format!("{}=", answer["rawId"].as_str().expect("an id"));
        (answer["id"], answer["rawId"]) = (json!(padded), json!(padded));
    });
    assert_refused(outcome, MALFORMED, "base64url");
}

#[test]
fn an_answer_of_another_shape_is_refused() {
    let party = relying_party();
    for answer in ["", "null", "[]", "{}", "\"x\"", "{\"id\":1}", "\u{0}"] {
        let started = party.start_registration(&user("anna"), DeviceKind::Passkey, &[]);
        let outcome = party.finish_registration(started.expect("options").1, answer.as_bytes());
        assert_refused(outcome, MALFORMED, "");
    }
    let outcome = with_answer(&|answer| answer["padding"] = json!("x".repeat(64 * 1024)));
    assert_refused(outcome, MALFORMED, "too long");
    let outcome = with_answer(&|answer| answer["response"]["transports"] = json!("usb"));
    assert_refused(outcome, MALFORMED, "");
}

#[test]
fn an_authenticator_that_is_registered_already_is_refused() {
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    let (options, ceremony) = anna
        .party
        .start_registration(&anna.user, DeviceKind::Passkey, &anna.credentials)
        .expect("options");
    let excluded = &options["excludeCredentials"][0]["id"];
    let answer = anna.authenticator.register_again(&options, ORIGIN);
    assert_eq!(*excluded, answer["rawId"]);
    let outcome = anna
        .party
        .finish_registration(ceremony, answer.to_string().as_bytes());
    assert_refused(outcome, "ceremony.already_registered", "");
}

#[test]
fn an_answer_to_somebody_elses_ceremony_is_refused() {
    let party = relying_party();
    let mut authenticator = SoftAuthenticator::passkey();
    let start = |name| party.start_registration(&user(name), DeviceKind::Passkey, &[]);
    let (annas_options, _) = start("anna").expect("options");
    let (_, bens_ceremony) = start("ben").expect("options");
    let answer = authenticator.register(&annas_options, ORIGIN).to_string();
    let outcome = party.finish_registration(bens_ceremony, answer.as_bytes());
    assert_refused(outcome, REFUSED, "challenge");
}
