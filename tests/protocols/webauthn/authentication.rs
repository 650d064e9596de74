//! Attacks on authentication, each with a signature that fits what it says.

use keyward_core::domain::device::DeviceKind;
use keyward_core::factors::webauthn::{AuthenticationRefusal, CredentialVerified};
use serde_json::{Value, json};

use super::{Anna, ORIGIN, assert_accepted, assert_refused, new_device_id, user};
use keyward_test_support::soft_authenticator::{
    COUNTER_AT, FLAGS_AT, SoftAuthenticator, Tampering, with_member,
};

const MALFORMED: &str = "ceremony.malformed";
const REFUSED: &str = "ceremony.refused";

type Outcome = Result<CredentialVerified, AuthenticationRefusal>;

fn with_client_data(change: &dyn Fn(&mut String)) -> Outcome {
    let tampering = Tampering {
        client_data: Some(change),
        ..Tampering::default()
    };
    Anna::with(SoftAuthenticator::passkey()).authenticates_tampered(tampering)
}

fn with_data(change: &dyn Fn(&mut Vec<u8>)) -> Outcome {
    let tampering = Tampering {
        authenticator_data: Some(change),
        ..Tampering::default()
    };
    Anna::with(SoftAuthenticator::passkey()).authenticates_tampered(tampering)
}

fn with_answer(change: &dyn Fn(&mut Value)) -> Outcome {
    let tampering = Tampering {
        answer: Some(change),
        ..Tampering::default()
    };
    Anna::with(SoftAuthenticator::passkey()).authenticates_tampered(tampering)
}

#[test]
fn a_frame_in_a_page_of_another_origin_is_refused() {
    let outcome = with_client_data(&|data| with_member(data, "crossOrigin", json!(true)));
    assert_refused(outcome, REFUSED, "frame");
    for top in [json!("https://evil.example"), json!(ORIGIN), json!(null)] {
        let outcome = with_client_data(&|data| with_member(data, "topOrigin", top.clone()));
        assert_refused(outcome, REFUSED, "frame");
    }
}

#[test]
fn a_phishing_page_is_refused() {
    for origin in [
        "https://example.org.evil.example",
        "https://evil.example",
        "https://anna@example.org",
        "https://example.org/sign-in",
        "https://Example.org",
        "https://login.example.org",
        "http://example.org",
    ] {
        let mut anna = Anna::with(SoftAuthenticator::passkey());
        let outcome =
            anna.answers(|authenticator, options| authenticator.authenticate(options, origin));
        assert_refused(outcome, REFUSED, "origin");
    }
}

#[test]
fn an_answer_to_another_challenge_is_refused() {
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let outcome = with_client_data(&|data| with_member(data, "challenge", json!(other)));
    assert_refused(outcome, REFUSED, "challenge");
}

#[test]
fn a_replayed_answer_is_refused_by_the_next_ceremony() {
    let mut anna = Anna::with(SoftAuthenticator::synced_passkey());
    let mut recorded = None;
    assert_accepted(anna.answers(|authenticator, options| {
        let answer = authenticator.authenticate(options, ORIGIN);
        recorded = Some(answer.clone());
        answer
    }));
    let outcome = anna.answers(|_, _| recorded.expect("an answer"));
    assert_refused(outcome, REFUSED, "challenge");
}

#[test]
fn a_registration_passed_off_as_an_authentication_is_refused() {
    let outcome = with_client_data(&|data| with_member(data, "type", json!("webauthn.create")));
    assert_refused(outcome, REFUSED, "type");
    let outcome = with_data(&|data| {
        data[FLAGS_AT] |= 0x40;
        data.extend([0; 16]);
        data.extend([0, 1, 7, 0xa5, 1, 2, 3, 0x26, 0x20, 1]);
        data.extend([0x21, 0x58, 32]);
        data.extend([1; 32]);
        data.extend([0x22, 0x58, 32]);
        data.extend([1; 32]);
    });
    assert_refused(outcome, REFUSED, "new credential");
}

