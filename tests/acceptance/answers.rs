//! What stands around every answer: headers, cookies, and what must not stand in it.

use std::collections::BTreeMap;

use reqwest::Method;

use keyward_test_support::client::Client;
use keyward_test_support::html::{self, Piece};
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;

/// Pages and errors of every kind.
const ADDRESSES: &[&str] = &[
    "/",
    "/sign-in",
    "/setup",
    "/account",
    "/account/devices",
    "/account/devices/add",
    "/account/devices/add/passkey",
    "/account/devices/add/security-key",
    "/account/devices/add/totp",
    "/account/devices/add/yubikey",
    "/account/devices/add/email",
    "/account/devices/add/phone",
    "/account/devices/add/nonsense",
    "/account/devices/x/remove",
    "/nothing",
    "/health/live",
    "/health/ready",
    "/health/nothing",
    "/assets/nothing",
    "/.well-known/webauthn",
    "/api/v1/openapi.json",
];

fn assert_secure(page: &Page) {
    let expected = [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    for (name, value) in expected {
        assert_eq!(
            page.header(name),
            value,
            "{name} of {} ({})",
            page.path,
            page.status
        );
    }
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(part), "{}: {policy}", page.path);
    }
    assert!(!policy.contains("unsafe"), "{}: {policy}", page.path);
    assert_eq!(
        page.header("server"),
        "",
        "{} says what serves it",
        page.path
    );
    assert_eq!(
        page.header("strict-transport-security"),
        "",
        "plain HTTP promises HTTPS"
    );
}

/// A page that obeys its own policy: no script, style or handler of its own.
fn assert_nothing_inline(page: &Page) {
    assert!(
        !page.body.contains("<style"),
        "{} has a style sheet inside",
        page.path
    );
    for script in page.body.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap_or_default();
        assert!(
            tag.contains("src="),
            "{} has a script inside: {tag}",
            page.path
        );
    }
    for piece in html::pieces(&page.body) {
        let Piece::Open(element, attributes) = piece else {
            continue;
        };
        for (name, value) in attributes {
            assert!(
                !name.starts_with("on") && name != "style",
                "{}: <{element} {name}>",
                page.path
            );
            assert!(
                !value.trim_start().starts_with("javascript:"),
                "{}: <{element} {name}>",
                page.path
            );
        }
    }
}

fn cookies(page: &Page) -> Vec<String> {
    let lines = page.headers.get_all("set-cookie").iter();
    lines
        .map(|line| line.to_str().expect("text").to_owned())
        .collect()
}

/// All headers but those that differ from one moment to the next.
fn look(page: &Page) -> BTreeMap<String, Vec<String>> {
    let mut look: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &page.headers {
        let value = value.to_str().expect("text");
        let timeless = value.split("; Expires=").next().unwrap_or_default();
        if name != "date" {
            look.entry(name.to_string())
                .or_default()
                .push(timeless.to_owned());
        }
    }
    look
}

async fn tries(browser: &Client, name: &str, password: &str) -> (Page, Page) {
    let fields = [("username", name), ("password", password)];
    let answer = browser.post("/sign-in/password", &fields).await;
    let page = browser.follow(answer.clone()).await;
    (answer, page)
}

