//! Signing in with a passkey in place of user name and password.

use super::with_a_key;
use std::time::Duration;

use serde_json::{Value, json};

use keyward_test_support::client::Client;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

/// What a stranger sees of a name: everything but the challenge.
async fn seen_of(server: &Server, name: &str) -> Value {
    let options = server.stranger(name).asks_for_a_passkey(Some(name)).await;
    assert_eq!(options.status, 200, "{}", options.body);
    let mut options = options.json();
    options["challenge"] = Value::Null;
    options
}

async fn types_password_after_key(person: &Person, password: &str) -> Page {
    let page = person.visits("/sign-in").await;
    let form = page.form("Continue").fill("Password", password);
    let answer = person.browser.submit(&page, &form).await;
    person.browser.follow(answer).await
}

fn methods(server: &Server) -> String {
    let newest = "SELECT methods FROM sessions ORDER BY id DESC LIMIT 1";
    server.database.text(newest)
}

on_every_database! {
    async fn a_passkey_that_verifies_its_user_is_name_password_and_second_factor(at: At) {
        let server = Server::start(at).await;
        for (name, mut key) in [
            ("anna", SoftAuthenticator::passkey()),
            ("ben", SoftAuthenticator::synced_passkey()),
        ] {
            let person = with_a_key(&server, name, "passkey", &mut key).await;
            for _ in 0..2 {
                let person = person.elsewhere(&server.base);
                let answer = person.signs_in_with(&mut key, None).await;
                assert_eq!((answer.status, answer.json()["next"].as_str()), (200, Some("/account")));
                let page = person.visits("/account").await;
                assert!(page.text().contains(name), "{}", page.text());
                assert_eq!(methods(&server), "swk user mfa");
            }
        }
        assert_eq!(server.trail("sign_in.passkey"), ["done"; 4]);
        // The two sessions with which the keys were enrolled, and these.
        assert_eq!(server.trail("sign_in.second_factor"), [""; 0]);
    }

    async fn a_key_that_keeps_no_credential_signs_in_after_the_name(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::security_key();
        let anna = with_a_key(&server, "anna", "security-key", &mut key).await;
        // However it is typed.
        let answer = anna.signs_in_with(&mut key, Some(" ANNA ")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(anna.is_in().await);
        assert_eq!(methods(&server), "hwk user mfa");
    }

    async fn a_superuser_reaches_the_console_by_passkey_alone(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = server.superuser("anna").await;
        anna.signs_in().await;
        anna.registers("passkey", &mut key).await;
        let anna = anna.elsewhere(&server.base);
        assert_eq!(anna.signs_in_with(&mut key, None).await.status, 200);
        assert_eq!(anna.browser.get("/console").await.status, 200);
    }

    async fn it_leads_where_the_person_wanted_to_go(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        let page = anna.visits("/account/devices").await;
        let action = page.form("Sign in with a passkey").action;
        assert_eq!(action, "/webauthn/authentication/verify?next=/account/devices");
        for (next, expected) in [
            ("/account/devices", "/account/devices"),
            ("https://evil.example/", "/account"),
            ("//evil.example/", "/account"),
        ] {
            let anna = anna.elsewhere(&server.base);
            let options = anna.asks_for_a_passkey(None).await.json();
            let answer = key.authenticate(&options, &anna.browser.origin());
            let next = anna.browser.request(reqwest::Method::POST, "/webauthn/authentication/verify")
                .query(&[("next", next)])
                .header("accept", "application/json")
                .json(&answer);
            assert_eq!(anna.browser.send(next).await.json()["next"], expected);
        }
    }

    async fn a_key_that_did_not_verify_its_user_is_one_factor_and_the_password_follows(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::u2f_key();
        let anna = with_a_key(&server, "anna", "security-key", &mut key).await;
        let answer = anna.signs_in_with(&mut key, Some("anna")).await;
        assert_eq!((answer.status, answer.json()["next"].as_str()), (200, Some("/sign-in")));
        assert!(!anna.is_in().await, "a key without verification opened the account");
        let page = anna.visits("/sign-in").await;
        assert!(page.text().contains("Now your password"), "{}", page.text());
        let page = types_password_after_key(&anna, "something else entirely").await;
        assert!(page.notice().contains("not right"), "{}", page.text());
        assert!(!anna.is_in().await);
        let page = types_password_after_key(&anna, &anna.password).await;
        assert_eq!(page.path, "/account");
        assert_eq!(methods(&server), "pwd hwk mfa");
        assert_eq!(server.trail("sign_in.password"), ["done", "wrong_password", "done"]);
    }

    async fn a_passkey_on_a_key_that_only_notices_a_touch_is_one_factor_too(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        key.user_verified = false;
        let answer = anna.signs_in_with(&mut key, None).await;
        assert_eq!(answer.json()["next"], "/sign-in", "{}", answer.body);
        assert!(!anna.is_in().await);
        assert_eq!(types_password_after_key(&anna, &anna.password).await.path, "/account");
    }

    async fn where_verification_is_required_a_passkey_without_it_is_refused(at: At) {
        let server = Server::with(at, &[("webauthn.user_verification", "\"required\"")]).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        assert_eq!(anna.asks_for_a_passkey(None).await.json()["userVerification"], "required");
        key.user_verified = false;
        let refused = anna.signs_in_with(&mut key, None).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "ceremony.user_verification"));
        assert!(refused.json()["detail"].as_str().unwrap_or_default().contains("PIN"));
        assert!(!anna.is_in().await);
        assert_eq!(server.trail("sign_in.passkey"), ["ceremony.user_verification"]);
        key.user_verified = true;
        assert_eq!(anna.signs_in_with(&mut key, None).await.status, 200);
    }

    async fn what_policy_wants_of_verification_is_what_browsers_are_asked(at: At) {
        for wanted in ["required", "preferred", "discouraged"] {
            let setting = format!("\"{wanted}\"");
            let server = Server::with(at, &[("webauthn.user_verification", &setting)]).await;
            let options = server.stranger("anna").asks_for_a_passkey(None).await.json();
            assert_eq!(options["userVerification"], wanted);
            assert_eq!(options["allowCredentials"], json!([]));
            assert_eq!(options["hints"], json!([]));
        }
    }

    async fn hints_fit_what_the_person_owns(at: At) {
        let server = Server::start(at).await;
        let cases = [
            ("anna", "passkey", SoftAuthenticator::passkey(), json!(["client-device"])),
            ("ben", "passkey", SoftAuthenticator::synced_passkey(), json!(["client-device", "hybrid"])),
            ("carla", "security-key", SoftAuthenticator::security_key(), json!(["security-key"])),
        ];
        for (name, kind, mut key, hints) in cases {
            with_a_key(&server, name, kind, &mut key).await;
            assert_eq!(seen_of(&server, name).await["hints"], hints, "{name}");
        }
    }

    async fn the_backup_state_is_stored_and_another_eligibility_refused(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::synced_passkey();
        key.backed_up = false;
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        let stored = || {
            let backed_up = "SELECT COUNT(*) FROM credentials WHERE backed_up";
            let eligible = "SELECT COUNT(*) FROM credentials WHERE backup_eligible";
            (server.database.number(eligible), server.database.number(backed_up))
        };
        assert_eq!(stored(), (1, 0));
        for (backed_up, expected) in [(true, (1, 1)), (false, (1, 0)), (true, (1, 1))] {
            key.backed_up = backed_up;
            let anna = anna.elsewhere(&server.base);
            assert_eq!(anna.signs_in_with(&mut key, None).await.status, 200);
            assert_eq!(stored(), expected);
        }
        (key.backup_eligible, key.backed_up) = (false, false);
        let refused = anna.signs_in_with(&mut key, None).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "ceremony.refused"));
        assert!(!anna.is_in().await);
        assert_eq!(stored(), (1, 1), "a refused answer was stored");

        let mut bound = SoftAuthenticator::passkey();
        let ben = with_a_key(&server, "ben", "passkey", &mut bound).await;
        (bound.backup_eligible, bound.backed_up) = (true, true);
        let refused = ben.signs_in_with(&mut bound, None).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "ceremony.refused"));
        assert_eq!(stored(), (1, 1));
    }

    async fn two_tabs_of_one_browser_do_not_disturb_each_other(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        let first = anna.asks_for_a_passkey(None).await.json();
        let second = anna.asks_for_a_passkey(None).await.json();
        assert_ne!(first["challenge"], second["challenge"]);
        let answer = key.authenticate(&first, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&answer).await.status, 200);
        let answer = key.authenticate(&second, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&answer).await.status, 200);
    }

    async fn a_passkey_that_is_given_while_a_code_is_waited_for_signs_in(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        // The page stood open in another tab before the password was typed.
        let options = anna.asks_for_a_passkey(None).await.json();
        anna.types_password().await;
        let answer = key.authenticate(&options, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&answer).await.status, 200);
        assert!(anna.is_in().await);
    }

    async fn strangers_fill_no_table_by_asking(at: At) {
        let server = Server::start(at).await;
        let rows = |server: &Server| {
            ["browser_sessions", "journeys", "spent_challenges", "attempts", "events"].map(|table| {
                server.database.number(&format!("SELECT COUNT(*) FROM {table}"))
            })
        };
        let before = rows(&server);
        for number in 0..20 {
            let nobody = server.stranger("nobody");
            nobody.asks_for_a_passkey(None).await;
            nobody.asks_for_a_passkey(Some(&format!("name {number}"))).await;
        }
        assert_eq!(rows(&server), before);
    }

    async fn a_spent_challenge_is_forgotten_after_its_end(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        anna.signs_in_with(&mut key, None).await;
        let count = "SELECT COUNT(*) FROM spent_challenges";
        assert_eq!(server.database.number(count), 1);
        keyward_actions::sweep::remove_expired(&server.app).await.expect("a database");
        assert_eq!(server.database.number(count), 1, "it could be replayed still");
        // An hour longer than it is taken, for a clock that is set back.
        server.clock.turn(Duration::from_secs(66 * 60 + 1));
        keyward_actions::sweep::remove_expired(&server.app).await.expect("a database");
        assert_eq!(server.database.number(count), 0);
    }

    async fn decoys_are_stable_and_look_like_what_people_have(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        with_a_key(&server, "anna", "passkey", &mut key).await;
        server.user("ben").await;
        let annas = seen_of(&server, "anna").await;
        let bens = seen_of(&server, "ben").await;
        let nobodys = seen_of(&server, "nobody").await;
        let members = |options: &Value| {
            let options = options.as_object().expect("an object");
            let mut names: Vec<String> = options.keys().cloned().collect();
            names.sort();
            names
        };
        for options in [&bens, &nobodys] {
            assert_eq!(members(options), members(&annas));
            let allowed = options["allowCredentials"].as_array().expect("a list");
            assert!((1..=2).contains(&allowed.len()), "{options}");
            for one in allowed {
                assert_eq!(one["type"], "public-key");
                assert!(one["transports"].as_array().is_some_and(|list| !list.is_empty()));
            }
        }
        assert_ne!(bens, nobodys);
        for (name, before) in [("ben", &bens), ("nobody", &nobodys), ("NoBody ", &nobodys)] {
            assert_eq!(&seen_of(&server, name).await, before, "{name}");
        }
    }

    async fn the_well_known_addresses_lead_to_passkeys_and_password(at: At) {
        let server = Server::start(at).await;
        let browser: Client = server.browser();
        let endpoints = browser.get("/.well-known/passkey-endpoints").await;
        assert_eq!(endpoints.status, 200);
        assert_eq!(endpoints.json(), json!({
            "enroll": format!("{}/account/devices/add/passkey", server.base),
            "manage": format!("{}/account/devices", server.base),
        }));
        let change = browser.get("/.well-known/change-password").await;
        assert_eq!((change.status, change.location()), (302, Some("/account/password")));
        // How a browser tells that the address before means something.
        let nothing = browser
            .get("/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200")
            .await;
        assert_eq!(nothing.status, 404);
    }
}