#[test]
fn client_data_with_a_member_twice_are_refused() {
    for member in [
        r#"{"origin":"https://example.org","#,
        r#"{"type":"webauthn.get","#,
    ] {
        let outcome = with_client_data(&|data| *data = data.replacen('{', member, 1));
        assert_refused(outcome, MALFORMED, "");
    }
}

#[test]
fn client_data_of_another_connection_are_refused() {
    let binding = json!({ "status": "present", "id": "AAAA" });
    let outcome = with_client_data(&|data| with_member(data, "tokenBinding", binding.clone()));
    assert_refused(outcome, REFUSED, "connection");
}

#[test]
fn the_user_handle_of_somebody_else_is_refused() {
    for handle in [user("ben").handle.as_bytes(), &[0], b"anna"] {
        let mut anna = Anna::with(SoftAuthenticator::passkey());
        anna.authenticator.told_user_handle = Some(handle.to_vec());
        assert_refused(anna.authenticates(), REFUSED, "user handle");
    }
}

#[test]
fn a_key_that_tells_no_user_handle_is_accepted() {
    assert_accepted(with_answer(&|answer| {
        answer["response"]["userHandle"] = json!(null)
    }));
    let mut anna = Anna::with_kind(SoftAuthenticator::security_key(), DeviceKind::SecurityKey);
    assert_accepted(anna.authenticates());
}

#[test]
fn an_answer_about_another_credential_is_refused() {
    let other = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let outcome = with_answer(&|answer| answer["id"] = other.clone());
    assert_refused(outcome, REFUSED, "id and rawId differ");
    let outcome = with_answer(&|answer| {
        answer["id"] = other.clone();
        answer["rawId"] = other.clone();
    });
    assert_refused(outcome, "ceremony.unknown_credential", "");
    let outcome = with_answer(&|answer| answer["type"] = json!("public_key"));
    assert_refused(outcome, REFUSED, "type");
}

#[test]
fn another_users_credential_is_refused() {
    let mut ben = Anna::with(SoftAuthenticator::passkey());
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    // Even if the caller hands in too many rows.
    anna.credentials.append(&mut ben.credentials);
    let outcome = anna.answers(|_, options| {
        let mut bens = options.clone();
        bens["allowCredentials"] = json!([]);
        ben.authenticator.authenticate(&bens, ORIGIN)
    });
    assert_refused(outcome, "ceremony.unknown_credential", "");
}

#[test]
fn a_device_removed_during_the_ceremony_is_refused() {
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    let (options, ceremony) = anna
        .party
        .start_authentication(anna.user.id, &anna.credentials)
        .expect("options");
    let answer = anna
        .authenticator
        .authenticate(&options, ORIGIN)
        .to_string();
    let outcome =
        anna.party
            .finish_authentication(ceremony, answer.as_bytes(), &[], &anna.user.handle);
    assert_refused(outcome, "ceremony.unknown_credential", "");
}

#[test]
fn a_device_that_was_not_asked_is_refused() {
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    let (options, ceremony) = anna
        .party
        .start_authentication(anna.user.id, &anna.credentials)
        .expect("options");
    let answer = anna
        .authenticator
        .authenticate(&options, ORIGIN)
        .to_string();
    anna.credentials[0].device_id = new_device_id();
    let outcome = anna.party.finish_authentication(
        ceremony,
        answer.as_bytes(),
        &anna.credentials,
        &anna.user.handle,
    );
    assert_refused(outcome, "ceremony.unknown_credential", "");
}

#[test]
fn a_signature_by_another_key_is_refused() {
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    let mut thief = Anna::with(SoftAuthenticator::passkey());
    let outcome = anna.answers(|authenticator, options| {
        let mut answer = authenticator.authenticate(options, ORIGIN);
        let mut other = options.clone();
        other["allowCredentials"] = json!([]);
        let forged = thief.authenticator.authenticate(&other, ORIGIN);
        answer["response"]["signature"] = forged["response"]["signature"].clone();
        answer
    });
    assert_refused(outcome, REFUSED, "");
}

