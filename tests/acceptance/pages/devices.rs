//! A person's own devices: the list, their names, the default, their removal; and other people's.

use std::time::Duration;

use futures_util::future::join_all;

use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

/// Somebody who is signed in and has an app and a security key.
async fn with_two_devices(server: &Server, name: &str) -> (Person, SoftAuthenticator) {
    let mut person = server.user(name).await;
    person.signs_in().await;
    person.adds_an_app().await;
    let mut key = SoftAuthenticator::security_key();
    assert_eq!(person.registers("security-key", &mut key).await.status, 200);
    server.clock.turn(Duration::from_secs(60));
    (person, key)
}

on_every_database! {
    async fn the_list_shows_what_each_device_is_and_when_it_was_used(at: At) {
        let server = Server::start(at).await;
        let (anna, _) = with_two_devices(&server, "anna").await;
        let text = anna.visits("/account/devices").await.text();
        for expected in ["Authenticator app", "Security key", "Added", "Last used", "Never", "Default"] {
            assert!(text.contains(expected), "{expected} is missing: {text}");
        }
        let ids = server.database.lines("SELECT name AS line FROM devices ORDER BY id");
        let listed: Vec<_> = anna.devices().await.into_iter().map(|device| device.name).collect();
        assert_eq!(listed, ids);
    }

    async fn a_device_gets_another_name(at: At) {
        let server = Server::start(at).await;
        let (anna, _) = with_two_devices(&server, "anna").await;
        let id = anna.devices().await[0].id.clone();
        let path = format!("/account/devices/{id}/rename");
        let long = "ü".repeat(100);
        for (typed, kept) in [
            ("Anna's phone", "Anna's phone"),
            ("  spaced\u{0} out\n ", "spaced out"),
            ("<b onload=alert(1)>\"'&amp;", "<b onload=alert(1)>\"'&amp;"),
            ("\u{202e}enohp\u{202c}", "enohp"),
            ("👩\u{200d}🔬", "👩\u{200d}🔬"),
            (long.as_str(), &long[..128]),
        ] {
            let answer = anna.browser.post(&path, &[("name", typed)]).await;
            assert_eq!(answer.status, 303, "{typed}: {}", answer.body);
            let page = anna.browser.follow(answer).await;
            assert!(page.notice().contains(kept), "{}", page.notice());
            assert!(!page.body.contains("<b onload"), "a name became a tag");
            assert_eq!(anna.devices().await[0].name, kept);
        }
        for empty in ["", "   ", "\u{1}", "\u{200b}", "\u{202e}", "\u{2066} \u{ad}"] {
            let answer = anna.browser.post(&path, &[("name", empty)]).await;
            let page = anna.browser.follow(answer).await;
            assert_eq!(page.notice(), "Type a name for this device.");
        }
        assert_eq!(anna.devices().await[0].name, &long[..128]);
        assert_eq!(server.events("device.renamed"), 6);
    }

    async fn the_default_is_asked_for_first_and_the_others_are_a_link_away(at: At) {
        let server = Server::start(at).await;
        let (anna, mut key) = with_two_devices(&server, "anna").await;
        let elsewhere = anna.elsewhere(&server.base);
        let page = elsewhere.types_password().await;
        assert_eq!(page.heading(), "Enter your code", "the first device is the default");
        let page = elsewhere.visits(&page.link("Use another method").expect("a link")).await;
        let keys = page.link_to("/sign-in?method=webauthn").expect("the other method");
        let page = elsewhere.visits(&keys).await;
        assert!(page.try_form("Use my security key").is_some(), "{}", page.text());

        let id = anna.devices().await[1].id.clone();
        let answer = anna.browser.post(&format!("/account/devices/{id}/default"), &[]).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.notice().contains("asked for first"), "{}", page.text());
        let elsewhere = anna.elsewhere(&server.base);
        let page = elsewhere.types_password().await;
        assert!(page.try_form("Use my security key").is_some(), "{}", page.text());
        assert_eq!(elsewhere.confirms_with(&mut key).await.status, 200);
        assert!(elsewhere.is_in().await);
    }

    async fn a_method_that_a_person_does_not_have_is_not_shown(at: At) {
        let server = Server::start(at).await;
        let (anna, _) = with_two_devices(&server, "anna").await;
        let anna = anna.elsewhere(&server.base);
        anna.types_password().await;
        for method in ["yubikey", "nonsense", "", "password", "TOTP"] {
            let page = anna.visits(&format!("/sign-in?method={method}")).await;
            assert_eq!(page.heading(), "Enter your code", "{method}");
        }
    }

    async fn removing_says_before_what_it_does_and_ends_the_sessions_that_the_device_proved(at: At) {
        let server = Server::start(at).await;
        let (anna, mut key) = with_two_devices(&server, "anna").await;
        let by_key = anna.elsewhere(&server.base);
        by_key.types_password().await;
        assert_eq!(by_key.confirms_with(&mut key).await.status, 200);
        let by_app = anna.elsewhere(&server.base);
        assert_eq!(by_app.signs_in().await.path, "/account");

        let id = anna.devices().await[1].id.clone();
        let page = anna.visits(&format!("/account/devices/{id}/remove")).await;
        assert!(page.text().contains("You keep 1 other device"), "{}", page.text());
        assert!(page.text().contains("1 open session ends"), "{}", page.text());
        assert!(by_key.is_in().await, "a question removed it");
        let answer = anna.browser.post(&format!("/account/devices/{id}/remove"), &[]).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.notice().contains("was removed"), "{}", page.text());

        assert!(!by_key.is_in().await, "the removed device's session goes on");
        assert!(by_app.is_in().await && anna.is_in().await, "another device's session ended");
        let again = anna.browser.post(&format!("/account/devices/{id}/remove"), &[]).await;
        assert_eq!(again.status, 404);
        let elsewhere = anna.elsewhere(&server.base);
        elsewhere.types_password().await;
        assert_eq!(elsewhere.asks_to_authenticate().await.code(), "device.unknown");
    }

    async fn the_last_device_goes_where_policy_lets_it(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let id = anna.devices().await[0].id.clone();
        let answer = anna.browser.post(&format!("/account/devices/{id}/remove"), &[]).await;
        assert!(anna.browser.follow(answer).await.notice().contains("was removed"));
        let elsewhere = anna.elsewhere(&server.base);
        assert_eq!(elsewhere.types_password().await.path, "/account");
    }

    async fn a_sign_in_that_waits_for_a_removed_device_starts_over(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        server.clock.turn(Duration::from_secs(60));
        let waiting = anna.elsewhere(&server.base);
        let asked = waiting.types_password().await;
        let code = anna.code();
        let id = anna.devices().await[0].id.clone();
        anna.browser.post(&format!("/account/devices/{id}/remove"), &[]).await;
        waiting.types_code(&asked, &code).await;
        assert!(!waiting.is_in().await, "a removed device signed in");
        let page = waiting.visits("/sign-in").await;
        assert!(page.form("Continue").asks_for("Password"), "{}", page.text());
        assert_eq!(waiting.types_password().await.path, "/account");
    }

    async fn the_last_device_stays_where_policy_asks_for_one(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.superuser("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let id = anna.devices().await[0].id.clone();
        let answer = anna.browser.post(&format!("/account/devices/{id}/remove"), &[]).await;
        let page = anna.browser.follow(answer).await;
        assert!(!page.notice().contains("was removed"), "{}", page.text());
        assert_eq!(anna.devices().await.len(), 1);
        let page = anna.visits(&format!("/account/devices/{id}/remove")).await;
        assert!(page.notice().contains("this is its last device"), "{}", page.text());
        assert!(!page.text().contains("Your password alone"), "a removal is promised: {}", page.text());
    }

    async fn of_two_removals_of_the_last_two_devices_at_once_one_is_refused(at: At) {
        let server = Server::with(at, &[("policy.require_second_factor", "\"all\"")]).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        anna.registers("security-key", &mut SoftAuthenticator::security_key()).await;
        let removals = anna.devices().await.into_iter().map(|device| {
            let browser = anna.browser.copy();
            tokio::spawn(async move {
                browser.post(&format!("/account/devices/{}/remove", device.id), &[]).await.status
            })
        });
        for status in join_all(removals.collect::<Vec<_>>()).await {
            assert!(status.expect("no panic") < 500);
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM devices"), 1);
    }

    async fn nobody_touches_the_device_of_somebody_else(at: At) {
        let server = Server::start(at).await;
        let (anna, _) = with_two_devices(&server, "anna").await;
        let (ben, _) = with_two_devices(&server, "ben").await;
        let bens = ben.devices().await;
        let unknown = "00000000-0000-7000-8000-000000000000".to_owned();
        let mut answers = Vec::new();
        for id in [&bens[0].id, &unknown] {
            let asked = anna.browser.get(&format!("/account/devices/{id}/remove")).await;
            let mut bodies = vec![(asked.status, asked.body.replace(id.as_str(), "ID"))];
            for action in ["rename", "default", "remove"] {
                let path = format!("/account/devices/{id}/{action}");
                let answer = anna.browser.post(&path, &[("name", "mine now")]).await;
                bodies.push((answer.status, answer.body.replace(id.as_str(), "ID")));
            }
            answers.push(bodies);
        }
        assert_eq!(answers[0], answers[1], "it tells which devices there are");
        assert!(answers[0].iter().all(|(status, _)| *status == 404), "{answers:?}");
        assert_eq!(ben.devices().await, bens);
        let owner = "SELECT COUNT(*) FROM users WHERE name = 'anna' AND default_device IN \
                     (SELECT devices.id FROM devices JOIN users ON users.id = user_id WHERE users.name = 'ben')";
        assert_eq!(server.database.number(owner), 0);
    }

    async fn an_id_that_is_none_is_no_device(at: At) {
        let server = Server::start(at).await;
        let (anna, _) = with_two_devices(&server, "anna").await;
        for id in ["1", "x", "%00", "%FF", "..%2F..", "'%20OR%201=1--", &"a".repeat(3000)] {
            for action in ["rename", "default", "remove"] {
                let path = format!("/account/devices/{id}/{action}");
                let answer = anna.browser.post(&path, &[("name", "x")]).await;
                assert_eq!(answer.status, 404, "{path}");
            }
        }
        assert_eq!(anna.devices().await.len(), 2);
    }

    async fn nobody_has_devices_without_end(at: At) {
        let server = Server::start(at).await;
        let (anna, _) = with_two_devices(&server, "anna").await;
        let rows: Vec<String> = (0..62)
            .map(|number| {
                format!(
                    "INSERT INTO devices (id, user_id, kind, name, state, created_at, idle_since) \
                     SELECT '00000000-0000-7000-8000-{number:012}', id, 'email', 'Mail {number}', 'active', 0, 0 \
                     FROM users WHERE name = 'anna'"
                )
            })
            .collect();
        server.database.execute(&rows.join("; "));
        let mut one_more = SoftAuthenticator::passkey();
        let answer = anna.registers("passkey", &mut one_more).await;
        assert_eq!(answer.status, 403, "{}", answer.body);
        assert!(answer.body.contains("device.too_many"), "{}", answer.body);
        let count = "SELECT COUNT(*) FROM devices WHERE kind = 'passkey'";
        assert_eq!(server.database.number(count), 0);
        server.database.execute("DELETE FROM devices WHERE name = 'Mail 0'");
        assert_eq!(anna.registers("passkey", &mut one_more).await.status, 200);
    }
}
