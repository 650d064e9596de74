//! Passkeys and security keys, from the options to the device in the list.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keyward_core::clock::Timestamp;
use keyward_core::factors::webauthn::leads_to;
use serde_json::{Value, json};

use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::{Attestation, SoftAuthenticator};
use keyward_test_support::soft_maker::SoftMaker;

/// The make of a real authenticator, whose name the server knows.
const YUBIKEY_5_NFC: [u8; 16] = [
    0x2f, 0xc0, 0x57, 0x9f, 0x81, 0x13, 0x47, 0xea, 0xb1, 0x16, 0xbb, 0x5a, 0x8d, 0xb9, 0x20, 0x2a,
];

async fn signed_in(server: &Server, name: &str) -> Person {
    let person = server.user(name).await;
    let page = person.signs_in().await;
    assert_eq!(page.path, "/account", "{}", page.text());
    person
}

fn handle(options: &Value) -> Vec<u8> {
    let text = options["user"]["id"].as_str().expect("a user handle");
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

on_every_database! {
    async fn the_options_of_a_passkey_ask_for_what_it_needs(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        let options = anna.asks_to_register("passkey").await.json();
        assert_eq!(options["rp"]["id"], "localhost");
        assert_eq!(options["user"]["name"], "anna");
        assert_eq!(options["authenticatorSelection"]["residentKey"], "preferred");
        assert!(options["authenticatorSelection"].get("authenticatorAttachment").is_none());
        assert_eq!(options["hints"], json!(["client-device", "hybrid", "security-key"]));
        assert_eq!(options["excludeCredentials"], serde_json::json!([]));
        for algorithm in options["pubKeyCredParams"].as_array().expect("algorithms") {
            // ES256, EdDSA, ES384 and RS256 are verified, and no others.
            assert!([-7, -8, -35, -257].contains(&algorithm["alg"].as_i64().expect("a number")));
        }
        let key = anna.asks_to_register("security-key").await.json();
        assert_eq!(key["authenticatorSelection"]["authenticatorAttachment"], "cross-platform");
        assert_ne!(key["challenge"], options["challenge"], "one challenge was given twice");
    }

    async fn where_slots_are_saved_security_keys_keep_no_credential_and_sign_in_after_the_name(at: At) {
        let server = Server::with(at, &[("webauthn.save_key_slots", "true")]).await;
        let anna = signed_in(&server, "anna").await;
        let resident = |options: serde_json::Value| {
            options["authenticatorSelection"]["residentKey"].clone()
        };
        assert_eq!(resident(anna.asks_to_register("security-key").await.json()), "discouraged");
        assert_eq!(resident(anna.asks_to_register("passkey").await.json()), "preferred");
        let mut key = SoftAuthenticator::security_key();
        key.discoverable = false;
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        let stored = "SELECT CAST(discoverable AS TEXT) AS line FROM credentials";
        assert!(["0", "false"].contains(&server.database.text(stored).as_str()));
        let anna = anna.elsewhere(&server.base);
        assert_eq!(anna.signs_in_with(&mut key, Some("anna")).await.status, 200);
        assert!(anna.is_in().await);
    }

    async fn the_user_handle_is_32_random_bytes_and_stays(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (signed_in(&server, "anna").await, signed_in(&server, "ben").await);
        let annas = handle(&anna.asks_to_register("passkey").await.json());
        let bens = handle(&ben.asks_to_register("passkey").await.json());
        assert_eq!((annas.len(), bens.len()), (32, 32));
        assert_ne!(annas, bens);
        assert_eq!(annas, handle(&anna.asks_to_register("security-key").await.json()));
        let ids = server.database.lines("SELECT id AS line FROM users");
        for id in ids {
            let id = id.replace('-', "");
            assert!(!data_encoding::HEXLOWER.encode(&annas).contains(&id), "it tells the row");
        }
    }

    async fn a_passkey_is_recorded_as_it_answered(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::synced_passkey();
        let answer = anna.registers("passkey", &mut key).await;
        assert_eq!((answer.status, answer.json()["next"].as_str()), (200, Some("/account/devices")));
        let columns = [
            ("transports", "transports", "hybrid internal"),
            ("aaguid", "aaguid", "736f6674-2d70-6173-736b-65792d303031"),
            ("sign_count", "CAST(sign_count AS TEXT)", "0"),
            ("attestation_format", "attestation_format", "none"),
        ];
        for (name, column, expected) in columns {
            let found = server.database.lines(&format!("SELECT {column} AS line FROM credentials"));
            assert_eq!(found, [expected], "{name}");
        }
        let flags = "SELECT COUNT(*) FROM credentials WHERE backup_eligible AND backed_up \
                     AND user_verified AND discoverable";
        assert_eq!(server.database.number(flags), 1);
    }

    async fn what_an_authenticator_proved_of_its_make_is_kept(at: At) {
        let server = Server::with(at, &[("webauthn.attestation", "\"direct\"")]).await;
        let (first, second) = (SoftMaker::with_intermediate(|_| ()), SoftMaker::new());
        let keys = [
            ("anna", Attestation::Packed, Some(first)),
            ("ben", Attestation::Tpm, Some(second)),
            ("carla", Attestation::PackedSelf, None),
            ("dora", Attestation::None, None),
        ];
        for (name, attestation, maker) in keys {
            let person = signed_in(&server, name).await;
            let mut key = SoftAuthenticator::passkey();
            key.attestation = attestation;
            key.maker = maker.map(Arc::new);
            let answer = person.registers("passkey", &mut key).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let chains = format!(
                "SELECT chain AS line FROM attestations JOIN devices ON devices.id = \
                 attestations.device_id JOIN users ON users.id = devices.user_id \
                 WHERE users.name = '{name}'"
            );
            let kept = server.database.lines(&chains).join(" ");
            let chain: Vec<Vec<u8>> = kept
                .split_whitespace()
                .map(|line| STANDARD.decode(line).expect("base64"))
                .collect();
            let now = Timestamp::from_seconds(1_795_319_835);
            match &key.maker {
                Some(maker) => {
                    assert!(leads_to(&chain, &[maker.root()], now), "{name}");
                    assert!(!leads_to(&chain, &[SoftMaker::new().root()], now), "{name}");
                }
                None => assert!(chain.is_empty(), "{name}"),
            }
        }
    }

    async fn a_device_is_named_after_its_model_unless_its_owner_says_otherwise(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::security_key();
        key.aaguid = YUBIKEY_5_NFC;
        anna.registers("security-key", &mut key).await;
        let wish = serde_json::json!({ "kind": "passkey", "name": "  My\u{7} laptop " });
        let options = anna.browser.post_json("/webauthn/registration/options", &wish).await;
        let answer = SoftAuthenticator::passkey().register(&options.json(), &anna.browser.origin());
        assert_eq!(anna.sends_registration(&answer).await.status, 200);
        let names: Vec<_> = anna.devices().await.into_iter().map(|device| device.name).collect();
        assert_eq!(names, ["YubiKey 5 NFC", "My laptop"]);
    }

    async fn a_registered_key_is_on_the_exclude_list_and_refused_where_it_answers_all_the_same(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        for kind in ["passkey", "security-key"] {
            let options = anna.asks_to_register(kind).await.json();
            let excluded = options["excludeCredentials"].as_array().expect("a list");
            assert_eq!(excluded.len(), 1, "{kind}");
            assert_eq!(excluded[0]["transports"], serde_json::json!(["nfc", "usb"]));
            let answer = key.register_again(&options, &anna.browser.origin());
            let refused = anna.sends_registration(&answer).await;
            assert_eq!((refused.status, refused.code().as_str()), (409, "ceremony.already_registered"));
        }
        assert_eq!(anna.devices().await.len(), 1);
        let trail = server.trail("device.added");
        assert_eq!(trail, ["done", "ceremony.already_registered", "ceremony.already_registered"]);
    }

    async fn a_key_of_somebody_else_is_not_registered_again(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (signed_in(&server, "anna").await, signed_in(&server, "ben").await);
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        let options = ben.asks_to_register("security-key").await.json();
        let answer = key.register_again(&options, &ben.browser.origin());
        let refused = ben.sends_registration(&answer).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "ceremony.already_registered"));
        assert!(ben.devices().await.is_empty());
        assert_eq!(anna.devices().await.len(), 1);
    }

    async fn a_key_without_a_pin_is_a_security_key_and_no_passkey_where_verification_is_required(at: At) {
        let server = Server::with(at, &[("webauthn.user_verification", "\"required\"")]).await;
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::u2f_key();
        let refused = anna.registers("passkey", &mut key).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "ceremony.user_verification"));
        assert_eq!(anna.registers("security-key", &mut SoftAuthenticator::u2f_key()).await.status, 200);
    }

    async fn only_the_newest_options_are_answered(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        let older = anna.asks_to_register("passkey").await.json();
        let newer = anna.asks_to_register("passkey").await.json();
        let mut key = SoftAuthenticator::passkey();
        let late = key.register(&older, &anna.browser.origin());
        assert_eq!(anna.sends_registration(&late).await.code(), "ceremony.refused");
        // An answer is looked at once, whatever it is.
        let right = key.register(&newer, &anna.browser.origin());
        assert_eq!(anna.sends_registration(&right).await.code(), "ceremony.not_started");
        assert!(anna.devices().await.is_empty());
    }

    async fn a_registration_answered_twice_makes_one_device(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        let options = anna.asks_to_register("passkey").await.json();
        let copy = anna.browser.copy();
        let answer = SoftAuthenticator::passkey().register(&options, &anna.browser.origin());
        assert_eq!(anna.sends_registration(&answer).await.status, 200);
        for browser in [&anna.browser, &copy] {
            let again = browser.post_json("/webauthn/registration/verify", &answer).await;
            assert!([403, 409].contains(&again.status), "{}", again.body);
        }
        assert_eq!(anna.devices().await.len(), 1);
    }

    async fn a_registration_that_took_too_long_is_over(at: At) {
        let server = Server::with(at, &[("webauthn.timeout", "\"1m\"")]).await;
        let anna = signed_in(&server, "anna").await;
        let options = anna.asks_to_register("passkey").await.json();
        let answer = SoftAuthenticator::passkey().register(&options, &anna.browser.origin());
        server.clock.turn(Duration::from_secs(121));
        let late = anna.sends_registration(&answer).await;
        assert_eq!((late.status, late.code().as_str()), (409, "ceremony.not_started"));
        assert!(anna.devices().await.is_empty());
    }

    async fn an_answer_for_another_origin_is_refused(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        for origin in ["http://localhost", "https://localhost", "http://evil.example", "null", ""] {
            let options = anna.asks_to_register("passkey").await.json();
            let answer = SoftAuthenticator::passkey().register(&options, origin);
            let refused = anna.sends_registration(&answer).await;
            assert_eq!((refused.status, refused.code().as_str()), (403, "ceremony.refused"), "{origin}");
        }
        let mut options = anna.asks_to_register("passkey").await.json();
        options["rp"]["id"] = "evil.example".into();
        let answer = SoftAuthenticator::passkey().register(&options, &anna.browser.origin());
        assert_eq!(anna.sends_registration(&answer).await.status, 403, "another relying party");
        assert!(anna.devices().await.is_empty());
    }

    async fn an_answer_without_one_of_its_members_is_refused(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        for member in ["id", "rawId", "type", "response"] {
            for damage in [None, Some(serde_json::json!(7)), Some(serde_json::json!(""))] {
                let options = anna.asks_to_register("passkey").await.json();
                let mut answer = SoftAuthenticator::passkey().register(&options, &anna.browser.origin());
                match damage {
                    None => drop(answer.as_object_mut().expect("an object").remove(member)),
                    Some(value) => answer[member] = value,
                }
                let refused = anna.sends_registration(&answer).await;
                assert!([400, 403].contains(&refused.status), "{member}: {}", refused.body);
                assert_eq!(refused.header("content-type"), "application/problem+json", "{member}");
            }
        }
        assert!(anna.devices().await.is_empty());
    }

    async fn a_sign_in_is_no_registration_and_a_registration_no_sign_in(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::passkey();
        anna.registers("passkey", &mut key).await;
        let elsewhere = anna.elsewhere(&server.base);
        elsewhere.types_password().await;
        let asked = elsewhere.asks_to_authenticate().await.json();

        // What a sign-in was asked is answered to a registration, and the other way round.
        let options = anna.asks_to_register("passkey").await.json();
        let assertion = key.authenticate(&asked, &anna.browser.origin());
        assert!([400, 403].contains(&anna.sends_registration(&assertion).await.status));
        let attestation = SoftAuthenticator::passkey().register(&options, &anna.browser.origin());
        let refused = elsewhere.sends_authentication(&attestation).await;
        assert!([400, 403].contains(&refused.status), "{}", refused.body);
        assert!(!elsewhere.is_in().await);

        // A sign-in does not open the other ceremony.
        let refused = elsewhere.asks_to_register("passkey").await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "session.required"));
    }

    async fn nobody_registers_without_a_session(at: At) {
        let server = Server::start(at).await;
        let stranger = server.stranger("nobody");
        assert_eq!(stranger.asks_to_register("passkey").await.code(), "session.required");
        let answer = stranger.sends_registration(&serde_json::json!({})).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "session.required"));
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }

    async fn codes_are_not_registered_by_a_ceremony(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        for kind in ["totp", "yubikey", "phone", "PASSKEY", ""] {
            assert_eq!(anna.asks_to_register(kind).await.status, 400, "{kind}");
        }
    }

    async fn an_enrolled_passkey_raises_the_session_under_a_new_key(at: At) {
        let server = Server::start(at).await;
        let anna = server.superuser("anna").await;
        let page = anna.signs_in().await;
        assert_eq!(page.path, "/account/devices/add", "{}", page.text());
        let before = anna.browser.copy();
        let answer = anna.registers("passkey", &mut SoftAuthenticator::passkey()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(anna.is_in().await);
        assert_ne!(before.cookies(), anna.browser.cookies());
        assert_eq!(before.get("/account").await.status, 303, "the old key opens the account");
        let options = before.post_json("/webauthn/registration/options", &serde_json::json!({})).await;
        assert_eq!(options.code(), "session.required", "the old key enrols");
    }
}