on_every_database! {
    async fn every_answer_carries_the_secure_headers(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for browser in [&server.browser(), &anna.browser] {
            for path in ADDRESSES {
                let page = browser.get(path).await;
                assert_secure(&page);
                assert!(page.status < 500, "{path}: {}", page.status);
                assert_nothing_inline(&page);
                assert_eq!(page.header("cache-control"), "no-store", "{path}");
            }
        }
        let page = anna.visits("/account").await;
        let assets: Vec<String> = html::pieces(&page.body).into_iter().filter_map(|piece| match piece {
            Piece::Open(_, attributes) => attributes.into_iter()
                .find(|(_, value)| value.starts_with("/assets/")).map(|(_, value)| value),
            _ => None,
        }).collect();
        assert!(assets.len() > 1, "{assets:?}");
        for asset in assets {
            let page = server.browser().get(&asset).await;
            assert_eq!(page.status, 200, "{asset}");
            assert_secure(&page);
            assert!(cookies(&page).is_empty(), "{asset} sets a cookie");
            assert_ne!(page.header("cache-control"), "no-store", "{asset} is not kept");
        }
    }

    async fn every_refusal_carries_the_secure_headers(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        let mut pages = vec![
            browser.post("/sign-in/password", &[]).await,
            browser.post("/sign-in/totp", &[("turn", "0"), ("code", "1")]).await,
            browser.post("/health/live", &[]).await,
            browser.post("/nothing", &[]).await,
            browser.send(browser.request(Method::POST, "/sign-out").header("origin", "null")).await,
            browser.send(browser.request(Method::PUT, "/account")).await,
            browser.post_json("/webauthn/registration/verify", &serde_json::json!({})).await,
        ];
        pages.push(browser.send(browser.our_post("/sign-in/password").body(vec![0; 300_000])).await);
        for page in pages {
            assert_secure(&page);
            assert!((400..500).contains(&page.status), "{}: {}", page.path, page.status);
            assert_eq!(page.header("cache-control"), "no-store", "{}", page.path);
        }
    }

    async fn cookies_are_for_the_server_alone(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        let (wrong, page) = tries(&anna.browser, "anna", "not this one").await;
        let (right, _) = tries(&anna.browser, "anna", PASSWORD).await;
        let mut seen = 0;
        for page in [&wrong, &page, &right] {
            for cookie in cookies(page) {
                seen += 1;
                let parts: Vec<&str> = cookie.split("; ").collect();
                assert!(parts.contains(&"Path=/"), "{cookie}");
                assert!(!cookie.contains("Domain"), "{cookie}");
                if !cookie.contains("Max-Age=0") {
                    assert!(parts.contains(&"HttpOnly") && parts.contains(&"SameSite=Lax"), "{cookie}");
                }
            }
        }
        assert!(seen >= 3, "{seen} cookies");
        assert!(cookies(&server.browser().get("/sign-in").await).is_empty(), "a stranger gets a cookie");
    }

    async fn wrong_passwords_unknown_disabled_and_locked_users_look_the_same(at: At) {
        let settings = [("lockout.user_failures", "3")];
        let server = Server::with(at, &settings).await;
        for name in ["anna", "benn", "carl"] {
            server.user(name).await;
        }
        server.database.execute("UPDATE users SET is_enabled = FALSE WHERE name = 'benn'");
        for _ in 0..3 {
            tries(&server.browser(), "carl", "not this one").await;
        }
        let cases = [
            ("anna", "not this one", "wrong_password"),
            ("nada", PASSWORD, "unknown_user"),
            ("benn", PASSWORD, "disabled"),
            ("carl", PASSWORD, "locked"),
        ];
        let mut looks = Vec::new();
        for (name, password, reason) in cases {
            let (answer, page) = tries(&server.browser(), name, password).await;
            assert_eq!((answer.status, answer.location()), (303, Some("/sign-in")), "{name}");
            // The name that was typed stands in the cookie and on the page.
            let cookie = cookies(&answer).join("\n");
            let value = cookie.split(['=', ';']).nth(1).unwrap_or_default();
            let told = data_encoding::BASE64URL_NOPAD.decode(value.as_bytes()).expect("base64url");
            let told = String::from_utf8(told).expect("text").replace(name, "NAME");
            let mut head = look(&answer);
            head.insert("set-cookie".to_owned(), vec![cookie.replace(value, &told)]);
            looks.push((head, answer.body, look(&page), page.body.replace(name, "NAME")));
            let trail = server.trail("sign_in.password");
            assert_eq!(trail.last().map(String::as_str), Some(reason), "{name}: {trail:?}");
        }
        for other in &looks[1..] {
            assert_eq!(&looks[0], other);
        }
    }

    async fn a_name_that_nobody_has_costs_as_much_time_as_a_wrong_password(at: At) {
        let server = Server::start(at).await;
        server.user("anna").await;
        server.user("benn").await;
        server.database.execute("UPDATE users SET is_enabled = FALSE WHERE name = 'benn'");
        let mut costs = Vec::new();
        for name in ["anna", "nada", "benn"] {
            let before = server.app.password_work();
            let fields = [("username", name), ("password", "not this one")];
            server.browser().post("/sign-in/password", &fields).await;
            costs.push(server.app.password_work() - before);
        }
        // A hash is nearly all of the time: without one, the answer would take a tenth of it.
        assert!(costs[0] > 0 && costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
    }

    async fn posts_of_other_sites_are_refused_at_every_address(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let id = anna.devices().await[0].id.clone();
        let addresses = [
            "/sign-in/email".to_owned(), "/sign-in/send".to_owned(),
            "/account/devices/add/email".to_owned(),
            "/account/devices/add/email/confirm".to_owned(),
            "/setup".to_owned(), "/sign-in/password".to_owned(), "/sign-in/totp".to_owned(),
            "/sign-in/yubikey".to_owned(), "/sign-in/restart".to_owned(), "/sign-out".to_owned(),
            "/webauthn/registration/options".to_owned(), "/webauthn/registration/verify".to_owned(),
            "/webauthn/authentication/options".to_owned(), "/webauthn/authentication/verify".to_owned(),
            "/account/devices/add/totp".to_owned(), "/account/devices/add/yubikey".to_owned(),
            format!("/account/devices/{id}/rename"), format!("/account/devices/{id}/default"),
            format!("/account/devices/{id}/remove"), "/console/users".to_owned(),
        ];
        let origin = anna.browser.origin();
        let lookalike = format!("{origin}.evil.example");
        let others: [&[(&str, &str)]; 7] = [
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("origin", lookalike.as_str())],
            &[("origin", "http://localhost")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", origin.as_str())],
            &[("origin", origin.as_str()), ("origin", "https://evil.example")],
        ];
        let fields = [("username", "mallory"), ("password", PASSWORD), ("name", "taken over"), ("turn", "0"), ("code", "1")];
        for path in &addresses {
            for headers in others {
                let mut request = anna.browser.request(Method::POST, path).form(&fields);
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                let answer = anna.browser.send(request).await;
                assert_eq!(answer.status, 403, "{path} {headers:?}: {}", answer.body);
                assert!(cookies(&answer).is_empty(), "{path} {headers:?}");
            }
        }
        assert!(anna.is_in().await);
        assert_ne!(anna.devices().await[0].name, "taken over");
        assert_eq!(server.events("sign_in.password"), 1);
    }

    async fn links_and_redirects_do_not_follow_the_host_that_a_client_names(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for header in ["x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix", "forwarded", "x-original-url", "x-rewrite-url", "host"] {
            for path in ["/", "/account", "/account/devices", "/sign-in", "/setup", "/nothing", "/.well-known/webauthn", "/api/v1/openapi.json"] {
                let value = if header == "forwarded" { "host=evil.example;proto=https" } else { "evil.example" };
                for browser in [&anna.browser, &server.browser()] {
                    let page = browser.send(browser.request(Method::GET, path).header(header, value)).await;
                    let told = format!("{:?} {}", page.headers, page.body);
                    assert!(!told.contains("evil.example"), "{header} {path}");
                }
            }
        }
    }

    async fn a_page_shows_what_was_typed_as_text(at: At) {
        let server = Server::start(at).await;
        let evil = "\"><img src=x onerror=alert(1)>'{{7*7}}<";
        let anna = server.stranger(evil);
        let page = anna.types_password().await;
        assert_eq!(page.form("Continue").value("Username"), evil);
        assert!(!page.body.contains("<img"), "what was typed became a tag");
        assert_nothing_inline(&page);
        let page = anna.visits("/sign-in?next=%2Faccount%22%3E%3Cimg%20src=x%3E").await;
        assert!(!page.body.contains("<img"), "the next address became a tag");
        let page = anna.visits("/%22%3E%3Cimg%20src=x%3E").await;
        assert!(page.status == 404 && !page.body.contains("<img"), "the address became a tag");
    }

    async fn errors_are_pages_for_people_and_documents_for_machines(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        let page = browser.get("/nothing").await;
        assert!(page.header("content-type").starts_with("text/html") && !page.heading().is_empty());
        let request = browser.request(Method::GET, "/nothing").header("accept", "application/json");
        let problem = browser.send(request).await;
        assert_eq!(problem.header("content-type"), "application/problem+json");
        let body = problem.json();
        assert_eq!((problem.status, body["status"].as_u64(), problem.code().as_str()), (404, Some(404), "request.not_found"));
        for told in [&page, &problem] {
            for inside in ["src/", ".rs", "panicked", "diesel", "SELECT", "actix"] {
                assert!(!told.body.contains(inside), "{inside} shows");
            }
        }
    }

    async fn a_program_that_looks_ahead_does_nothing_where_a_browser_is_led(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        for path in [
            "/applications/enter?code=a", "/upstream/entra/start", "/upstream/entra/callback?state=a&code=b",
            "/upstream/entra/sign-out?sid=a",
        ] {
            for method in [Method::HEAD, Method::PUT] {
                let answer = browser.send(browser.request(method.clone(), path)).await;
                assert_eq!(answer.status, 405, "{method} {path}");
                assert_eq!(answer.header("allow"), "GET", "{method} {path}");
            }
        }
    }

    async fn nothing_is_said_to_be_at_every_address_where_nothing_is(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.superuser("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        for path in ["/nothing", "/account/nothing", "/account/", "/account/devices/x/rename", "/sign-in/totp", "/console/nothing", "/console/", "/console/users/x/unlock"] {
            let page = anna.visits(path).await;
            assert_eq!(page.status, 404, "{path}");
            assert_eq!(page.heading(), "Nothing is here", "{path}");
            assert!(page.header("content-type").starts_with("text/html"), "{path}");
        }
        for path in ["/health/nothing", "/health", "/webauthn/nothing", "/webauthn/registration/options", "/api/v1/nothing"] {
            let request = anna.browser.request(Method::GET, path).header("accept", "application/json");
            let told = anna.browser.send(request).await;
            assert_eq!((told.status, told.code().as_str()), (404, "request.not_found"), "{path}");
            assert_eq!(told.header("content-type"), "application/problem+json", "{path}");
        }
    }

    async fn a_secret_is_shown_to_its_owner_once_and_kept_nowhere(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.visits("/account/devices/add/totp").await;
        assert_eq!(page.header("cache-control"), "no-store");
        anna.scans(&page);
        let secret = data_encoding::BASE32_NOPAD.encode(anna.app.as_ref().expect("an app").secret());
        let form = page.form("Confirm").fill("Code", &anna.code());
        anna.browser.submit(&page, &form).await;
        for path in ["/account", "/account/devices", "/account/devices/add/totp"] {
            let page = anna.visits(path).await;
            assert!(!page.body.contains(&secret), "{path} shows the secret again");
        }
        let Person { browser, .. } = &anna;
        assert!(!browser.cookies().contains(&secret));
    }
}
