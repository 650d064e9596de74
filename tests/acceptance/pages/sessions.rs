//! Sessions: what their cookie is worth, and how they end.

use std::time::Duration;

use keyward_actions::session;
use keyward_actions::user;
use keyward_core::flows::permit::Administrator;

use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

on_every_database! {
    async fn a_disabled_user_is_out_at_once_and_stays_out(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        let ben = server.user("ben").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        ben.signs_in().await;
        let waiting = anna.elsewhere(&server.base);
        server.clock.turn(Duration::from_secs(60));
        let page = waiting.types_password().await;

        server.database.execute("UPDATE users SET is_enabled = FALSE WHERE name = 'anna'");
        assert!(!anna.is_in().await, "her session goes on");
        assert!(ben.is_in().await, "somebody else's session ended");
        let code = waiting.code();
        let page = waiting.types_code(&page, &code).await;
        assert!(!waiting.is_in().await, "a sign-in under way was finished: {}", page.text());
        let page = anna.elsewhere(&server.base).types_password().await;
        assert!(page.notice().contains("do not match"), "{}", page.text());
        assert_eq!(server.trail("sign_in.password").last().map(String::as_str), Some("disabled"));
    }

    async fn an_expired_session_does_not_revive_when_the_clock_goes_back(at: At) {
        let settings = [("session.idle", "\"2h\""), ("session.absolute", "\"3h\"")];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let idle = anna.elsewhere(&server.base);
        idle.signs_in().await;
        server.clock.turn(Duration::from_secs(60 * 60));
        assert!(anna.is_in().await);
        server.clock.turn(Duration::from_secs(90 * 60));
        assert!(anna.is_in().await);
        assert!(!idle.is_in().await, "nothing was heard of it for two hours");
        server.clock.turn(Duration::from_secs(60 * 60));
        assert!(!anna.is_in().await, "it began three hours ago");
        server.clock.turn_back(Duration::from_secs(200 * 60));
        assert!(!anna.is_in().await, "it revived");
        assert!(!idle.is_in().await, "it revived");
    }

    async fn one_session_more_than_a_person_may_have_ends_the_one_that_was_not_seen_for_longest(at: At) {
        let server = Server::with(at, &[("session.max_per_user", "3")]).await;
        let anna = server.user("anna").await;
        let ben = server.user("ben").await;
        ben.signs_in().await;
        let mut browsers = Vec::new();
        for _ in 0..3 {
            let anna = anna.elsewhere(&server.base);
            anna.signs_in().await;
            server.clock.turn(Duration::from_secs(120));
            browsers.push(anna);
        }
        // The first is used; the second is the one that nobody has seen for longest.
        assert!(browsers[0].is_in().await);
        anna.signs_in().await;
        assert_eq!(server.events("session.ended"), 1);
        for (number, stays) in [true, false, true].into_iter().enumerate() {
            assert_eq!(browsers[number].is_in().await, stays, "{number}");
        }
        assert!(anna.is_in().await && ben.is_in().await);
    }

    async fn ending_ones_own_session_asks_for_a_fresh_proof(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let other = anna.elsewhere(&server.base);
        other.signs_in().await;
        let id = server.database.text("SELECT id FROM sessions ORDER BY id DESC LIMIT 1");
        server.clock.turn(Duration::from_secs(3600));
        for path in [format!("/account/sessions/{id}/end"), "/account/sessions/others/end".to_owned()] {
            let answer = anna.browser.post(&path, &[]).await;
            assert_eq!(answer.status, 303);
            assert!(answer.location().is_some_and(|to| to.starts_with("/step-up")), "{path}");
        }
        assert!(other.is_in().await, "ended without a proof");
        let page = anna.visits("/step-up?next=/account/sessions").await;
        let form = page.form("Continue").fill("Password", &anna.password);
        let answer = anna.browser.submit(&page, &form).await;
        anna.browser.follow(answer).await;
        anna.browser.post(&format!("/account/sessions/{id}/end"), &[]).await;
        assert!(!other.is_in().await);
        assert!(anna.is_in().await);
    }

    async fn every_session_knows_its_assurance_level(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        let level = || server.database.text("SELECT level FROM sessions ORDER BY id DESC LIMIT 1");
        anna.signs_in().await;
        assert_eq!(level(), "aal1", "a password");
        anna.adds_an_app().await;
        assert_eq!(level(), "aal2", "and an app");
        server.clock.turn(Duration::from_secs(60));
        let anna = anna.elsewhere(&server.base);
        anna.signs_in().await;
        assert_eq!(level(), "aal2");
        let mut synced = SoftAuthenticator::synced_passkey();
        anna.registers("passkey", &mut synced).await;
        let browser = anna.elsewhere(&server.base);
        browser.signs_in_with(&mut synced, None).await;
        assert!(browser.is_in().await);
        assert_eq!(level(), "aal2", "a passkey that is copied");
        let mut bound = SoftAuthenticator::passkey();
        anna.registers("passkey", &mut bound).await;
        // As if its attestation had led to a root of its model.
        let browser = anna.elsewhere(&server.base);
        browser.signs_in_with(&mut bound, None).await;
        assert_eq!(level(), "aal2", "nobody vouches for its hardware");
        server.database.execute(
            "INSERT INTO attestations (device_id, is_verified, chain) SELECT device_id, TRUE, ''
             FROM credentials WHERE NOT backup_eligible",
        );
        let browser = anna.elsewhere(&server.base);
        browser.signs_in_with(&mut bound, None).await;
        assert_eq!(level(), "aal3", "a key of hardware");
        server.database.execute("UPDATE attestations SET is_verified = FALSE");
        server.database.execute(
            "INSERT INTO attestations (device_id, is_verified, chain) SELECT device_id, TRUE, ''
             FROM credentials WHERE backup_eligible",
        );
        let browser = anna.elsewhere(&server.base);
        browser.signs_in_with(&mut synced, None).await;
        assert_eq!(level(), "aal2", "a passkey that is copied, whoever made it");
        let root = Administrator::at_command_line();
        let listed = session::list(&server.app, &root, None, None, 1);
        assert_eq!(listed.await.expect("a database")[0].0.level.as_str(), "aal2");
    }

    async fn an_administrator_who_ends_all_sessions_ends_what_would_open_new_ones(at: At) {
        let settings = [("trusted_browser.age", "\"30d\"")];
        let server = Server::with(at, &settings).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        let page = server.browser().get("/recover").await;
        let form = page.form("Continue").fill("Email", "anna@example.org");
        server.browser().submit(&page, &form).await;
        server.until("SELECT COUNT(*) FROM recoveries", 1).await;
        let device = "INSERT INTO devices (id, user_id, kind, name, state, created_at, idle_since)
             SELECT '018f0000-0000-7000-8000-000000000001', id, 'totp', 'app', 'active', 1, 1 FROM users";
        server.database.execute(device);
        server.database.execute(
            "INSERT INTO trusted_browsers (id, user_id, device_id, name, key_hash, rotated_at, created_at, expires_at,
             address, user_agent) SELECT '018f0000-0000-7000-8000-000000000002', id,
             '018f0000-0000-7000-8000-000000000001', 'ours', 'hash', 1, 1, 9000000000000, '192.0.2.1', ''
             FROM users",
        );
        let administrator = Administrator::at_command_line();
        let user = user::find_by_name(&server.app, &administrator, "anna").await;
        let user = user.expect("a database").expect("anna");
        session::end_all_of(&server.app, &administrator, user.id).await.expect("they end");
        for table in ["sessions", "trusted_browsers", "recoveries", "journeys"] {
            let rows = format!("SELECT COUNT(*) FROM {table}");
            assert_eq!(server.database.number(&rows), 0, "{table}");
        }
    }

    async fn signing_out_ends_this_session_and_no_other(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let other = anna.elsewhere(&server.base);
        other.signs_in().await;
        let answer = anna.browser.post("/sign-out", &[]).await;
        let gone = format!("{}=;", server.app.settings().cookies.session);
        assert!(answer.headers.get_all("set-cookie").iter().any(|cookie| {
            cookie.to_str().is_ok_and(|cookie| cookie.starts_with(&gone))
        }), "the cookie stays");
        assert!(!anna.is_in().await);
        assert!(other.is_in().await);
        // Twice is no mistake.
        assert_eq!(anna.browser.post("/sign-out", &[]).await.status, 303);
    }

    async fn each_sign_in_has_an_identifier_of_its_own(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        for _ in 0..5 {
            anna.elsewhere(&server.base).signs_in().await;
        }
        let distinct = "SELECT COUNT(DISTINCT identifier_hash) FROM sessions";
        assert_eq!(server.database.number(distinct), 5);
        server.database.execute("UPDATE sessions SET identifier_hash = id");
        assert!(!anna.is_in().await, "the identifier is not looked at");
    }

    async fn a_session_whose_sign_in_is_gone_opens_nothing(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        server.database.execute("DELETE FROM sessions");
        assert!(!anna.is_in().await);
        let page = anna.visits("/account").await;
        assert!(page.form("Continue").asks_for("Password"), "{}", page.text());
        assert_eq!(anna.signs_in().await.path, "/account");
    }

    async fn a_cookie_with_any_letter_changed_is_nobodys(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let cookies = anna.browser.cookies();
        let (name, value) = cookies
            .split("; ")
            .filter_map(|cookie| cookie.split_once('='))
            .find(|(name, _)| *name == server.app.settings().cookies.session)
            .expect("the session's cookie");
        for at in (0..value.len()).step_by(7) {
            let browser = server.browser();
            let mut tampered = value.as_bytes().to_vec();
            tampered[at] = if tampered[at] == b'A' { b'B' } else { b'A' };
            let tampered = String::from_utf8(tampered).expect("text");
            browser.set_cookie(&format!("{name}={tampered}"));
            let answer = browser.get("/account").await;
            assert_eq!(answer.status, 303, "letter {at}");
        }
        let browser = server.browser();
        browser.set_cookie(&format!("{name}={value}"));
        assert_eq!(browser.get("/account").await.status, 200, "the cookie itself");
    }

    async fn a_cookie_of_another_server_is_nobodys(at: At) {
        let (server, other) = (Server::start(at).await, Server::start(at).await);
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let browser = other.browser();
        for cookie in anna.browser.cookies().split("; ") {
            browser.set_cookie(cookie);
        }
        assert_eq!(browser.get("/account").await.status, 303);
    }

    async fn where_policy_asks_everybody_a_password_leads_to_enrolment_alone(at: At) {
        let server = Server::with(at, &[("policy.require_second_factor", "\"all\"")]).await;
        let mut anna = server.user("anna").await;
        let page = anna.signs_in().await;
        assert_eq!(page.path, "/account/devices/add", "{}", page.text());
        assert_eq!(anna.visits("/account").await.path, "/account/devices/add");
        assert_eq!(anna.visits("/sign-in?next=/account").await.path, "/account/devices/add");
        assert_eq!(anna.adds_an_app().await.path, "/account/devices");
        assert!(anna.is_in().await);
    }

    async fn an_enrolment_session_ends_like_any_other(at: At) {
        let settings = [("policy.require_second_factor", "\"all\""), ("session.idle", "\"1h\"")];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        server.clock.turn(Duration::from_secs(3601));
        let page = anna.visits("/account/devices/add/totp").await;
        assert!(page.path.starts_with("/sign-in"), "{}", page.text());
    }

    async fn a_session_is_bound_to_no_other_request_of_its_browser(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let visits = (0..32).map(|_| {
            let browser = anna.browser.copy();
            tokio::spawn(async move { browser.get("/account").await.status })
        });
        for status in futures_util::future::join_all(visits).await {
            assert_eq!(status.expect("no panic"), 200);
        }
    }

    async fn somebody_sees_their_sessions_and_ends_one_and_all_others(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        let ben = server.user("ben").await;
        for person in [&anna, &ben] {
            person.signs_in().await;
        }
        let others: Vec<_> = (0..3).map(|_| anna.elsewhere(&server.base)).collect();
        for other in &others {
            other.signs_in().await;
        }
        let page = anna.visits("/account/sessions").await;
        assert_eq!(page.text().matches("This browser").count(), 1, "{}", page.text());
        assert_eq!(page.text().matches("127.0.0.1").count(), 4, "{}", page.text());
        assert!(page.text().contains("3 other sessions"), "{}", page.text());
        let end = page.form("End").action;
        assert_eq!(ben.browser.post(&end, &[]).await.status, 404, "somebody else's");
        let page = anna.presses(&page, "End").await;
        assert!(page.notice().contains("was ended"), "{}", page.text());
        let mut left = 0;
        for other in &others {
            left += usize::from(other.is_in().await);
        }
        assert_eq!(left, 2);
        let page = anna.presses(&page, "Sign out everywhere else").await;
        assert!(page.notice().contains("everywhere else"), "{}", page.text());
        for other in &others {
            assert!(!other.is_in().await);
        }
        assert!(anna.is_in().await && ben.is_in().await);
        let page = anna.visits("/account/sessions").await;
        let page = anna.presses(&page, "Sign out").await;
        assert!(page.path.starts_with("/sign-in"), "{}", page.path);
        assert!(!anna.is_in().await);
    }

    async fn a_browser_is_told_by_its_name(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like \
                     Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0 <b>\"";
        let fields = [("username", "anna"), ("password", anna.password.as_str())];
        let request = anna.browser.request(reqwest::Method::POST, "/sign-in/password");
        let request = request.header("user-agent", agent).header("origin", anna.browser.origin());
        anna.browser.send(request.form(&fields)).await;
        let page = anna.visits("/account/sessions").await;
        assert!(page.text().contains("Edge on Windows"), "{}", page.text());
        assert!(!page.body.contains("<b>"), "what a browser says became a tag");
    }

    async fn idle_and_old_sessions_are_not_listed(at: At) {
        let settings = [("session.idle", "\"1h\""), ("session.absolute", "\"2h\"")];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        let idle = anna.elsewhere(&server.base);
        idle.signs_in().await;
        server.clock.turn(Duration::from_secs(3000));
        anna.signs_in().await;
        server.clock.turn(Duration::from_secs(601));
        let page = anna.visits("/account/sessions").await;
        assert_eq!(page.text().matches("127.0.0.1").count(), 1, "{}", page.text());
        assert!(!idle.is_in().await);
        // Each visit is a sign of life, and the absolute end comes all the same.
        for _ in 0..2 {
            server.clock.turn(Duration::from_secs(3000));
            anna.is_in().await;
        }
        server.clock.turn(Duration::from_secs(1201));
        assert!(!anna.is_in().await, "it has no end");
    }

    async fn a_new_password_ends_every_session(at: At) {
        use keyward_core::domain::user::{NewPassword, UserName};
        use keyward_core::flows::permit::Administrator;
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let administrator = Administrator::at_command_line();
        let user = user::find_by_name(&server.app, &administrator, "anna").await.expect("a database");
        let name = UserName::parse("anna").expect("a name");
        let new = NewPassword::parse("quite another four words".into(), &name).expect("good");
        let id = user.expect("anna").id;
        user::set_password(&server.app, &administrator, id, new).await.expect("set");
        assert!(!anna.is_in().await);
    }
}