#[test]
fn an_empty_signature_is_refused() {
    let outcome = with_answer(&|answer| answer["response"]["signature"] = json!(""));
    assert_refused(outcome, REFUSED, "");
}

#[test]
fn bytes_after_the_authenticator_data_are_refused() {
    let outcome = with_data(&|data| data.push(0));
    assert_refused(outcome, MALFORMED, "follow the authenticator data");
    let outcome = with_data(&|data| data.truncate(36));
    assert_refused(outcome, MALFORMED, "end too early");
}

#[test]
fn reserved_flags_are_refused() {
    for flag in [0x02, 0x20] {
        let outcome = with_data(&|data| data[FLAGS_AT] |= flag);
        assert_refused(outcome, REFUSED, "reserved flag");
    }
}

#[test]
fn nobody_at_the_authenticator_is_refused() {
    let outcome = with_data(&|data| data[FLAGS_AT] &= !0x01);
    assert_refused(outcome, REFUSED, "user present");
}

#[test]
fn a_passkey_that_does_not_verify_its_user_is_refused() {
    let unverified = |data: &mut Vec<u8>| data[FLAGS_AT] &= !0x04;
    assert_refused(with_data(&unverified), "ceremony.user_verification", "");
    // Also where a security key beside it made us ask for less.
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    anna.enrols(DeviceKind::SecurityKey);
    anna.authenticator.user_verified = false;
    assert_refused(anna.authenticates(), "ceremony.user_verification", "");
}

#[test]
fn an_answer_for_another_relying_party_is_refused() {
    let outcome = with_data(&|data| data[0] ^= 1);
    assert_refused(outcome, REFUSED, "relying party id");
}

#[test]
fn a_credential_whose_eligibility_for_backup_changes_is_refused() {
    let outcome = with_data(&|data| data[FLAGS_AT] |= 0x08);
    assert_refused(outcome, REFUSED, "backup");
    let mut anna = Anna::with(SoftAuthenticator::synced_passkey());
    anna.authenticator.backup_eligible = false;
    anna.authenticator.backed_up = false;
    assert_refused(anna.authenticates(), REFUSED, "backup");
    let outcome = with_data(&|data| data[FLAGS_AT] |= 0x10);
    assert_refused(outcome, REFUSED, "backed up");
}

#[test]
fn a_copy_whose_counter_went_back_is_reported() {
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    for (stored, presented) in [(7, 6), (7, 7), (7, 0), (u32::MAX, 1)] {
        anna.credentials[0].sign_count = stored;
        anna.authenticator.counter = Some(presented);
        let device = anna.credentials[0].device_id;
        match anna.authenticates() {
            Err(AuthenticationRefusal::CounterWentBack {
                device_id,
                stored: told_stored,
                presented: told_presented,
            }) => {
                assert_eq!(
                    (device_id, told_stored, told_presented),
                    (device, stored, presented)
                );
            }
            other => panic!("{stored} then {presented}: {other:?}"),
        }
        anna.authenticator.counter = Some(presented);
        assert_refused(anna.authenticates(), "ceremony.counter", "");
    }
}

#[test]
fn a_forged_counter_does_not_make_a_device_suspect() {
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    anna.credentials[0].sign_count = 9;
    let forge = |answer: &mut Value| {
        answer["response"]["signature"] = json!("MAYCAQECAQE");
    };
    let lower = |data: &mut Vec<u8>| data[COUNTER_AT + 3] = 1;
    let tampering = Tampering {
        answer: Some(&forge),
        authenticator_data: Some(&lower),
        ..Tampering::default()
    };
    let outcome = anna.authenticates_tampered(tampering);
    assert!(
        matches!(outcome, Err(AuthenticationRefusal::Problem(_))),
        "{outcome:?}"
    );
}

#[test]
fn a_damaged_key_in_the_database_is_our_fault() {
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    anna.credentials[0].public_key.pop();
    assert_refused(anna.authenticates(), "database.row", "public key");
}
