//! Direct navigation: every address of the server, for everybody who has not proved enough.

use reqwest::Method;
use serde_json::json;

use keyward_test_support::client::Client;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::server::Server;

/// Pages that show somebody's account or the console.
const INSIDE: &[&str] = &[
    "/account",
    "/account/devices",
    "/account/devices/ID/remove",
    "/console",
    "/console/users",
    "/console/users/new",
    "/console/passes",
    "/console/invites",
    "/console/invites/new",
    "/console/users/ID",
    "/console/devices",
    "/console/devices/ID/remove",
    "/console/services",
    "/console/services/new",
    "/console/services/ID",
    "/console/services/ID/remove",
    "/console/audit",
];

/// Pages that open for somebody who has to enrol a device.
const ENROLMENT: &[&str] = &[
    "/account/devices/add",
    "/account/devices/add/passkey",
    "/account/devices/add/security-key",
    "/account/devices/add/totp",
    "/account/devices/add/yubikey",
    "/account/devices/add/email",
    "/account/devices/add/phone",
];

/// What changes something, with fields that would be right.
const POSTS: &[&str] = &[
    "/account/devices/add/email/send",
    "/account/devices/add/phone/send",
    "/account/devices/add/phone/confirm",
    "/account/devices/add/phone/restart",
    "/account/devices/add/email/confirm",
    "/account/devices/add/email/restart",
    "/account/devices/add/totp",
    "/account/devices/add/yubikey",
    "/account/devices/add/email",
    "/account/devices/add/phone",
    "/account/devices/ID/rename",
    "/account/devices/ID/default",
    "/account/devices/ID/remove",
    "/webauthn/registration/options",
    "/webauthn/registration/verify",
    "/webauthn/authentication/options",
    "/webauthn/authentication/verify",
    "/sign-in/totp",
    "/sign-in/yubikey",
    "/sign-in/email",
    "/sign-in/phone",
    "/sign-in/send",
    "/console/users",
    "/console/users/ID/enable",
    "/console/users/ID/disable",
    "/console/users/ID/superuser",
    "/console/users/ID/unlock",
    "/console/sessions/ID/end",
    "/console/devices/ID/remove",
    "/console/devices/ID/release",
    "/console/services",
    "/console/services/ID",
    "/console/services/ID/test",
    "/console/services/ID/remove",
];

/// Other spellings of one address, that a guard by prefix might miss.
const SPELLINGS: &[&str] = &[
    "/account/",
    "//account",
    "/./account",
    "/account/.",
    "/sign-in/../account",
    "/%61ccount",
    "/ACCOUNT",
    "/account%2Fdevices",
    "/account;x=1",
    "/account?",
    "/assets/../account",
    "/assets/..%2Faccount",
    "/assets/%2e%2e/%2e%2e/Cargo.toml",
    "/health/../account",
    "/console/",
    "//console//users",
];

/// The address of something that is there, and anna's.
fn with_id(path: &str, id: &str) -> String {
    path.replace("ID", id)
}

/// Anna's account does not show, and nothing of it leads further in.
fn is_shut(page: &Page) -> bool {
    let leads_out = page.location().is_some_and(|to| {
        ["/sign-in", "/account/devices/add"]
            .iter()
            .any(|way| to.starts_with(way))
            || to == "/account"
    });
    let shows_nothing = !page.body.contains("/account/devices/0") && !page.body.contains("Hello,");
    shows_nothing && (leads_out || [400, 403, 404, 405, 409].contains(&page.status))
}

async fn posts(browser: &Client, path: &str) -> Page {
    if path.starts_with("/webauthn/") {
        return browser.post_json(path, &json!({ "kind": "passkey" })).await;
    }
    let fields = [
        ("name", "taken over"),
        ("turn", "0"),
        ("code", "000000"),
        ("otp", "cccc"),
        ("username", "mallory"),
        ("password", "four words at random"),
    ];
    browser.post(path, &fields).await
}

/// Tries every address; `may_enrol` lets the pages of the enrolment open.
async fn assert_shut(browser: &Client, who: &str, id: &str, may_enrol: bool) {
    for path in INSIDE.iter().chain(SPELLINGS) {
        let path = with_id(path, id);
        let page = browser.get_unread(&path).await;
        assert!(
            is_shut(&page),
            "{who} opens {path}: {} {}",
            page.status,
            page.text()
        );
    }
    for path in ENROLMENT {
        let page = browser.get(path).await;
        assert_eq!(
            page.status == 200,
            may_enrol,
            "{who} at {path}: {}",
            page.status
        );
        assert!(
            may_enrol || is_shut(&page),
            "{who} opens {path}: {}",
            page.text()
        );
    }
    for path in POSTS {
        let path = with_id(path, id);
        let page = posts(browser, &path).await;
        // Whoever is at a sign-in page may be asked for a passkey; the answer is what counts.
        let expected = path.ends_with("authentication/options")
            || may_enrol && (path.contains("/add/") || path.ends_with("registration/options"));
        assert!(
            is_shut(&page) || expected,
            "{who} posts to {path}: {} {}",
            page.status,
            page.text()
        );
    }
    assert_ne!(browser.get("/account").await.status, 200, "{who} got in");
}

