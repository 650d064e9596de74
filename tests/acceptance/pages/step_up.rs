//! Proving oneself again before something dangerous: when it is asked for, what answers, and what
//! does not.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use keyward_test_support::soft_yubikey::SoftYubikey;

/// Longer than `session.step_up` by default.
const A_WHILE: Duration = Duration::from_secs(601);

/// Somebody who signed in with an app a while ago.
async fn a_while_ago(server: &Server, name: &str) -> Person {
    let mut person = server.user(name).await;
    person.signs_in().await;
    person.adds_an_app().await;
    server.clock.turn(A_WHILE);
    person
}

async fn types_code(person: &Person, page: &Page, code: &str) -> Page {
    let form = page.form("Continue").fill("Code", code);
    person.browser.submit(page, &form).await
}

/// The number of rows that a change of devices could touch.
fn still(server: &Server) -> String {
    server.database.text(
        "SELECT COUNT(*) || ' ' || MIN(name) || ' ' || (SELECT COALESCE(MIN(default_device), '-') \
         FROM users) FROM devices",
    )
}

on_every_database! {
    async fn every_change_of_devices_asks_for_a_fresh_proof(at: At) {
        let server = Server::start(at).await;
        let anna = a_while_ago(&server, "anna").await;
        let id = anna.devices().await[0].id.clone();
        let before = still(&server);
        let acts = [
            (Method::POST, format!("/account/devices/{id}/rename")),
            (Method::POST, format!("/account/devices/{id}/default")),
            (Method::GET, format!("/account/devices/{id}/remove")),
            (Method::POST, format!("/account/devices/{id}/remove")),
            (Method::GET, "/account/devices/add".to_owned()),
            (Method::GET, "/account/devices/add/passkey".to_owned()),
            (Method::GET, "/account/devices/add/totp".to_owned()),
            (Method::POST, "/account/devices/add/totp".to_owned()),
            (Method::POST, "/account/devices/add/yubikey".to_owned()),
            (Method::GET, "/account/devices/add/email".to_owned()),
            (Method::POST, "/account/devices/add/email".to_owned()),
            (Method::POST, "/account/devices/add/email/confirm".to_owned()),
        ];
        for (method, path) in acts {
            let request = anna.browser.request(method.clone(), &path);
            let request = request.header("origin", anna.browser.origin());
            let fields = [("name", "x"), ("turn", "0"), ("code", "123456"), ("otp", "x"), ("email", "a@b.c")];
            let answer = anna.browser.send(request.form(&fields)).await;
            let to = answer.location().unwrap_or_default();
            assert!(to.starts_with("/step-up?next="), "{method} {path}: {} {to}", answer.status);
        }
        for path in ["options", "verify"] {
            let path = format!("/webauthn/registration/{path}");
            let answer = anna.browser.post_json(&path, &json!({})).await;
            assert_eq!((answer.status, answer.code()), (403, "session.step_up".to_owned()));
            let next = answer.json()["next"].as_str().unwrap_or_default().to_owned();
            assert!(next.starts_with("/step-up?next="), "{path}: {}", answer.body);
        }
        assert_eq!(still(&server), before);
        // Looking is free.
        assert_eq!(anna.visits("/account/devices").await.path, "/account/devices");
    }

    async fn a_fresh_code_leads_back_to_where_it_was_asked_for(at: At) {
        let server = Server::start(at).await;
        let anna = a_while_ago(&server, "anna").await;
        let id = anna.devices().await[0].id.clone();
        let remove = format!("/account/devices/{id}/remove");
        let page = anna.visits(&remove).await;
        assert_eq!(page.heading(), "Enter your code", "{}", page.text());
        assert!(page.text().contains("show once more that it is you"), "{}", page.text());
        let page = anna.types_code(&page, &anna.code()).await;
        assert_eq!(page.path, remove, "{}", page.text());
        // The proof holds for what follows, and not for ever.
        assert_eq!(anna.visits("/account/devices/add/passkey").await.status, 200);
        assert_eq!(server.events("session.stepped_up"), 1);
        server.clock.turn(A_WHILE);
        let page = anna.visits(&remove).await;
        assert!(page.path.starts_with("/step-up"), "{}", page.path);
    }

    async fn however_often_somebody_steps_up_the_session_ends_when_its_time_is_over(at: At) {
        let server = Server::with(at, &[("session.absolute", "\"30m\"")]).await;
        let anna = a_while_ago(&server, "anna").await;
        let path = "/account/devices/add/passkey";
        for _ in 0..2 {
            let page = anna.visits(path).await;
            let page = anna.types_code(&page, &anna.code()).await;
            assert_eq!(page.path, path, "{}", page.text());
            server.clock.turn(A_WHILE);
        }
        assert_eq!(server.events("session.stepped_up"), 2);
        assert!(!anna.is_in().await, "a proof made the session longer");
        let page = anna.visits(path).await;
        assert!(page.path.starts_with("/sign-in"), "{}", page.path);
    }

    async fn a_proof_does_not_last_longer_when_the_clock_goes_back(at: At) {
        let server = Server::start(at).await;
        let anna = a_while_ago(&server, "anna").await;
        let path = "/account/devices/add/passkey";
        let page = anna.visits(path).await;
        let page = anna.types_code(&page, &anna.code()).await;
        assert_eq!(page.path, path, "{}", page.text());
        // The clocks of two servers are never quite the same.
        server.clock.turn_back(Duration::from_secs(20));
        assert_eq!(anna.visits(path).await.path, path);
        server.clock.turn_back(Duration::from_mins(5));
        let page = anna.visits(path).await;
        assert!(page.path.starts_with("/step-up"), "{}", page.path);
    }

    async fn a_form_that_came_too_late_changes_nothing_and_the_page_says_so(at: At) {
        let server = Server::start(at).await;
        let anna = a_while_ago(&server, "anna").await;
        let id = anna.devices().await[0].id.clone();
        let path = format!("/account/devices/{id}/rename");
        let answer = anna.browser.post(&path, &[("name", "Another")]).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.path.starts_with("/step-up"), "{}", page.path);
        assert!(page.notice().contains("Nothing was changed yet"), "{}", page.text());
        assert_eq!(server.events("device.renamed"), 0);
    }

    async fn whoever_has_just_signed_in_is_asked_for_nothing_more(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        assert_eq!(anna.adds_an_app().await.path, "/account/devices");
        server.clock.turn(Duration::from_secs(599));
        let page = anna.visits("/account/devices/add/yubikey").await;
        assert_eq!(page.path, "/account/devices/add/yubikey");
        let page = anna.visits("/step-up?next=/account/devices").await;
        assert_eq!(page.path, "/account/devices", "a fresh session is asked again");
    }

    async fn a_form_that_was_sent_too_late_is_there_again_with_its_secret(at: At) {
        let server = Server::start(at).await;
        let mut anna = a_while_ago(&server, "anna").await;
        let page = anna.visits("/account/devices/add/totp").await;
        anna.types_code(&page, &anna.code()).await;
        let offered = anna.visits("/account/devices/add/totp").await;
        let first = anna.app.clone();
        anna.scans(&offered);
        let second = anna.app.clone();
        server.clock.turn(A_WHILE);
        let form = offered.form("Confirm").fill("Code", &anna.code());
        let answer = anna.browser.submit(&offered, &form).await;
        anna.app = first;
        let page = anna.browser.follow(answer).await;
        assert_eq!(page.heading(), "Enter your code");
        let page = anna.types_code(&page, &anna.code()).await;
        assert_eq!(page.path, "/account/devices/add/totp");
        assert_eq!(page.link_to("otpauth:"), offered.link_to("otpauth:"), "a new secret");
        anna.app = second;
        let form = page.form("Confirm").fill("Code", &anna.code());
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.notice().contains("was added"), "{}", page.text());
    }

    async fn a_touch_of_a_yubikey_steps_up_and_counts_once(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        assert_eq!(anna.adds_a_yubikey(&key.touch()).await.path, "/account/devices");
        server.clock.turn(A_WHILE);
        let page = anna.visits("/account/devices/add").await;
        assert!(page.path.starts_with("/step-up"), "{}", page.path);
        let otp = key.touch();
        let page = anna.touches(&page, &otp).await;
        assert_eq!(page.path, "/account/devices/add", "{}", page.text());
        assert_eq!(server.trail("session.stepped_up"), ["done"]);
        server.clock.turn(A_WHILE);
        let page = anna.visits("/account/devices/add").await;
        let page = anna.touches(&page, &otp).await;
        assert!(page.path.starts_with("/step-up"), "it counted twice: {}", page.path);
    }

    async fn a_security_key_steps_up_through_its_ceremony(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        server.clock.turn(A_WHILE);
        let page = anna.visits("/account/devices/add/totp").await;
        assert!(page.try_form("Confirm with a security key").is_some(), "{}", page.text());
        let answer = anna.steps_up_with(&mut key, "/account/devices/add/totp").await;
        assert_eq!(answer.json()["next"], "/account/devices/add/totp", "{}", answer.body);
        assert_eq!(anna.visits("/account/devices/add/totp").await.path, "/account/devices/add/totp");
        assert_eq!(server.database.text("SELECT methods FROM sessions"), "pwd hwk user mfa");
    }

    async fn the_ceremony_of_a_step_up_answers_once_and_for_its_own_user(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (server.user("anna").await, server.user("ben").await);
        let (mut annas, mut bens) = (SoftAuthenticator::passkey(), SoftAuthenticator::passkey());
        for (person, key) in [(&anna, &mut annas), (&ben, &mut bens)] {
            person.signs_in().await;
            assert_eq!(person.registers("passkey", key).await.status, 200);
        }
        server.clock.turn(A_WHILE);
        let start = anna.browser.post_json("/webauthn/step-up/options", &json!({})).await;
        assert_eq!(start.code(), "ceremony.not_started", "no page asked for it");
        anna.visits("/step-up").await;
        let options = anna.browser.post_json("/webauthn/step-up/options", &json!({})).await.json();
        // Ben answers what anna was asked, with a key that signs whatever it is asked.
        let mut asked_of_anybody = options.clone();
        let inner = match asked_of_anybody.get_mut("publicKey") {
            Some(inner) => inner,
            None => &mut asked_of_anybody,
        };
        inner["allowCredentials"] = json!([]);
        let answer = bens.authenticate(&asked_of_anybody, &anna.browser.origin());
        let refused = anna.browser.post_json("/webauthn/step-up/verify", &answer).await;
        assert_eq!(refused.status, 403, "{}", refused.body);
        // That answer took the ceremony with it.
        let answer = annas.authenticate(&options, &anna.browser.origin());
        let late = anna.browser.post_json("/webauthn/step-up/verify", &answer).await;
        assert_eq!(late.code(), "ceremony.not_started");
        assert!(anna.visits("/account/devices/add").await.path.starts_with("/step-up"));
        assert_eq!(server.events("session.stepped_up"), 0);
    }

    async fn an_answer_to_a_step_up_that_comes_too_late_or_cannot_be_read_is_recorded_once(at: At) {
        let server = Server::with(at, &[("webauthn.timeout", "\"1m\"")]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        server.clock.turn(A_WHILE);
        let unasked = anna.browser.post_json("/webauthn/step-up/verify", &json!({})).await;
        assert_eq!(unasked.code(), "ceremony.not_started");
        assert_eq!(server.trail("session.stepped_up"), ["ceremony.not_started"]);
        anna.visits("/step-up").await;
        let options = anna.browser.post_json("/webauthn/step-up/options", &json!({})).await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        server.clock.turn(Duration::from_secs(121));
        let late = anna.browser.post_json("/webauthn/step-up/verify", &answer).await;
        assert_eq!(late.code(), "ceremony.not_started");
        let options = anna.browser.post_json("/webauthn/step-up/options", &json!({})).await.json();
        let unread = anna.browser.post_json("/webauthn/step-up/verify", &json!([])).await;
        assert_eq!(unread.code(), "ceremony.malformed");
        let answer = key.authenticate(&options, &anna.browser.origin());
        let spent = anna.browser.post_json("/webauthn/step-up/verify", &answer).await;
        assert_eq!(spent.code(), "ceremony.not_started");
        assert_eq!(server.trail("session.stepped_up"), [
            "ceremony.not_started", "ceremony.not_started", "ceremony.malformed", "ceremony.not_started",
        ]);
        let answer = anna.steps_up_with(&mut key, "/account/devices/add/totp").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    async fn the_answer_to_a_sign_in_is_none_to_a_step_up(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        server.clock.turn(A_WHILE);
        anna.visits("/step-up").await;
        anna.browser.post_json("/webauthn/step-up/options", &json!({})).await;
        let elsewhere = anna.elsewhere(&server.base);
        elsewhere.types_password().await;
        let options = elsewhere.asks_to_authenticate().await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        let refused = anna.browser.post_json("/webauthn/step-up/verify", &answer).await;
        assert_eq!(refused.code(), "ceremony.refused");
    }

    async fn somebody_without_a_device_types_the_password_again(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        server.clock.turn(A_WHILE);
        let page = anna.visits("/account/devices/add/totp").await;
        assert_eq!(page.heading(), "Enter your password again", "{}", page.text());
        let wrong = page.form("Continue").fill("Password", "not the one");
        let page = anna.browser.follow(anna.browser.submit(&page, &wrong).await).await;
        assert!(page.notice().contains("not your password"), "{}", page.text());
        let right = page.form("Continue").fill("Password", PASSWORD);
        let page = anna.browser.follow(anna.browser.submit(&page, &right).await).await;
        assert_eq!(page.path, "/account/devices/add/totp");
        assert_eq!(anna.adds_an_app().await.path, "/account/devices");
        assert_eq!(server.trail("session.stepped_up"), ["wrong_password", "done"]);
    }

    async fn a_password_does_not_stand_in_for_a_device(at: At) {
        let server = Server::start(at).await;
        let anna = a_while_ago(&server, "anna").await;
        let page = anna.visits("/step-up").await;
        let turn = page.form("Continue").fields.iter()
            .find_map(|(name, value)| (name == "turn").then(|| value.clone())).expect("a turn");
        let fields = [("turn", turn.as_str()), ("password", PASSWORD), ("next", "/account")];
        let answer = anna.browser.post("/step-up/password", &fields).await;
        assert!(answer.location().is_some_and(|to| to.starts_with("/step-up")), "{}", answer.status);
        assert!(anna.visits("/account/devices/add").await.path.starts_with("/step-up"));
    }

    async fn enrolment_alone_asks_for_the_password_again_too(at: At) {
        let server = Server::with(at, &[("policy.require_second_factor", "\"all\"")]).await;
        let mut anna = server.user("anna").await;
        assert_eq!(anna.signs_in().await.path, "/account/devices/add");
        server.clock.turn(A_WHILE);
        let page = anna.visits("/account/devices/add/totp").await;
        assert_eq!(page.heading(), "Enter your password again");
        let right = page.form("Continue").fill("Password", PASSWORD);
        anna.browser.submit(&page, &right).await;
        // It opens the enrolment, and nothing else.
        assert_eq!(anna.visits("/account").await.path, "/account/devices/add");
        assert_eq!(anna.adds_an_app().await.path, "/account/devices");
    }

    async fn a_wrong_code_changes_nothing_and_counts_as_at_the_sign_in(at: At) {
        let server = Server::with(at, &[("lockout.user_failures", "3")]).await;
        let anna = a_while_ago(&server, "anna").await;
        let mut page = anna.visits("/step-up?next=/account/devices/add").await;
        for _ in 0..3 {
            page = anna.types_code(&page, "000000").await;
            assert!(page.notice().contains("not right"), "{}", page.text());
            assert!(page.path.contains("next="), "where it led is lost: {}", page.path);
        }
        let locked = types_code(&anna, &page, &anna.code()).await;
        assert_eq!(locked.status, 429, "{}", locked.text());
        assert_eq!(server.trail("session.stepped_up"), ["wrong_code", "wrong_code", "wrong_code", "locked"]);
        // One count for both: a session is no second row of tries.
        let elsewhere = anna.elsewhere(&server.base);
        let page = elsewhere.types_password().await;
        assert_eq!(types_code(&elsewhere, &page, &anna.code()).await.status, 429);
        assert!(anna.is_in().await, "the session ended");
    }

    async fn a_code_that_signed_in_does_not_step_up(at: At) {
        let server = Server::with(at, &[("session.step_up", "\"1m\"")]).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        server.clock.turn(Duration::from_secs(90));
        let code = anna.code();
        let elsewhere = anna.elsewhere(&server.base);
        assert_eq!(elsewhere.signs_in().await.path, "/account");
        let page = anna.visits("/step-up").await;
        let page = anna.types_code(&page, &code).await;
        assert!(page.notice().contains("already used"), "{}", page.text());
        assert_eq!(server.trail("session.stepped_up"), ["replayed_code"]);
    }

    async fn a_copied_session_is_shut_out_when_its_owner_steps_up(at: At) {
        let server = Server::start(at).await;
        let anna = a_while_ago(&server, "anna").await;
        let thief = anna.browser.copy();
        assert_eq!(thief.get("/account").await.status, 200);
        let page = anna.visits("/step-up").await;
        assert_eq!(anna.types_code(&page, &anna.code()).await.path, "/account");
        assert_eq!(thief.get("/account").await.status, 303, "the copy still opens it");
        assert_eq!(thief.get("/account/devices/add").await.location(), Some("/sign-in?next=%2Faccount%2Fdevices%2Fadd"));
        assert!(anna.is_in().await);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM sessions"), 1, "another session");
    }

    async fn of_many_answers_to_one_page_one_is_looked_at(at: At) {
        let server = Server::start(at).await;
        let anna = a_while_ago(&server, "anna").await;
        let page = anna.visits("/step-up").await;
        let code = anna.code();
        let answers = (0..12).map(|_| {
            let copy = anna.at(&anna.browser.copy());
            let (page, code) = (page.clone(), code.clone());
            tokio::spawn(async move { types_code(&copy, &page, &code).await.location().map(str::to_owned) })
        });
        let answers: Vec<_> = join_all(answers).await.into_iter().map(|answer| answer.expect("no panic")).collect();
        let opened = answers.iter().filter(|to| to.as_deref() == Some("/account")).count();
        assert_eq!(opened, 1, "{answers:?}");
        assert_eq!(server.events("session.stepped_up"), 1);
        assert_eq!(server.trail("session.stepped_up"), ["done"], "a try was counted twice");
    }

    async fn a_session_that_ended_meanwhile_is_not_raised(at: At) {
        let server = Server::start(at).await;
        let anna = a_while_ago(&server, "anna").await;
        let page = anna.visits("/step-up").await;
        server.database.execute("UPDATE users SET is_enabled = FALSE WHERE name = 'anna'");
        let answer = types_code(&anna, &page, &anna.code()).await;
        assert!(answer.location().is_some_and(|to| to.starts_with("/sign-in")), "{}", answer.status);
        assert_eq!(server.events("session.stepped_up"), 0);
    }

    async fn one_session_cannot_go_on_with_the_proof_of_another(at: At) {
        let server = Server::start(at).await;
        let anna = a_while_ago(&server, "anna").await;
        let page = anna.visits("/step-up").await;
        // The same person signs in again in this browser: a page of before is worth nothing.
        anna.browser.post("/sign-out", &[]).await;
        assert_eq!(anna.signs_in().await.path, "/account");
        server.clock.turn(A_WHILE);
        let answer = types_code(&anna, &page, &anna.code()).await;
        assert!(answer.location().is_some_and(|to| to.starts_with("/step-up")), "{}", answer.status);
        assert!(anna.visits("/account/devices/add").await.path.starts_with("/step-up"));
    }

    async fn it_leads_to_no_other_site(at: At) {
        let server = Server::start(at).await;
        let anna = a_while_ago(&server, "anna").await;
        for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "/step-up", "/sign-out"] {
            let query = url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
            let page = anna.visits(&format!("/step-up?next={query}")).await;
            let form = page.form("Continue").set("next", next).fill("Code", "000000");
            let answer = anna.browser.submit(&page, &form).await;
            let to = answer.location().unwrap_or_default();
            assert!(to.starts_with("/step-up?method=totp&next=%2Faccount"), "{next} led to {to}");
            server.clock.turn(Duration::from_secs(31));
        }
        let page = anna.visits("/step-up").await;
        let form = page.form("Continue").set("next", "https://evil.example/").fill("Code", &anna.code());
        assert_eq!(anna.browser.submit(&page, &form).await.location(), Some("/account"));
        let answer = anna.browser.request(Method::POST, "/account/devices/add/yubikey")
            .header("origin", anna.browser.origin())
            .header("referer", "https://evil.example//evil.example/")
            .form(&[("otp", "x")]);
        server.clock.turn(A_WHILE);
        assert_eq!(anna.browser.send(answer).await.location(), Some("/step-up?next=%2Faccount%2Fdevices%2Fadd%2Fyubikey"));
    }

    async fn a_stranger_is_led_to_the_sign_in_first(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        let to = browser.get("/step-up?next=/account/devices").await;
        assert!(to.location().is_some_and(|to| to.starts_with("/sign-in")), "{}", to.status);
        for path in ["totp", "yubikey", "password"] {
            let fields = [("turn", "0"), ("code", "000000"), ("otp", "x"), ("password", PASSWORD)];
            let answer = browser.post(&format!("/step-up/{path}"), &fields).await;
            assert_eq!(answer.location(), Some("/sign-in"), "{path}");
        }
        for path in ["options", "verify"] {
            let answer = browser.post_json(&format!("/webauthn/step-up/{path}"), &json!({})).await;
            assert_eq!(answer.code(), "session.required", "{path}");
        }
    }

    async fn an_unfinished_proof_is_forgotten_after_a_while(at: At) {
        let server = Server::start(at).await;
        let anna = a_while_ago(&server, "anna").await;
        let page = anna.visits("/step-up?next=/account/devices").await;
        server.clock.turn(A_WHILE);
        let page = anna.types_code(&page, &anna.code()).await;
        assert!(page.notice().contains("once more"), "{}", page.text());
        assert_eq!(anna.types_code(&page, &anna.code()).await.path, "/account/devices");
    }
}
