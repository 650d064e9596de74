//! Signing in with a passkey or a security key, and every answer that must not open anything.

use super::with_a_key;
use std::time::Duration;

use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::{
    Algorithm, COUNTER_AT, FLAGS_AT, SoftAuthenticator, Tampering, with_member,
};

on_every_database! {
    async fn every_kind_of_key_signs_in(at: At) {
        let server = Server::start(at).await;
        let keys = [
            ("anna", "passkey", SoftAuthenticator::passkey()),
            ("ben", "passkey", SoftAuthenticator::synced_passkey()),
            ("carla", "security-key", SoftAuthenticator::security_key()),
            ("dora", "security-key", SoftAuthenticator::u2f_key()),
        ];
        for (name, kind, mut key) in keys {
            let person = with_a_key(&server, name, kind, &mut key).await;
            // Twice: authenticators without a counter show zero both times.
            for _ in 0..2 {
                let person = person.elsewhere(&server.base);
                person.types_password().await;
                assert!(!person.is_in().await);
                let answer = person.confirms_with(&mut key).await;
                assert_eq!((answer.status, answer.json()["next"].as_str()), (200, Some("/account")));
                assert!(person.is_in().await, "{name}");
            }
        }
        assert_eq!(server.trail("sign_in.second_factor"), ["done"; 8]);
    }

    async fn every_algorithm_that_is_offered_signs_in(at: At) {
        let server = Server::start(at).await;
        let algorithms = [Algorithm::Es256, Algorithm::Ed25519, Algorithm::Es384, Algorithm::Rs256];
        for (name, algorithm) in ["anna", "ben", "carla", "dora"].into_iter().zip(algorithms) {
            let mut key = SoftAuthenticator::passkey();
            key.algorithm = algorithm;
            let person = with_a_key(&server, name, "passkey", &mut key).await;
            person.types_password().await;
            assert_eq!(person.confirms_with(&mut key).await.status, 200, "{algorithm:?}");
            assert!(person.is_in().await, "{algorithm:?}");
        }
    }

    async fn an_answer_that_is_refused_leaves_the_credential_as_it_was(at: At) {
        let settings = [("lockout.user_failures", "1000"), ("lockout.address_failures", "1000")];
        let server = Server::with(at, &settings).await;
        let mut key = SoftAuthenticator::synced_passkey();
        key.backed_up = false;
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        anna.types_password().await;
        let stored = "SELECT CAST(sign_count AS TEXT) || ' ' || CAST(backup_eligible AS TEXT) || ' ' \
                      || CAST(backed_up AS TEXT) AS line FROM credentials";
        let before = server.database.lines(stored);
        // A higher counter and another backup state, and something wrong beside.
        key.counter = Some(1000);
        key.backed_up = true;
        let origin = anna.browser.origin();
        type Wrong = fn(&mut SoftAuthenticator, &serde_json::Value, &str) -> serde_json::Value;
        let wrongs: [(&str, Wrong); 5] = [
            ("origin", |key, options, _| key.authenticate(options, "http://evil.example")),
            ("challenge", |key, options, origin| {
                let mut options = options.clone();
                options["challenge"] = "AAAA".into();
                key.authenticate(&options, origin)
            }),
            ("signature", |key, options, origin| {
                let mut answer = key.authenticate(options, origin);
                let other = key.authenticate(options, origin);
                answer["response"]["signature"] = other["response"]["signature"].clone();
                answer
            }),
            ("eligibility", |key, options, origin| {
                let mut changed = key.clone();
                (changed.backup_eligible, changed.backed_up) = (false, false);
                changed.authenticate(options, origin)
            }),
            ("presence", |key, options, origin| {
                let mut absent = key.clone();
                absent.user_present = false;
                absent.authenticate(options, origin)
            }),
        ];
        for (name, wrong) in wrongs {
            let options = anna.asks_to_authenticate().await.json();
            let answer = wrong(&mut key, &options, &origin);
            let refused = anna.sends_authentication(&answer).await;
            assert_eq!((refused.status, refused.code().as_str()), (403, "ceremony.refused"), "{name}");
            assert_eq!(server.database.lines(stored), before, "{name}");
        }
        // The right answer has both stored.
        assert_eq!(anna.confirms_with(&mut key).await.status, 200);
        assert_ne!(server.database.lines(stored), before);
    }

    async fn the_page_names_the_key_and_leads_back_to_where_the_person_wanted_to_go(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        let page = anna.visits("/account/devices").await;
        let form = page.form("Continue").fill("Username", "anna").fill("Password", &anna.password);
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.try_form("Sign in with a passkey").is_some(), "{}", page.text());
        let answer = anna.confirms_with(&mut key).await;
        assert_eq!(answer.json()["next"], "/account/devices");
    }

    async fn only_ones_own_keys_are_asked_for(at: At) {
        let server = Server::start(at).await;
        let (mut annas, mut bens) = (SoftAuthenticator::passkey(), SoftAuthenticator::passkey());
        let anna = with_a_key(&server, "anna", "passkey", &mut annas).await;
        let ben = with_a_key(&server, "ben", "passkey", &mut bens).await;
        anna.types_password().await;
        ben.types_password().await;
        let (for_anna, for_ben) = (anna.asks_to_authenticate().await, ben.asks_to_authenticate().await);
        let allowed = |page: &keyward_test_support::page::Page| page.json()["allowCredentials"].clone();
        assert_eq!(allowed(&for_anna).as_array().map(Vec::len), Some(1));
        assert_ne!(allowed(&for_anna), allowed(&for_ben));
    }

    async fn a_key_of_somebody_else_does_not_sign_in(at: At) {
        let server = Server::start(at).await;
        let (mut annas, mut bens) = (SoftAuthenticator::passkey(), SoftAuthenticator::passkey());
        let anna = with_a_key(&server, "anna", "passkey", &mut annas).await;
        let _ben = with_a_key(&server, "ben", "passkey", &mut bens).await;
        anna.types_password().await;
        let mut options = anna.asks_to_authenticate().await.json();
        // Ben's authenticator is made to answer anna's challenge.
        options["allowCredentials"] = serde_json::json!([]);
        let answer = bens.authenticate(&options, &anna.browser.origin());
        let refused = anna.sends_authentication(&answer).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "ceremony.unknown_credential"));
        assert!(!anna.is_in().await);
    }

    async fn an_answer_to_another_journey_of_the_same_person_is_refused(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        let other = anna.elsewhere(&server.base);
        anna.types_password().await;
        other.types_password().await;
        anna.asks_to_authenticate().await;
        let options = other.asks_to_authenticate().await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&answer).await.code(), "ceremony.refused");
        assert!(!anna.is_in().await);
        assert_eq!(other.sends_authentication(&answer).await.status, 200, "the right one is taken");
    }

    async fn only_the_newest_options_are_answered(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        anna.types_password().await;
        let older = anna.asks_to_authenticate().await.json();
        let newer = anna.asks_to_authenticate().await.json();
        let late = key.authenticate(&older, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&late).await.code(), "ceremony.refused");
        let answer = key.authenticate(&newer, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&answer).await.code(), "ceremony.not_started");
        assert!(!anna.is_in().await);
        // The journey goes on all the same.
        assert_eq!(anna.confirms_with(&mut key).await.status, 200);
    }

    async fn a_replayed_answer_is_refused(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::synced_passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        anna.types_password().await;
        let thief = anna.browser.copy();
        let options = anna.asks_to_authenticate().await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&answer).await.status, 200);
        let replayed = thief.post_json("/webauthn/authentication/verify", &answer).await;
        assert_eq!(replayed.code(), "ceremony.not_started");
        let other = anna.elsewhere(&server.base);
        other.types_password().await;
        other.asks_to_authenticate().await;
        assert_eq!(other.sends_authentication(&answer).await.code(), "ceremony.refused");
        for browser in [&thief, &other.browser] {
            assert_eq!(browser.get("/account").await.status, 303, "a replay opened the account");
        }
    }

    async fn an_answer_without_options_is_refused(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        let nobody = server.stranger("nobody");
        anna.types_password().await;
        let options = serde_json::json!({ "challenge": "AAAA", "rpId": "localhost", "allowCredentials": [] });
        let answer = key.authenticate(&options, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&answer).await.code(), "ceremony.not_started");
        assert_eq!(nobody.sends_authentication(&answer).await.code(), "ceremony.not_started");
    }

    async fn an_answer_after_the_time_is_over_starts_the_sign_in_over(at: At) {
        let server = Server::with(at, &[("session.sign_in_timeout", "\"2m\"")]).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        anna.types_password().await;
        let options = anna.asks_to_authenticate().await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        server.clock.turn(Duration::from_secs(121));
        let late = anna.sends_authentication(&answer).await;
        assert_eq!((late.status, late.code().as_str()), (409, "sign_in.expired"));
        assert_eq!(anna.asks_to_authenticate().await.code(), "sign_in.expired");
        let page = anna.visits("/sign-in").await;
        assert!(page.notice().contains("started over"), "{}", page.text());
        assert!(!anna.is_in().await);
    }

    async fn an_answer_that_comes_after_the_browsers_patience_is_refused_and_recorded(at: At) {
        let server = Server::with(at, &[("webauthn.timeout", "\"1m\"")]).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        anna.types_password().await;
        let options = anna.asks_to_authenticate().await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        // The sign-in itself waits ten minutes.
        server.clock.turn(Duration::from_secs(121));
        let late = anna.sends_authentication(&answer).await;
        assert_eq!((late.status, late.code().as_str()), (409, "ceremony.not_started"));
        let again = anna.sends_authentication(&answer).await;
        assert_eq!(again.code(), "ceremony.not_started");
        assert_eq!(server.trail("sign_in.second_factor"), ["ceremony.not_started", "ceremony.not_started"]);
        assert_eq!(anna.confirms_with(&mut key).await.status, 200, "there is no second try");
    }

    async fn answers_that_cannot_be_read_spend_the_ceremony_and_are_recorded_once(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        anna.types_password().await;
        let bodies = [
            serde_json::json!({}),
            serde_json::json!([1, 2]),
            serde_json::json!("text"),
            serde_json::json!({ "id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {} }),
        ];
        for (number, body) in bodies.iter().enumerate() {
            let options = anna.asks_to_authenticate().await.json();
            let right = key.authenticate(&options, &anna.browser.origin());
            assert_eq!(anna.sends_authentication(body).await.code(), "ceremony.malformed", "{body}");
            assert_eq!(server.trail("sign_in.second_factor").len(), 2 * number + 1, "{body}");
            assert_eq!(anna.sends_authentication(&right).await.code(), "ceremony.not_started", "{body}");
            assert!(!anna.is_in().await);
        }
        assert_eq!(anna.confirms_with(&mut key).await.status, 200);
    }

    async fn a_tampered_answer_is_refused(at: At) {
        let settings = [
            ("webauthn.user_verification", "\"required\""),
            ("lockout.user_failures", "1000"),
            ("lockout.address_failures", "1000"),
        ];
        let server = Server::with(at, &settings).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        anna.types_password().await;
        type Text = dyn Fn(&mut String);
        type Bytes = dyn Fn(&mut Vec<u8>);
        let client_data: [(&str, &Text); 5] = [
            ("another origin", &|data| with_member(data, "origin", "http://evil.example".into())),
            ("another purpose", &|data| with_member(data, "type", "webauthn.create".into())),
            ("another challenge", &|data| with_member(data, "challenge", "AAAA".into())),
            ("a foreign frame", &|data| with_member(data, "crossOrigin", true.into())),
            ("a foreign top", &|data| with_member(data, "topOrigin", "http://evil.example".into())),
        ];
        let signed: [(&str, &Bytes); 5] = [
            ("another relying party", &|data| data[0] ^= 1),
            ("nobody there", &|data| data[FLAGS_AT] &= !1),
            ("nobody verified", &|data| data[FLAGS_AT] &= !4),
            ("backed up but not eligible", &|data| data[FLAGS_AT] |= 16),
            ("trailing bytes", &|data| data.push(0)),
        ];
        let mut attacks: Vec<(&str, Tampering<'_>)> = Vec::new();
        for (name, change) in client_data {
            attacks.push((name, Tampering { client_data: Some(change), ..Tampering::default() }));
        }
        for (name, change) in signed {
            attacks.push((name, Tampering { authenticator_data: Some(change), ..Tampering::default() }));
        }
        let unsigned = |answer: &mut serde_json::Value| {
            answer["response"]["signature"] = "MEUCIQ".into();
        };
        attacks.push(("no signature", Tampering { answer: Some(&unsigned), ..Tampering::default() }));
        for (name, tampering) in attacks {
            let options = anna.asks_to_authenticate().await.json();
            let answer = key.authenticate_tampered(&options, &anna.browser.origin(), tampering);
            let refused = anna.sends_authentication(&answer).await;
            assert!([400, 403].contains(&refused.status), "{name}: {} {}", refused.status, refused.body);
            assert!(!anna.is_in().await, "{name}");
        }
        key.told_user_handle = Some(vec![7; 32]);
        assert_eq!(anna.confirms_with(&mut key).await.status, 403, "another user handle");
        key.told_user_handle = None;
        assert_eq!(anna.confirms_with(&mut key).await.status, 200, "the honest one is locked out");
    }

    async fn a_cloned_key_is_put_on_hold(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::security_key();
        let anna = with_a_key(&server, "anna", "security-key", &mut key).await;
        let mut stolen = key.clone();
        anna.types_password().await;
        assert_eq!(anna.confirms_with(&mut key).await.status, 200);

        let thief = anna.elsewhere(&server.base);
        thief.types_password().await;
        let refused = thief.confirms_with(&mut stolen).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "ceremony.counter"));
        assert!(!thief.is_in().await);
        assert_eq!(server.events("device.suspect"), 1);

        // Nobody gets in with it any more, and the second factor is not off either.
        let owner = anna.elsewhere(&server.base);
        let page = owner.types_password().await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert_eq!(owner.asks_to_authenticate().await.status, 404);
        assert!(!owner.is_in().await);
        // Which of the two has the copy is not known: who signed in by it is out as well.
        assert!(!anna.is_in().await);
    }

    async fn a_cloned_key_leaves_the_other_methods_open(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::security_key();
        anna.registers("security-key", &mut key).await;
        anna.adds_an_app().await;
        let mut stolen = key.clone();
        stolen.counter = Some(1);
        let thief = anna.elsewhere(&server.base);
        thief.types_password().await;
        assert_eq!(thief.confirms_with(&mut stolen).await.code(), "ceremony.counter");
        server.clock.turn(Duration::from_secs(60));
        let anna = anna.elsewhere(&server.base);
        assert_eq!(anna.signs_in().await.path, "/account");
    }

    async fn a_counter_of_zero_from_a_key_that_counts_is_a_clone(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::security_key();
        let anna = with_a_key(&server, "anna", "security-key", &mut key).await;
        anna.types_password().await;
        let options = anna.asks_to_authenticate().await.json();
        let zero = |data: &mut Vec<u8>| data[COUNTER_AT..COUNTER_AT + 4].fill(0);
        let tampering = Tampering { authenticator_data: Some(&zero), ..Tampering::default() };
        let answer = key.authenticate_tampered(&options, &anna.browser.origin(), tampering);
        assert_eq!(anna.sends_authentication(&answer).await.code(), "ceremony.counter");
        assert!(!anna.is_in().await);
    }

    async fn a_removed_key_does_not_finish_a_sign_in_that_began_before(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let (mut first, mut second) = (SoftAuthenticator::passkey(), SoftAuthenticator::security_key());
        anna.registers("passkey", &mut first).await;
        anna.registers("security-key", &mut second).await;
        let thief = anna.elsewhere(&server.base);
        thief.types_password().await;
        let options = thief.asks_to_authenticate().await.json();
        let answer = second.authenticate(&options, &anna.browser.origin());
        let removed = &anna.devices().await[1];
        let gone = anna.browser.post(&format!("/account/devices/{}/remove", removed.id), &[]).await;
        assert_eq!(gone.status, 303);
        let refused = thief.sends_authentication(&answer).await;
        assert!([403, 404].contains(&refused.status), "{}", refused.body);
        assert!(!thief.is_in().await);
    }
}
