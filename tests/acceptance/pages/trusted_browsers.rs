//! Trusted browsers: standing in for the second factor, and everything that ends it.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use keyward_actions::user;
use keyward_test_support::client::Client;
use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

pub const TRUSTING: (&str, &str) = ("trusted_browser.age", "\"30d\"");
/// Longer than two tabs of one browser lie apart.
const A_WHILE: Duration = Duration::from_secs(60);

/// Somebody with an app, whose browser is trusted, signed out.
pub async fn trusting(server: &Server, name: &str) -> Person {
    let mut person = server.user(name).await;
    person.signs_in().await;
    person.adds_an_app().await;
    person.signs_out().await;
    server.clock.turn(A_WHILE);
    let page = person.signs_in_and_trusts("Home").await;
    assert_eq!(page.path, "/account", "{}", page.text());
    person.signs_out().await;
    server.clock.turn(A_WHILE);
    person
}

pub fn trusted(server: &Server) -> i64 {
    server
        .database
        .number("SELECT COUNT(*) FROM trusted_browsers")
}

fn assurances(server: &Server) -> Vec<String> {
    server
        .database
        .lines("SELECT assurance AS line FROM sessions ORDER BY id")
}

/// The cookie of the trusted browser, as `name=value`.
fn cookie_of(browser: &Client) -> String {
    let cookies = browser.cookies();
    let mut cookies = cookies.split("; ");
    let found = cookies.find(|cookie| cookie.starts_with("keyward-trusted-"));
    found.expect("a trusted browser's cookie").to_owned()
}

