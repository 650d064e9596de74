//! Two people and their parameters mixed: what belongs to one never works for the other.

use std::time::Duration;

use futures_util::future::join_all;

use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

/// Somebody with an app, at a browser where nobody is signed in.
async fn with_an_app(server: &Server, name: &str) -> Person {
    let mut person = server.user(name).await;
    person.signs_in().await;
    person.adds_an_app().await;
    server.clock.turn(Duration::from_secs(60));
    person.elsewhere(&server.base)
}

on_every_database! {
    async fn a_code_of_one_person_does_not_finish_the_journey_of_another(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (with_an_app(&server, "anna").await, with_an_app(&server, "ben").await);
        let page = ben.types_password().await;
        let page = ben.types_code(&page, &anna.code()).await;
        assert!(page.notice().contains("not right"), "{}", page.text());
        assert!(!ben.is_in().await);
        // Anna's code was not spent by that.
        assert_eq!(anna.signs_in().await.path, "/account");
        let page = ben.visits("/sign-in").await;
        assert_eq!(ben.types_code(&page, &ben.code()).await.path, "/account");
        assert!(ben.visits("/account").await.text().contains("Hello, ben"));
    }

    async fn the_page_of_one_journey_does_not_finish_another(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (with_an_app(&server, "anna").await, with_an_app(&server, "ben").await);
        // Two tabs of one browser: the first waits for anna's code, the second goes on as ben.
        let annas_tab = anna.types_password().await;
        let ben_here = ben.at(&anna.browser);
        let start = ben_here.browser.post("/sign-in/restart", &[]).await;
        assert_eq!(start.status, 303);
        let bens_tab = ben_here.types_password().await;
        assert!(bens_tab.text().contains("Signing in as ben"), "{}", bens_tab.text());
        let page = anna.types_code(&annas_tab, &anna.code()).await;
        assert!(!anna.is_in().await, "anna's code opened {}", page.text());
    }

    async fn a_journey_that_was_left_cannot_be_taken_up_again(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (with_an_app(&server, "anna").await, with_an_app(&server, "ben").await);
        let page = anna.types_password().await;
        for leave in ["/sign-in/restart", "/sign-out"] {
            let thief = anna.browser.copy();
            anna.browser.post(leave, &[]).await;
            let form = page.form("Continue").fill("Code", &anna.code());
            let answer = thief.submit(&page, &form).await;
            assert_ne!(answer.status, 200, "{leave}");
            assert_eq!(thief.get("/account").await.status, 303, "after {leave}");
            anna.types_password().await;
        }
        // Ben signs in over it, in the same browser.
        let thief = anna.browser.copy();
        let ben_here = ben.at(&anna.browser);
        let fields = [("username", "ben"), ("password", ben_here.password.as_str())];
        ben_here.browser.post("/sign-in/password", &fields).await;
        let form = page.form("Continue").fill("Code", &anna.code());
        thief.submit(&page, &form).await;
        assert_eq!(thief.get("/account").await.status, 303);
    }

    async fn the_cookie_of_one_journey_in_another_browser_still_needs_its_owners_code(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (with_an_app(&server, "anna").await, with_an_app(&server, "ben").await);
        let page = anna.types_password().await;
        let thief = ben.at(&anna.browser.copy());
        let form = page.form("Continue").fill("Code", &ben.code());
        let answer = thief.browser.submit(&page, &form).await;
        let page = thief.browser.follow(answer).await;
        assert!(page.notice().contains("not right"), "{}", page.text());
        assert!(!thief.is_in().await);
    }

    async fn an_enrolment_of_one_person_is_not_finished_by_another(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.visits("/account/devices/add/totp").await;
        anna.scans(&page);
        let options = anna.asks_to_register("passkey").await.json();
        let ben = server.user("ben").await;

        // Anna's browser holds the journeys; ben signs in there without signing anna out.
        let ben_here = ben.at(&anna.browser);
        let fields = [("username", "ben"), ("password", ben.password.as_str())];
        ben_here.browser.post("/sign-in/password", &fields).await;
        assert!(ben_here.visits("/account").await.text().contains("Hello, ben"));
        let form = page.form("Confirm").fill("Code", &anna.code());
        let answer = ben_here.browser.submit(&page, &form).await;
        assert_eq!(answer.status, 409, "{}", answer.body);
        let answer = SoftAuthenticator::passkey().register(&options, &anna.browser.origin());
        assert_eq!(ben_here.sends_registration(&answer).await.code(), "ceremony.not_started");
        assert!(ben_here.devices().await.is_empty());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM devices"), 0);
    }

    async fn a_registration_asked_for_by_one_person_is_not_answered_in_the_session_of_another(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (server.user("anna").await, server.user("ben").await);
        anna.signs_in().await;
        ben.signs_in().await;
        let annas = anna.asks_to_register("passkey").await.json();
        let bens = ben.asks_to_register("passkey").await.json();
        let answer = SoftAuthenticator::passkey().register(&bens, &anna.browser.origin());
        assert_eq!(anna.sends_registration(&answer).await.code(), "ceremony.refused");
        let answer = SoftAuthenticator::passkey().register(&annas, &anna.browser.origin());
        assert_eq!(ben.sends_registration(&answer).await.code(), "ceremony.refused");
        assert!(anna.devices().await.is_empty() && ben.devices().await.is_empty());
    }

    async fn a_secret_that_was_offered_to_one_person_is_not_shown_to_another(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (server.user("anna").await, server.user("ben").await);
        anna.signs_in().await;
        let annas = anna.visits("/account/devices/add/totp").await;
        let ben_here = ben.at(&anna.browser);
        let fields = [("username", "ben"), ("password", ben_here.password.as_str())];
        ben_here.browser.post("/sign-in/password", &fields).await;
        let bens = ben_here.visits("/account/devices/add/totp").await;
        assert_ne!(annas.link_to("otpauth:"), bens.link_to("otpauth:"));
    }

    async fn signing_in_over_somebody_ends_their_session(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (server.user("anna").await, server.user("ben").await);
        anna.signs_in().await;
        let before = anna.browser.copy();
        let fields = [("username", "ben"), ("password", ben.password.as_str())];
        anna.browser.post("/sign-in/password", &fields).await;
        assert!(anna.visits("/account").await.text().contains("Hello, ben"));
        assert_eq!(before.get("/account").await.status, 303, "anna's session goes on");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM sessions"), 1);
    }

    /// Somebody else with the password enrols at the same time: the second device would be added
    /// without a proof of the first.
    async fn of_sessions_that_skipped_the_second_factor_one_enrols_a_device(at: At) {
        let server = Server::start(at).await;
        let anna = server.superuser("anna").await;
        let mut tries = Vec::new();
        for _ in 0..16 {
            let person = anna.elsewhere(&server.base);
            person.signs_in().await;
            let options = person.asks_to_register("passkey").await.json();
            let answer = SoftAuthenticator::passkey().register(&options, &person.browser.origin());
            tries.push((person, answer));
        }
        let sent = tries.into_iter().map(|(person, answer)| {
            tokio::spawn(async move {
                let answer = person.sends_registration(&answer).await;
                assert!(answer.status < 500, "{}", answer.body);
                person.is_in().await
            })
        });
        let inside = join_all(sent).await;
        let inside = inside.into_iter().filter(|inside| *inside.as_ref().expect("no panic")).count();
        assert_eq!(inside, 1, "sessions that opened");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM devices"), 1);
    }

    async fn somebody_who_is_signed_in_is_led_nowhere_else_either(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for next in ["https://evil.example/", "//evil.example", "/%5Cevil.example", "%2F%2Fevil.example", "/%09/evil.example", "javascript:alert(1)", "/sign-in?next=//evil.example"] {
            let page = anna.browser.get(&format!("/sign-in?next={next}")).await;
            assert_eq!((page.status, page.location()), (303, Some("/account")), "{next}");
        }
        let page = anna.browser.get("/sign-in?next=/account/devices").await;
        assert_eq!(page.location(), Some("/account/devices"));
    }

    async fn a_session_that_was_signed_out_enrols_nothing(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.visits("/account/devices/add/totp").await;
        anna.scans(&page);
        let copy = anna.browser.copy();
        anna.browser.post("/sign-out", &[]).await;
        let form = page.form("Confirm").fill("Code", &anna.code());
        assert_eq!(copy.submit(&page, &form).await.status, 303);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM devices"), 0);
    }
}
