//! What honest people's authenticators do, and what they are asked.

use std::time::Duration;

use keyward_core::clock::{SystemEntropy, Timestamp};
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::user::UserId;
use keyward_core::factors::webauthn::{
    AttestationConveyance, RelyingParty, RelyingPartySettings, UserVerification,
};
use serde_json::json;

use super::{Anna, assert_accepted, assert_refused, relying_party, settings, user};
use keyward_test_support::soft_authenticator::{Algorithm, Attestation, SoftAuthenticator};

#[test]
fn a_passkey_is_asked_for_as_one() {
    let anna = user("anna");
    let (options, ceremony) = relying_party()
        .start_registration(&anna, DeviceKind::Passkey, &[])
        .expect("options");
    assert_eq!(ceremony.user_id(), anna.id);
    assert_eq!(
        options["rp"],
        json!({ "id": "example.org", "name": "Example" })
    );
    assert_eq!(options["user"]["name"], "anna");
    assert_eq!(
        options["user"]["id"].as_str().map(str::len),
        Some(43),
        "32 random bytes"
    );
    assert_eq!(
        options["challenge"].as_str().map(str::len),
        Some(43),
        "32 random bytes"
    );
    assert_eq!(
        options["authenticatorSelection"],
        json!({
            "residentKey": "preferred",
            "requireResidentKey": false,
            "userVerification": "required",
        })
    );
    let algorithms: Vec<_> = options["pubKeyCredParams"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let numbers: Vec<_> = algorithms.iter().map(|one| one["alg"].as_i64()).collect();
    assert_eq!(numbers, [Some(-7), Some(-8), Some(-35), Some(-257)]);
    assert_eq!(
        options["hints"],
        json!(["client-device", "hybrid", "security-key"])
    );
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["extensions"], json!({ "credProps": true }));
    assert_eq!(options["timeout"], 300_000);
}

#[test]
fn a_security_key_never_needs_a_pin() {
    for verification in [UserVerification::Required, UserVerification::Preferred] {
        let party = RelyingParty::new(RelyingPartySettings {
            user_verification: verification,
            ..settings()
        });
        let (options, _) = party
            .expect("a relying party")
            .start_registration(&user("anna"), DeviceKind::SecurityKey, &[])
            .expect("options");
        assert_eq!(
            options["authenticatorSelection"],
            json!({
                "authenticatorAttachment": "cross-platform",
                "residentKey": "preferred",
                "requireResidentKey": false,
                "userVerification": "preferred",
            })
        );
        assert_eq!(options["hints"], json!(["security-key"]));
    }
}

#[test]
fn what_an_authenticator_told_is_kept() {
    let mut authenticator = SoftAuthenticator::synced_passkey();
    authenticator.transports = vec!["usb", "carrier-pigeon", "internal", "internal"];
    let mut anna = Anna::with(authenticator);
    let kept = &anna.credentials[0];
    assert_eq!(kept.aaguid.as_bytes(), b"soft-passkey-001");
    assert_eq!(kept.transports, ["internal", "usb"]);
    assert_eq!((kept.backup_eligible, kept.backed_up), (true, true));
    assert_eq!((kept.user_verified, kept.discoverable), (true, Some(true)));
    assert_eq!((kept.kind, kept.sign_count), (DeviceKind::Passkey, 0));
    assert_eq!(kept.attestation_format, "none");

    let (options, _) = anna
        .party
        .start_registration(&anna.user, DeviceKind::SecurityKey, &anna.credentials)
        .expect("options");
    assert_eq!(
        options["excludeCredentials"][0]["transports"],
        json!(["internal", "usb"])
    );
    anna.authenticator.backed_up = false;
    let verified = anna.authenticates().expect("verified");
    assert!(!verified.backed_up(), "the backup state may change");
}

#[test]
fn the_model_is_known_by_its_aaguid() {
    for (aaguid, model) in [
        (
            "fbfc3007-154e-4ecc-8c0b-6e020557d7bd",
            Some("Apple Passwords"),
        ),
        ("00000000-0000-0000-0000-000000000000", None),
    ] {
        let party = relying_party();
        let mut authenticator = SoftAuthenticator::passkey();
        authenticator.aaguid = uuid::Uuid::parse_str(aaguid).expect("an id").into_bytes();
        let (options, ceremony) = party
            .start_registration(&user("anna"), DeviceKind::Passkey, &[])
            .expect("options");
        let answer = authenticator.register(&options, super::ORIGIN).to_string();
        let registered = party.finish_registration(ceremony, answer.as_bytes());
        assert_eq!(registered.expect("registered").model(), model);
    }
}

#[test]
fn a_counter_that_rises_is_stored() {
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    assert_eq!(anna.credentials[0].sign_count, 1);
    for expected in 2..5 {
        let verified = anna.authenticates().expect("verified");
        assert_eq!(verified.sign_count(), expected);
        assert!(verified.user_verified());
        assert_eq!(verified.device_id(), anna.credentials[0].device_id);
        anna.credentials[0].sign_count = verified.sign_count();
    }
}

