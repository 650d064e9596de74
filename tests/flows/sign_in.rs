//! From the first proof to a session.

use keyward_core::clock::SystemEntropy;
use keyward_core::domain::device::{DeviceId, DeviceKind};
use keyward_core::domain::session::Assurance;
use keyward_core::domain::user::UserId;
use keyward_core::flows::invitation::InvitationTaken;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::sign_in::{
    AwaitingPassword, AwaitingSecondFactor, Finished, RecoveryLinkTaken,
};
use keyward_core::problem::{Code, Result, codes};
use serde_json::json;

use crate::people::{NOW, backup_code_of, browser_of, pass_of, password_of, user};

fn code(result: Result<Finished>) -> Option<Code> {
    result.err().map(|problem| problem.code())
}

/// Whose, how well proved, by what, on which password, and whether a device vouches.
fn told(finished: &Finished) -> (UserId, Assurance, String, Option<i64>, bool) {
    (
        finished.user_id(),
        finished.assurance(),
        finished.methods().joined(),
        finished.password_version(),
        finished.device_id().is_some(),
    )
}

#[test]
fn a_second_factor_finishes_the_sign_in_of_its_own_user_alone() {
    let (anna, ben) = (user("anna"), user("ben"));
    let begun = || AwaitingSecondFactor::begin(password_of(anna.id), NextPath::default(), NOW);
    let (proof, device) = backup_code_of(anna.id);
    let finished = begun().finish(&proof).expect("her own code");
    let expected = (
        anna.id,
        Assurance::Verified,
        "pwd otp mfa".to_owned(),
        Some(3),
        true,
    );
    assert_eq!(told(&finished), expected);
    assert_eq!(
        (finished.device_id(), finished.new_password()),
        (Some(device), None)
    );
    let (proof, _) = backup_code_of(ben.id);
    assert_eq!(
        code(begun().finish(&proof)),
        Some(codes::CEREMONY_UNKNOWN_CREDENTIAL)
    );
}

#[test]
fn a_recovery_link_leads_to_a_new_password_by_the_second_factor_of_its_own_user_alone() {
    let (anna, ben) = (user("anna"), user("ben"));
    let begun = || {
        let link = RecoveryLinkTaken::new(anna.id, "hash".to_owned());
        AwaitingSecondFactor::begin_with_link(link, NOW)
    };
    assert!(begun().is_recovery());
    let (proof, _) = backup_code_of(anna.id);
    let finished = begun().finish(&proof).expect("her own code");
    assert_eq!(
        (finished.new_password(), finished.password_version()),
        (Some("hash"), None)
    );
    let (proof, _) = backup_code_of(ben.id);
    assert_eq!(
        code(begun().finish(&proof)),
        Some(codes::CEREMONY_UNKNOWN_CREDENTIAL)
    );
}

#[test]
fn a_password_finishes_what_a_passkey_of_its_own_user_began_alone() {
    let (anna, ben) = (user("anna"), user("ben"));
    let device = DeviceId::generate(NOW, &SystemEntropy);
    let begun = || {
        let stage = json!({
            "user_id": anna.id,
            "device_id": device,
            "kind": DeviceKind::SecurityKey,
            "next": NextPath::default(),
        });
        serde_json::from_value::<AwaitingPassword>(stage).expect("a stage")
    };
    let finished = begun()
        .finish(&password_of(anna.id))
        .expect("her own password");
    let expected = (
        anna.id,
        Assurance::Verified,
        "pwd hwk mfa".to_owned(),
        Some(3),
        true,
    );
    assert_eq!(told(&finished), expected);
    assert_eq!(finished.device_id(), Some(device));
    let refused = begun().finish(&password_of(ben.id));
    assert_eq!(code(refused), Some(codes::SIGN_IN_TURN_USED));
}

#[test]
fn a_browser_stands_in_for_the_user_who_trusts_it_alone() {
    let (anna, ben) = (user("anna"), user("ben"));
    let by = |browser| {
        Finished::by_trusted_browser(&password_of(anna.id), &browser, NextPath::default())
    };
    let finished = by(browser_of(anna.id)).expect("her own browser");
    let expected = (
        anna.id,
        Assurance::Remembered,
        "pwd".to_owned(),
        Some(3),
        true,
    );
    assert_eq!(told(&finished), expected);
    assert!(finished.browser_id().is_some());
    assert_eq!(code(by(browser_of(ben.id))), Some(codes::SESSION_REQUIRED));
}

#[test]
fn a_pass_and_an_invitation_lead_to_a_first_device_and_count_as_none() {
    let anna = user("anna");
    let table = [
        (Finished::by_pass(&pass_of(anna.id)), Assurance::Pass),
        (
            Finished::by_invitation(InvitationTaken::new(anna.id)),
            Assurance::Enrolment,
        ),
    ];
    for (finished, assurance) in table {
        let expected = (anna.id, assurance, String::new(), None, false);
        assert_eq!(told(&finished), expected);
        assert_eq!(finished.next(), &NextPath::to_enrolment());
    }
}

#[test]
fn a_password_alone_comes_to_what_policy_makes_of_it() {
    let anna = user("anna");
    let password = || password_of(anna.id);
    let table = [
        (
            Finished::by_password(password(), NextPath::default()),
            Assurance::Password,
        ),
        (Finished::to_longer_password(password()), Assurance::Short),
        (Finished::to_enrolment(password()), Assurance::Enrolment),
    ];
    for (finished, assurance) in table {
        assert_eq!(
            told(&finished),
            (anna.id, assurance, "pwd".to_owned(), Some(3), false)
        );
    }
}
