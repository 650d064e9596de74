//! What every answer carries, and what no request can do.

use reqwest::Method;

use crate::on_every_database;
use crate::support::server::Server;

const PAGES: &[&str] = &[
    "/",
    "/sign-in",
    "/account",
    "/account/devices",
    "/console",
    "/nothing-here",
    "/health/live",
    "/health/ready",
    "/assets/js/passkey.js",
    "/api/v1/openapi.json",
    "/.well-known/webauthn",
];

on_every_database! {
    async fn every_answer_has_secure_headers(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for browser in [server.browser(), anna.browser.clone()] {
            for path in PAGES {
                let page = browser.get(path).await;
                let policy = page.header("content-security-policy");
                assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
                assert!(policy.contains("default-src 'none'") || policy.contains("default-src 'self'"), "{path}: {policy}");
                assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"), "{path}");
                assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
                assert!(!page.header("referrer-policy").is_empty(), "{path}");
                assert_eq!(page.header("strict-transport-security"), "", "{path}: HSTS without HTTPS");
                assert_eq!(page.header("server"), "", "{path}");
            }
        }
        for path in ["/account", "/account/devices", "/account/devices/add/totp"] {
            assert_eq!(anna.browser.get(path).await.header("cache-control"), "no-store", "{path}");
        }
    }

    async fn a_session_cookie_is_out_of_reach_for_scripts_and_other_sites(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        let page = anna.visits("/sign-in").await;
        let form = page.form("Continue").fill("Username", "anna").fill("Password", &anna.password);
        let answer = anna.browser.submit(&page, &form).await;
        let cookies: Vec<_> = answer
            .headers
            .get_all("set-cookie")
            .iter()
            .map(|cookie| cookie.to_str().expect("text").to_owned())
            .collect();
        assert!(!cookies.is_empty());
        for cookie in cookies {
            for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
                assert!(cookie.contains(attribute), "{attribute} is missing from {cookie}");
            }
            assert!(!cookie.contains("Domain="), "{cookie}");
        }
    }

    async fn links_come_from_the_settings_and_never_from_the_request(at: At) {
        let server = Server::start(at).await;
        for (header, value) in [
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("forwarded", "host=evil.example;proto=https"),
            ("x-forwarded-proto", "https"),
        ] {
            for path in ["/", "/account", "/sign-in", "/setup"] {
                let browser = server.browser();
                let request = browser.request(Method::GET, path).header(header, value);
                let page = browser.send(request).await;
                assert!(!page.body.contains("evil.example"), "{header} {path}");
                assert!(!page.header("location").contains("evil"), "{header} {path}");
            }
        }
    }

    async fn a_claimed_address_does_not_escape_the_lock(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "5")]).await;
        let mut last = 0;
        for number in 0..8 {
            let browser = server.browser();
            let name = format!("user{number}");
            let request = browser
                .request(Method::POST, "/sign-in/password")
                .header("x-forwarded-for", format!("203.0.113.{number}"))
                .header("forwarded", format!("for=203.0.113.{number}"))
                .form(&[("username", name.as_str()), ("password", "guess")]);
            last = browser.send(request).await.status;
        }
        assert_eq!(last, 429, "a header hides who asks");
    }

    async fn bad_bodies_are_the_callers_fault(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let huge = format!("username={}", "x".repeat(200_000));
        for path in [
            "/setup",
            "/sign-in/password",
            "/sign-in/totp",
            "/sign-in/yubikey",
            "/account/devices/add/totp",
            "/account/devices/add/yubikey",
            "/account/devices/not-an-id/rename",
            "/account/devices/not-an-id/remove",
            "/webauthn/registration/verify",
            "/webauthn/authentication/verify",
        ] {
            for (kind, body) in [
                ("application/x-www-form-urlencoded", ""),
                ("application/x-www-form-urlencoded", "%ff%fe=%00&&&="),
                ("application/x-www-form-urlencoded", "turn=99999999999999999999&code=1"),
                ("application/x-www-form-urlencoded", "username=a&username=b&password=c&password=d"),
                ("application/x-www-form-urlencoded", huge.as_str()),
                ("application/json", "{"),
                ("text/plain", "x"),
                ("multipart/form-data; boundary=x", "--x--"),
            ] {
                let request = anna
                    .browser
                    .request(Method::POST, path)
                    .header("content-type", kind)
                    .body(body.to_owned());
                let page = anna.browser.send(request).await;
                let short = &body[..body.len().min(40)];
                assert!((300..500).contains(&page.status), "{path} {kind} {short}: {}", page.status);
            }
        }
        assert_eq!(anna.visits("/account").await.status, 200);
    }

    async fn methods_that_an_address_does_not_know_are_refused(at: At) {
        let server = Server::start(at).await;
        for (method, path) in [
            (Method::GET, "/sign-out"),
            (Method::GET, "/sign-in/password"),
            (Method::GET, "/webauthn/authentication/verify"),
            (Method::PUT, "/sign-in"),
            (Method::DELETE, "/account/devices"),
            (Method::POST, "/health/live"),
            (Method::TRACE, "/sign-in"),
        ] {
            let browser = server.browser();
            let page = browser.send(browser.request(method.clone(), path)).await;
            assert!([404, 405].contains(&page.status), "{method} {path}: {}", page.status);
        }
    }

    async fn cookies_that_are_not_ours_open_nothing_and_break_nothing(at: At) {
        let server = Server::start(at).await;
        for cookie in [
            "keyward=",
            "keyward=x",
            "keyward=%00%ff",
            "keyward-notice=x",
            "keyward-notice=eyJub3RpY2UiOiJub3BlIn0",
        ] {
            let browser = server.browser();
            browser.set_cookie(cookie);
            assert_eq!(browser.get("/sign-in").await.status, 200, "{cookie}");
            assert_eq!(browser.get("/account").await.status, 303, "{cookie}");
        }
    }

    async fn health_tells_whether_the_server_can_work(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        assert_eq!(browser.get("/health/live").await.status, 200);
        assert_eq!(browser.get("/health/ready").await.status, 200);
    }
}