on_every_database! {
    async fn nobody_opens_anything_without_having_proved_enough(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.superuser("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let id = anna.devices().await[0].id.clone();

        assert_shut(&server.browser(), "a stranger", &id, false).await;

        let waiting = anna.elsewhere(&server.base);
        waiting.types_password().await;
        assert_shut(&waiting.browser, "a right password", &id, false).await;

        let ben = server.superuser("ben").await;
        let page = ben.signs_in().await;
        assert_eq!(page.path, "/account/devices/add", "{}", page.text());
        assert_shut(&ben.browser, "an enrolment", &id, true).await;

        let out = anna.browser.copy();
        let page = anna.visits("/account").await;
        anna.presses(&page, "Sign out").await;
        assert_shut(&out, "a copy from before the sign-out", &id, false).await;

        assert_eq!(server.database.number("SELECT COUNT(*) FROM devices"), 1);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 2);
        let name = server.database.lines("SELECT name AS line FROM devices");
        assert_ne!(name, ["taken over"]);
    }

    async fn the_console_is_shut_for_people_who_are_no_superusers(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        for path in INSIDE.iter().filter(|path| path.starts_with("/console")) {
            let page = anna.browser.get(&with_id(path, "x")).await;
            assert!(is_shut(&page) && page.location().is_none(), "{path}: {}", page.text());
        }
        for path in POSTS.iter().filter(|path| path.starts_with("/console")) {
            let page = posts(&anna.browser, &with_id(path, "x")).await;
            assert!(is_shut(&page) && page.location().is_none(), "{path}: {}", page.text());
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 1);
    }

    async fn the_console_is_shut_for_a_superuser_without_a_second_factor_whatever_the_policy(at: At) {
        let server = Server::with(at, &[("policy.require_second_factor", "\"optional\"")]).await;
        let anna = server.superuser("anna").await;
        assert_eq!(anna.signs_in().await.path, "/account");
        for path in INSIDE.iter().filter(|path| path.starts_with("/console")) {
            let page = anna.browser.get(&with_id(path, "x")).await;
            assert!(is_shut(&page), "{path}: {}", page.text());
        }
        for path in POSTS.iter().filter(|path| path.starts_with("/console")) {
            let page = posts(&anna.browser, &with_id(path, "x")).await;
            assert!(is_shut(&page), "{path}: {}", page.text());
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 1);
    }

    async fn the_sign_in_shows_its_own_step_whatever_address_is_typed(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let anna = anna.elsewhere(&server.base);
        for path in ["/sign-in?method=totp", "/sign-in?method=webauthn", "/sign-in?stage=done"] {
            let page = anna.visits(path).await;
            assert!(page.form("Continue").asks_for("Password"), "{path}: {}", page.text());
        }
        anna.types_password().await;
        for path in ["/sign-in", "/sign-in?method=nothing", "/sign-in?next=/account", "/"] {
            let page = anna.visits(path).await;
            assert_eq!(page.heading(), "Enter your code", "{path}");
        }
        for path in ["/sign-in/totp", "/sign-in/password", "/sign-in/restart", "/sign-out"] {
            let page = anna.browser.get(path).await;
            assert!([404, 405].contains(&page.status), "{path}: {}", page.status);
        }
        assert_eq!(anna.visits("/sign-in").await.heading(), "Enter your code");
    }

    async fn only_the_methods_of_an_address_are_answered(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
            for path in ["/", "/account", "/sign-in", "/sign-out", "/webauthn/registration/options", "/health/live", "/assets/css/base.css", "/nothing"] {
                let request = anna.browser.request(method.clone(), path);
                let answer = anna.browser.send(request).await;
                assert!([404, 405].contains(&answer.status), "{method} {path}: {}", answer.status);
                assert_eq!(answer.header("x-content-type-options"), "nosniff", "{method} {path}");
            }
        }
        for path in ["/sign-in", "/account", "/health/live", "/health/ready"] {
            let browser = if path == "/account" { anna.browser.clone() } else { server.browser() };
            let answer = browser.send(browser.request(Method::HEAD, path)).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, ""), "HEAD {path}");
        }
        assert!(anna.is_in().await);
    }
}