on_every_database! {
    async fn a_trust_that_is_over_does_not_come_back_when_the_clock_goes_back(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        server.clock.turn(Duration::from_hours(24 * 31));
        anna.types_password().await;
        assert!(!anna.is_in().await, "a month later");
        anna.browser.post("/sign-in/restart", &[]).await;
        server.clock.turn_back(Duration::from_hours(24 * 20));
        anna.types_password().await;
        assert!(!anna.is_in().await, "it revived");
        assert_eq!(trusted(&server), 0);
    }

    async fn nothing_is_offered_or_granted_where_the_settings_do_not_say_so(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        anna.signs_out().await;
        server.clock.turn(A_WHILE);
        let page = anna.types_password().await;
        assert!(!page.text().contains("Remember this browser"), "{}", page.text());
        let form = page.form("Continue").fill("Code", &anna.code()).set("remember", "yes");
        anna.browser.submit(&page, &form).await;
        assert!(anna.is_in().await);
        assert_eq!(trusted(&server), 0);
    }

    async fn it_is_off_until_somebody_says_so(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        server.clock.turn(A_WHILE);
        let elsewhere = anna.elsewhere(&server.base);
        let page = elsewhere.types_password().await;
        assert!(page.text().contains("Remember this browser"), "{}", page.text());
        assert!(page.form("Continue").fields.iter().all(|(name, _)| name != "remember"), "it is on");
        assert_eq!(elsewhere.types_code(&page, &anna.code()).await.path, "/account");
        assert_eq!(trusted(&server), 0);
    }

    async fn a_trusted_browser_stands_in_for_the_second_factor_and_for_no_more(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let page = anna.types_password().await;
        assert_eq!(page.path, "/account", "{}", page.text());
        assert_eq!(assurances(&server), ["remembered"]);
        assert_eq!(server.database.text("SELECT methods FROM sessions"), "pwd", "it says it was a key");
        // Not for a step-up, however fresh.
        let page = anna.visits("/account/devices/add").await;
        assert_eq!(page.heading(), "Enter your code", "{}", page.text());
        assert!(!page.text().contains("Remember this browser"), "{}", page.text());
        assert_eq!(anna.types_code(&page, &anna.code()).await.path, "/account/devices/add");
        assert_eq!(assurances(&server), ["verified"]);
        // Nor elsewhere.
        server.clock.turn(A_WHILE);
        let elsewhere = anna.elsewhere(&server.base);
        assert!(elsewhere.types_password().await.path.starts_with("/sign-in"));
        // Nor for a wrong password.
        anna.signs_out().await;
        let mut guesser = anna.clone();
        guesser.password = "not four words".to_owned();
        assert!(guesser.types_password().await.path.starts_with("/sign-in"));
        assert!(!anna.is_in().await);
    }

    async fn a_trusted_browser_does_not_open_the_console(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let mut anna = server.superuser("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        anna.signs_out().await;
        server.clock.turn(A_WHILE);
        anna.signs_in_and_trusts("Home").await;
        anna.signs_out().await;
        server.clock.turn(A_WHILE);
        assert_eq!(anna.types_password().await.path, "/account");
        for path in ["/console", "/console/users", "/console/audit"] {
            let to = anna.browser.get(path).await;
            assert!(to.location().is_some_and(|to| to.starts_with("/step-up?next=")), "{path}: {}", to.status);
        }
        let page = anna.visits("/console/users").await;
        assert_eq!(anna.types_code(&page, &anna.code()).await.path, "/console/users");
    }

    async fn a_security_keys_sign_in_is_remembered_too(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        anna.signs_out().await;
        anna.types_password().await;
        let options = anna.asks_to_authenticate().await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        let path = "/webauthn/authentication/verify?remember=yes&browser=Anna%27s%20laptop";
        assert_eq!(anna.browser.post_json(path, &answer).await.json(), json!({ "next": "/account" }));
        let page = anna.visits("/account/browsers").await;
        assert!(page.text().contains("Anna's laptop"), "{}", page.text());
        anna.signs_out().await;
        assert_eq!(anna.types_password().await.path, "/account");
    }

    async fn the_key_changes_at_each_use_and_the_cookie_is_kept_from_scripts(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let first = cookie_of(&anna.browser);
        let page = anna.visits("/sign-in").await;
        let form = page.form("Continue").fill("Username", "anna").fill("Password", &anna.password);
        let answer = anna.browser.submit(&page, &form).await;
        let set: Vec<_> = answer.headers.get_all("set-cookie").iter()
            .filter_map(|cookie| cookie.to_str().ok())
            .filter(|cookie| cookie.starts_with("keyward-trusted-")).collect();
        assert_eq!(set.len(), 1, "{set:?}");
        for wanted in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
            assert!(set[0].contains(wanted), "{wanted}: {}", set[0]);
        }
        let second = cookie_of(&anna.browser);
        assert_ne!(first, second);
        assert_eq!(first.split('=').next(), second.split('=').next(), "two cookies of one user");
        let key = second.split('.').nth(1).expect("a key");
        let dump = server.database.text("SELECT key_hash || previous_hash FROM trusted_browsers");
        assert!(!dump.contains(key), "the key itself is in the database");
    }

    async fn a_copied_cookie_that_its_owner_used_first_ends_the_trust(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let thief = anna.at(&anna.browser.copy());
        assert_eq!(anna.types_password().await.path, "/account");
        server.clock.turn(A_WHILE);
        let page = thief.types_password().await;
        assert_eq!(page.heading(), "Enter your code", "the copy signed in: {}", page.text());
        assert_eq!(server.events("trusted_browser.key_reused"), 1);
        assert_eq!(trusted(&server), 0);
        assert!(!anna.is_in().await, "a session of a copied browser goes on");
        // The honest browser is asked for its device again.
        assert_eq!(anna.types_password().await.heading(), "Enter your code");
    }

    async fn a_copied_cookie_that_the_thief_used_first_is_noticed_at_the_owners_next_sign_in(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let thief = anna.at(&anna.browser.copy());
        assert_eq!(thief.types_password().await.path, "/account", "with the password, once");
        server.clock.turn(A_WHILE);
        assert_eq!(anna.types_password().await.heading(), "Enter your code");
        assert!(!thief.is_in().await, "the thief stays");
        assert_eq!(server.events("trusted_browser.key_reused"), 1);
        thief.signs_out().await;
        assert_eq!(thief.types_password().await.heading(), "Enter your code");
    }

    async fn the_reuse_of_a_key_is_noticed_without_the_password_too(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let mut thief = anna.at(&anna.browser.copy());
        thief.password = "a guess of mine".to_owned();
        assert_eq!(anna.types_password().await.path, "/account");
        server.clock.turn(A_WHILE);
        thief.types_password().await;
        assert_eq!(server.events("trusted_browser.key_reused"), 1);
    }

    async fn two_tabs_that_sign_in_at_once_do_not_end_the_trust(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let tabs = (0..6).map(|_| {
            let tab = anna.at(&anna.browser.copy());
            tokio::spawn(async move { tab.types_password().await.path })
        });
        for path in join_all(tabs).await {
            assert_eq!(path.expect("no panic"), "/account");
        }
        assert_eq!(server.events("trusted_browser.key_reused"), 0);
        assert_eq!(trusted(&server), 1);
        let rotated = "SELECT COUNT(*) FROM trusted_browsers WHERE previous_hash IS NOT NULL";
        assert_eq!(server.database.number(rotated), 1);
    }

    async fn the_grace_of_two_tabs_is_for_the_same_browser_at_the_same_address(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let copy = anna.browser.copy();
        assert_eq!(anna.types_password().await.path, "/account");
        let fields = [("username", "anna"), ("password", anna.password.as_str())];
        let request = copy.request(Method::POST, "/sign-in/password")
            .header("origin", copy.origin())
            .header("user-agent", "another browser");
        copy.send(request.form(&fields)).await;
        assert_eq!(server.events("trusted_browser.key_reused"), 1);
    }

    async fn nobody_can_end_a_trust_with_a_key_of_their_own_making(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let cookie = cookie_of(&anna.browser);
        let (name, value) = cookie.split_once('=').expect("a cookie");
        for at in (0..value.len()).step_by(5) {
            let mut tampered = value.as_bytes().to_vec();
            tampered[at] = if tampered[at] == b'a' { b'b' } else { b'a' };
            let tampered = String::from_utf8(tampered).expect("text");
            let stranger = anna.elsewhere(&server.base);
            stranger.browser.set_cookie(&format!("{name}={tampered}"));
            let mut guesser = stranger;
            guesser.password = "a guess of mine".to_owned();
            if at < 30 {
                guesser.types_password().await;
            }
        }
        assert_eq!(server.events("trusted_browser.key_reused"), 0);
        assert_eq!(anna.types_password().await.path, "/account");
    }

    async fn the_browser_of_one_user_is_nothing_to_another(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let ben = trusting(&server, "ben").await;
        // Both use one computer: each has a cookie of their own.
        anna.browser.set_cookie(&cookie_of(&ben.browser));
        assert_eq!(ben.at(&anna.browser).types_password().await.path, "/account");
        ben.at(&anna.browser).signs_out().await;
        server.clock.turn(A_WHILE);
        assert_eq!(anna.types_password().await.path, "/account");
        // Anna's cookie under the name of ben's is still anna's.
        let carl = trusting(&server, "carl").await;
        let name = cookie_of(&carl.browser);
        let name = name.split('=').next().expect("a name");
        let annas = cookie_of(&anna.browser);
        let value = annas.split_once('=').expect("a cookie").1;
        let elsewhere = carl.elsewhere(&server.base);
        elsewhere.browser.set_cookie(&format!("{name}={value}"));
        assert_eq!(elsewhere.types_password().await.heading(), "Enter your code");
    }

    async fn the_trust_ends_after_its_age_however_much_it_is_used(at: At) {
        let server = Server::with(at, &[("trusted_browser.age", "\"2h\"")]).await;
        let anna = trusting(&server, "anna").await;
        server.clock.turn(Duration::from_secs(5400));
        assert_eq!(anna.types_password().await.path, "/account");
        anna.signs_out().await;
        server.clock.turn(Duration::from_secs(1900));
        assert_eq!(anna.types_password().await.heading(), "Enter your code");
        assert_eq!(server.events("trusted_browser.key_reused"), 0);
    }

    async fn a_further_browser_takes_the_place_of_the_one_used_longest_ago(at: At) {
        let server = Server::with(at, &[TRUSTING, ("trusted_browser.max_per_user", "2")]).await;
        let first = trusting(&server, "anna").await;
        let second = first.elsewhere(&server.base);
        second.signs_in_and_trusts("Second").await;
        second.signs_out().await;
        server.clock.turn(A_WHILE);
        // The first is used once more, so that the second was used longest ago.
        assert_eq!(first.types_password().await.path, "/account");
        first.signs_out().await;
        server.clock.turn(A_WHILE);
        first.elsewhere(&server.base).signs_in_and_trusts("Third").await;
        let names = server.database.lines("SELECT name AS line FROM trusted_browsers ORDER BY id");
        assert_eq!(names, ["Home", "Third"]);
        assert_eq!(second.types_password().await.heading(), "Enter your code");
        assert_eq!(first.types_password().await.path, "/account");
    }

    async fn it_ends_with_the_device_that_vouched_for_it_and_so_do_its_sessions(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let by_key = anna.elsewhere(&server.base);
        by_key.signs_in().await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(by_key.registers("security-key", &mut key).await.status, 200);
        assert_eq!(anna.types_password().await.path, "/account");
        let id = by_key.devices().await[0].id.clone();
        by_key.browser.post(&format!("/account/devices/{id}/remove"), &[]).await;
        assert_eq!(trusted(&server), 0);
        assert!(!anna.is_in().await, "its session goes on");
        let page = anna.types_password().await;
        assert!(page.try_form("Use my security key").is_some(), "{}", page.text());
    }

    async fn a_device_on_hold_vouches_for_no_browser(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        server.database.execute("UPDATE devices SET state = 'suspect'");
        let page = anna.types_password().await;
        assert!(page.path.starts_with("/sign-in"), "{}", page.path);
        assert!(!anna.is_in().await);
        assert!(assurances(&server).is_empty());
    }

    async fn it_ends_with_the_password_and_with_the_account(at: At) {
        use keyward_core::domain::user::{NewPassword, UserName};
        use keyward_core::flows::permit::Administrator;
        let server = Server::with(at, &[TRUSTING]).await;
        let mut anna = trusting(&server, "anna").await;
        let ben = trusting(&server, "ben").await;
        let administrator = Administrator::at_command_line();
        let user = user::find_by_name(&server.app, &administrator, "anna").await.expect("a database");
        let user = user.expect("anna");
        let name = UserName::parse("anna").expect("a name");
        let password = "quite another four words";
        let new = NewPassword::parse(password.into(), &name).expect("good");
        user::set_password(&server.app, &administrator, user.id, new).await.expect("set");
        assert_eq!(trusted(&server), 1, "ben's goes on");
        anna.password = password.to_owned();
        assert_eq!(anna.types_password().await.heading(), "Enter your code");
        let user = user::find_by_name(&server.app, &administrator, "ben").await.expect("a database");
        user::disable(&server.app, &administrator, user.expect("ben").id).await.expect("disabled");
        assert_eq!(trusted(&server), 0);
        drop(ben);
    }

    async fn its_owner_sees_it_and_ends_it(at: At) {
        let server = Server::with(at, &[TRUSTING]).await;
        let anna = trusting(&server, "anna").await;
        let ben = trusting(&server, "ben").await;
        let elsewhere = anna.elsewhere(&server.base);
        elsewhere.signs_in().await;
        assert_eq!(anna.types_password().await.path, "/account");
        let page = elsewhere.visits("/account/browsers").await;
        assert!(page.text().contains("Home"), "{}", page.text());
        assert_eq!(ben.types_password().await.path, "/account");
        let action = page.form("Stop trusting").action;
        assert_eq!(ben.browser.post(&action, &[]).await.status, 404, "somebody else ended it");
        let page = elsewhere.presses(&page, "Stop trusting").await;
        assert!(page.notice().contains("not trusted any more"), "{}", page.text());
        assert!(!anna.is_in().await, "the session that it opened goes on");
        assert_eq!(anna.types_password().await.heading(), "Enter your code");
        assert_eq!(server.events("trusted_browser.ended"), 1);
    }

    async fn somebody_who_is_locked_out_gets_in_with_a_trusted_browser(at: At) {
        let settings = [TRUSTING, ("lockout.user_failures", "3"), ("lockout.address_failures", "5")];
        let server = Server::with(at, &settings).await;
        let anna = trusting(&server, "anna").await;
        let mut attacker = anna.elsewhere(&server.base);
        attacker.password = "a guess of mine".to_owned();
        for _ in 0..6 {
            let fields = [("username", "anna"), ("password", "a guess of mine")];
            attacker.browser.post("/sign-in/password", &fields).await;
        }
        assert!(server.events("lockout.locked") >= 1);
        let elsewhere = anna.elsewhere(&server.base);
        let fields = [("username", "anna"), ("password", anna.password.as_str())];
        let answer = elsewhere.browser.post("/sign-in/password", &fields).await;
        let page = elsewhere.browser.follow(answer).await;
        assert_ne!(page.heading(), "Enter your code", "the lock does not hold");
        assert_eq!(anna.types_password().await.path, "/account");
    }

    async fn the_tries_in_a_trusted_browser_are_counted_too(at: At) {
        let server = Server::with(at, &[TRUSTING, ("lockout.user_failures", "3")]).await;
        let anna = trusting(&server, "anna").await;
        let mut thief = anna.at(&anna.browser.copy());
        thief.password = "a guess of mine".to_owned();
        for _ in 0..3 {
            thief.types_password().await;
        }
        thief.password = anna.password.clone();
        let page = thief.types_password().await;
        assert!(page.path.starts_with("/sign-in"), "guesses without end: {}", page.text());
        assert_eq!(server.events("lockout.locked"), 1);
        // Elsewhere, the password is not locked by that.
        assert_eq!(anna.elsewhere(&server.base).types_password().await.heading(), "Enter your code");
    }
}
