//! Signing in: the password, the one dispatcher, and every way around it.

use std::time::Duration;

use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;

/// Pages and actions that need a whole sign-in.
const INSIDE: &[&str] = &[
    "/account",
    "/account/devices",
    "/account/devices/add",
    "/account/devices/add/passkey",
    "/account/devices/add/totp",
    "/account/devices/add/yubikey",
    "/account/devices/add/email",
    "/account/devices/add/phone",
    "/console",
    "/console/users",
    "/console/users/new",
    "/console/devices",
    "/console/services",
    "/console/audit",
];

on_every_database! {
    async fn a_right_password_opens_the_account_where_no_second_factor_is_asked_for(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        let page = anna.signs_in().await;
        assert_eq!(page.path, "/account", "{}", page.text());
        assert_eq!(page.heading(), "Hello, anna");
    }

    async fn a_wrong_password_and_an_unknown_user_look_the_same(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.password = "not this one".to_owned();
        let wrong = anna.types_password().await;
        let unknown = server.stranger("anna-who-is-not").types_password().await;
        assert_eq!((wrong.status, wrong.path.as_str()), (unknown.status, unknown.path.as_str()));
        assert!(wrong.notice().contains("do not match"), "{}", wrong.text());
        let unnamed = |body: &str| body.replace("anna-who-is-not", "anna");
        assert_eq!(unnamed(&wrong.body), unnamed(&unknown.body));
    }

    async fn a_locked_user_looks_like_a_wrong_password(at: At) {
        let settings = [("lockout.user_failures", "3")];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        let mut guesser = anna.clone();
        guesser.password = "not this one".to_owned();
        let first = guesser.types_password().await;
        for _ in 0..3 {
            let _ = guesser.elsewhere(&server.base).types_password().await;
        }
        let locked = anna.types_password().await;
        assert_eq!(locked.body, first.body, "a lock shows");
        server.clock.turn(Duration::from_secs(31));
        let page = anna.signs_in().await;
        assert_eq!(page.path, "/account", "the lock does not end");
    }

    async fn an_address_that_tries_many_names_is_slowed_down(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "5")]).await;
        let statuses: Vec<_> = {
            let mut statuses = Vec::new();
            for number in 0..7 {
                let somebody = server.stranger(&format!("user{number}"));
                statuses.push(somebody.types_password().await.status);
            }
            statuses
        };
        assert_eq!(statuses[..5], [200; 5]);
        assert_eq!(statuses[6], 429, "{statuses:?}");
    }

    async fn the_password_alone_opens_nothing_once_there_is_a_second_factor(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.superuser("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;

        let anna = anna.elsewhere(&server.base);
        let page = anna.types_password().await;
        assert_eq!(page.heading(), "Enter your code");
        for path in INSIDE {
            let page = anna.visits(path).await;
            assert!(page.path.starts_with("/sign-in"), "{path} opens {}", page.path);
        }
        for path in ["/account/devices/add/totp", "/account/devices/add/yubikey"] {
            let answer = anna.browser.post(path, &[("code", "000000"), ("otp", ""), ("name", "x")]).await;
            assert_ne!(answer.status, 200, "{path}");
        }
        for path in ["/webauthn/registration/options", "/webauthn/registration/verify"] {
            let answer = anna.browser.post_json(path, &serde_json::json!({ "kind": "passkey" })).await;
            assert_eq!(answer.status, 403, "{path}: {}", answer.body);
        }
        server.clock.turn(Duration::from_secs(60));
        let page = anna.visits("/sign-in").await;
        let page = anna.types_code(&page, &anna.code()).await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }

    async fn a_session_from_before_the_second_factor_opens_nothing_after_it(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let old = anna.elsewhere(&server.base);
        old.signs_in().await;
        assert_eq!(old.visits("/account").await.path, "/account");

        anna.adds_an_app().await;
        let page = old.visits("/account").await;
        assert!(page.path.starts_with("/sign-in"), "the skipped factor opens {}", page.path);
        assert_eq!(anna.visits("/account").await.path, "/account", "the one who proved it is out");
    }

    async fn the_session_identifier_changes_at_each_rise(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.superuser("anna").await;
        anna.signs_in().await;
        let enrolling = anna.browser.copy();
        anna.adds_an_app().await;
        assert_ne!(anna.browser.cookies(), enrolling.cookies());

        let anna = anna.elsewhere(&server.base);
        let first = anna.visits("/sign-in").await;
        let before = anna.browser.copy();
        server.clock.turn(Duration::from_secs(60));
        let page = anna.types_password().await;
        let between = anna.browser.copy();
        assert_ne!(before.cookies(), between.cookies());
        anna.types_code(&page, &anna.code()).await;
        assert_ne!(between.cookies(), anna.browser.cookies());

        for (moment, stale) in [("enrolling", enrolling), ("before", before), ("between", between)] {
            let page = stale.get("/account").await;
            let page = stale.follow(page).await;
            assert!(page.path.starts_with("/sign-in"), "the cookie of {moment} opens {}", page.path);
        }
        drop(first);
    }

    async fn a_planted_cookie_is_not_signed_in_with_its_victim(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.visits("/sign-in").await;
        let attacker = anna.browser.copy();
        anna.types_password().await;
        let page = attacker.get("/account").await;
        let page = attacker.follow(page).await;
        assert!(page.path.starts_with("/sign-in"), "the planted cookie opens {}", page.path);
    }

    async fn a_sign_in_waits_for_its_second_factor_as_long_as_it_is_told_to(at: At) {
        let server = Server::with(at, &[("session.sign_in_timeout", "\"2m\"")]).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let anna = anna.elsewhere(&server.base);

        anna.types_password().await;
        server.clock.turn(Duration::from_secs(110));
        let page = anna.visits("/sign-in").await;
        assert_eq!(page.heading(), "Enter your code");
        server.clock.turn(Duration::from_secs(20));
        let late = anna.types_code(&page, &anna.code()).await;
        assert!(late.notice().contains("started over"), "{}", late.text());
        assert!(late.try_form("Continue").is_some_and(|form| form.asks_for("Password")));
        assert_eq!(server.refusals("sign_in.second_factor", "sign_in.expired"), 1);
        let page = anna.visits("/account").await;
        assert!(page.path.starts_with("/sign-in"));
    }

    async fn a_sign_in_that_starts_over_still_leads_where_it_led(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let begins = async |anna: &Person| {
            server.clock.turn(Duration::from_secs(60));
            let page = anna.visits("/account/devices").await;
            let form = page.form("Continue").fill("Username", "anna").fill("Password", PASSWORD);
            let answer = anna.browser.submit(&page, &form).await;
            anna.browser.follow(answer).await
        };
        let ends = async |anna: &Person, page: Page| {
            let form = page.form("Continue").fill("Username", "anna").fill("Password", PASSWORD);
            let answer = anna.browser.submit(&page, &form).await;
            let page = anna.browser.follow(answer).await;
            let page = anna.types_code(&page, &anna.code()).await;
            assert_eq!(page.path, "/account/devices", "{}", page.text());
        };
        let late = anna.elsewhere(&server.base);
        let page = begins(&late).await;
        server.clock.turn(Duration::from_secs(601));
        ends(&late, late.types_code(&page, &late.code()).await).await;

        let later = anna.elsewhere(&server.base);
        begins(&later).await;
        server.clock.turn(Duration::from_secs(601));
        ends(&later, later.visits("/sign-in").await).await;

        let other = anna.elsewhere(&server.base);
        begins(&other).await;
        let answer = other.browser.post("/sign-in/restart", &[]).await;
        ends(&other, other.browser.follow(answer).await).await;
    }

    async fn without_a_timeout_the_second_factor_may_take_an_hour(at: At) {
        let server = Server::with(at, &[("session.sign_in_timeout", "0")]).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let anna = anna.elsewhere(&server.base);
        anna.types_password().await;
        server.clock.turn(Duration::from_secs(3600));
        let page = anna.visits("/sign-in").await;
        let page = anna.types_code(&page, &anna.code()).await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }

    async fn two_tabs_finish_one_journey_once(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let anna = anna.elsewhere(&server.base);
        server.clock.turn(Duration::from_secs(60));
        let tab = anna.types_password().await;
        let other_tab = anna.visits("/sign-in").await;
        let copied = anna.browser.copy();

        let page = anna.types_code(&tab, &anna.code()).await;
        assert_eq!(page.path, "/account");
        server.clock.turn(Duration::from_secs(60));
        let form = other_tab.form("Continue").fill("Code", &anna.code());
        let answer = copied.submit(&other_tab, &form).await;
        let answer = copied.follow(answer).await;
        assert_ne!(answer.path, "/account", "one journey opened two sessions");
    }

    async fn a_wrong_code_costs_the_turn_but_not_the_journey(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let anna = anna.elsewhere(&server.base);
        server.clock.turn(Duration::from_secs(60));
        let page = anna.types_password().await;
        let again = anna.types_code(&page, "000000").await;
        assert!(again.notice().contains("not right"), "{}", again.text());
        let replayed = anna.types_code(&page, &anna.code()).await;
        assert_ne!(replayed.path, "/account", "a used turn was taken twice");
        let page = anna.visits("/sign-in").await;
        let page = anna.types_code(&page, &anna.code()).await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }

    async fn signing_in_leads_back_to_where_the_person_wanted_to_go(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        let page = anna.visits("/account/devices").await;
        assert_eq!(page.path, "/sign-in?next=%2Faccount%2Fdevices");
        let form = page.form("Continue").fill("Username", "anna").fill("Password", &anna.password);
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert_eq!(page.path, "/account/devices");

        anna.adds_an_app().await;
        let anna = anna.elsewhere(&server.base);
        server.clock.turn(Duration::from_secs(60));
        let page = anna.visits("/account/devices").await;
        let form = page.form("Continue").fill("Username", "anna").fill("Password", &anna.password);
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        let page = anna.types_code(&page, &anna.code()).await;
        assert_eq!(page.path, "/account/devices");
    }

    async fn signing_in_leads_nowhere_else_than_here(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        for next in [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example/",
            "\\\\evil.example",
            "/\t/evil.example/",
            "/%09/evil.example",
            "javascript:alert(1)",
            "account",
            "http:evil.example",
            "/account\r\nSet-Cookie: a=b",
            "",
        ] {
            let anna = anna.elsewhere(&server.base);
            let fields = [("username", "anna"), ("password", anna.password.as_str()), ("next", next)];
            let answer = anna.browser.post("/sign-in/password", &fields).await;
            assert_eq!(answer.status, 303, "{next}");
            let location = answer.location().expect("a redirect");
            let base = url::Url::parse(&server.base).expect("an address");
            let target = base.join(location).expect("an address");
            assert_eq!(target.origin(), base.origin(), "{next} leads to {location}");
            assert!(location.starts_with('/') && !location.starts_with("//"), "{location}");
        }
    }

    async fn signing_out_ends_the_session_for_every_copy_of_its_cookie(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        let page = anna.signs_in().await;
        let copy = anna.browser.copy();
        let page = anna.presses(&page, "Sign out").await;
        assert!(page.path.starts_with("/sign-in"), "{}", page.path);
        for browser in [&anna.browser, &copy] {
            let page = browser.get("/account").await;
            assert_eq!(page.status, 303, "still signed in");
        }
    }

    async fn a_session_ends_when_nothing_is_heard_of_it(at: At) {
        let settings = [("session.idle", "\"1h\""), ("session.absolute", "\"3h\"")];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for _ in 0..3 {
            server.clock.turn(Duration::from_secs(50 * 60));
            assert_eq!(anna.visits("/account").await.path, "/account");
        }
        server.clock.turn(Duration::from_secs(50 * 60));
        assert_ne!(anna.visits("/account").await.path, "/account", "it outlives its whole time");

        let ben = server.user("ben").await;
        ben.signs_in().await;
        server.clock.turn(Duration::from_secs(61 * 60));
        assert_ne!(ben.visits("/account").await.path, "/account", "it outlives its silence");
    }

    async fn an_administrator_cannot_be_made_to_act_by_another_site(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for (header, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let request = anna
                .browser
                .request(reqwest::Method::POST, "/sign-out")
                .header(header, value);
            let answer = anna.browser.send(request).await;
            assert_eq!(answer.status, 403, "{header}: {value}");
        }
        assert_eq!(anna.visits("/account").await.path, "/account", "somebody else signed anna out");
    }
}