#[test]
fn a_synced_passkey_that_never_counts_signs_in_again_and_again() {
    let mut anna = Anna::with(SoftAuthenticator::synced_passkey());
    for _ in 0..3 {
        assert_eq!(anna.authenticates().expect("verified").sign_count(), 0);
    }
}

#[test]
fn a_u2f_key_without_a_pin_is_a_security_key() {
    let mut anna = Anna::with_kind(SoftAuthenticator::u2f_key(), DeviceKind::SecurityKey);
    assert_eq!(anna.credentials[0].attestation_format, "fido-u2f");
    assert!(anna.credentials[0].aaguid.is_nil());
    let verified = anna.authenticates().expect("verified");
    assert!(!verified.user_verified());
    assert_eq!(verified.kind(), DeviceKind::SecurityKey);
}

#[test]
fn every_algorithm_and_statement_that_we_offer_works() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384] {
        for attestation in [Attestation::None, Attestation::PackedSelf] {
            let mut authenticator = SoftAuthenticator::passkey();
            authenticator.algorithm = algorithm;
            authenticator.attestation = attestation;
            assert_accepted(Anna::with(authenticator).authenticates());
        }
    }
}

#[test]
fn a_pin_is_demanded_only_where_every_authenticator_has_one() {
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    let asked = |anna: &Anna| {
        let started = anna
            .party
            .start_authentication(anna.user.id, &anna.credentials);
        started.expect("options").0
    };
    assert_eq!(asked(&anna)["userVerification"], "required");
    assert_eq!(asked(&anna)["rpId"], "example.org");
    assert_eq!(asked(&anna)["hints"], json!(["client-device"]));
    anna.authenticator.user_verified = false;
    anna.enrols(DeviceKind::SecurityKey);
    assert_eq!(asked(&anna)["userVerification"], "preferred");
    assert_eq!(
        asked(&anna)["allowCredentials"].as_array().map(Vec::len),
        Some(2)
    );
    anna.credentials.remove(0);
    // This one said at its registration that it is built in: that goes before its kind.
    assert_eq!(asked(&anna)["hints"], json!(["client-device"]));
}

#[test]
fn the_credentials_of_others_are_not_asked_for() {
    let anna = Anna::with(SoftAuthenticator::passkey());
    let ben = UserId::generate(Timestamp::default(), &SystemEntropy);
    let asked = anna.party.start_authentication(ben, &anna.credentials);
    assert_refused(asked, "device.unknown", "");
}

#[test]
fn a_ceremony_survives_being_stored() {
    let mut anna = Anna::with(SoftAuthenticator::passkey());
    let (options, ceremony) = anna
        .party
        .start_authentication(anna.user.id, &anna.credentials)
        .expect("options");
    let stored = serde_json::to_vec(&ceremony).expect("a stored form");
    let ceremony = serde_json::from_slice(&stored).expect("a ceremony");
    let answer = anna
        .authenticator
        .authenticate(&options, super::ORIGIN)
        .to_string();
    assert_accepted(anna.party.finish_authentication(
        ceremony,
        answer.as_bytes(),
        &anna.credentials,
        &anna.user.handle,
    ));
}

#[test]
fn impossible_relying_parties_are_refused() {
    type Change = fn(&mut RelyingPartySettings);
    let cases: [(&str, Change); 10] = [
        ("an address as id", |it| it.id = "127.0.0.1".to_owned()),
        ("an upper-case id", |it| it.id = "Example.org".to_owned()),
        ("a port in the id", |it| {
            it.id = "example.org:8443".to_owned()
        }),
        ("an empty id", |it| it.id = String::new()),
        ("an empty name", |it| it.name = String::new()),
        ("no origin", |it| it.origins.clear()),
        ("an origin with a path", |it| {
            it.origins.push("https://example.org/".to_owned())
        }),
        ("an origin elsewhere", |it| {
            it.origins = vec!["https://badexample.org".to_owned()]
        }),
        ("an opaque origin", |it| {
            it.origins.push("android:apk-key-hash:AA".to_owned())
        }),
        ("an endless timeout", |it| it.timeout = Duration::MAX),
    ];
    for (name, change) in cases {
        let mut settings = settings();
        change(&mut settings);
        assert!(RelyingParty::new(settings).is_err(), "{name}");
    }
}

#[test]
fn attestation_is_asked_for_where_the_settings_say_so() {
    let party = RelyingParty::new(RelyingPartySettings {
        attestation: AttestationConveyance::Direct,
        ..settings()
    });
    let started =
        party
            .expect("a relying party")
            .start_registration(&user("anna"), DeviceKind::Passkey, &[]);
    assert_eq!(started.expect("options").0["attestation"], "direct");
}
