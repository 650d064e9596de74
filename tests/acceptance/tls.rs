//! HTTPS: the start, the promises, the cookies, and certificates that change.

use std::fs;
use std::time::Duration;

use crate::pages::trusted_browsers::TRUSTING;
use keyward_test_support::authority::Authority;
use keyward_test_support::client::Client;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

fn cookies(page: &Page) -> Vec<String> {
    let lines = page.headers.get_all("set-cookie").iter();
    lines
        .map(|line| line.to_str().expect("text").to_owned())
        .collect()
}

on_every_database! {
    async fn people_sign_in_over_https_and_are_told_to_stay_there(at: At) {
        let server = Server::over_tls(at).await;
        let mut anna = server.user("anna").await;
        assert_eq!(anna.signs_in().await.path, "/account");
        anna.adds_an_app().await;
        let mut key = SoftAuthenticator::passkey();
        assert_eq!(anna.registers("passkey", &mut key).await.status, 200);
        let elsewhere = anna.elsewhere(&server.base);
        elsewhere.types_password().await;
        assert_eq!(elsewhere.confirms_with(&mut key).await.status, 200);
        for path in ["/account", "/sign-in", "/nothing", "/health/live", "/assets/nothing"] {
            let page = elsewhere.browser.get(path).await;
            let promise = page.header("strict-transport-security");
            assert!(promise.starts_with("max-age="), "{path}: {promise}");
        }
        // A page over plain HTTP cannot use the key, whatever its host.
        let thief = anna.elsewhere(&server.base);
        thief.types_password().await;
        let options = thief.asks_to_authenticate().await.json();
        let plain = anna.browser.origin().replace("https", "http");
        let answer = key.authenticate(&options, &plain);
        assert_eq!(thief.sends_authentication(&answer).await.status, 403);
    }

    async fn cookies_are_bound_to_this_host_and_to_https(at: At) {
        let server = Server::over_tls(at).await;
        let anna = server.user("anna").await;
        let fields = [("username", "anna"), ("password", "not this one")];
        let wrong = anna.browser.post("/sign-in/password", &fields).await;
        let told = anna.browser.follow(wrong.clone()).await;
        let fields = [("username", "anna"), ("password", anna.password.as_str())];
        let right = anna.browser.post("/sign-in/password", &fields).await;
        let out = anna.browser.post("/sign-out", &[]).await;
        let set: Vec<String> = [&wrong, &told, &right, &out].into_iter().flat_map(cookies).collect();
        assert!(set.len() >= 4, "{set:?}");
        for cookie in set {
            assert!(cookie.starts_with("__Host-keyward"), "{cookie}");
            let parts: Vec<&str> = cookie.split("; ").collect();
            assert!(parts.contains(&"Secure") && parts.contains(&"Path=/"), "{cookie}");
            assert!(!cookie.contains("Domain"), "{cookie}");
            if !cookie.contains("Max-Age=0") {
                assert!(parts.contains(&"HttpOnly") && parts.contains(&"SameSite=Lax"), "{cookie}");
            }
        }
    }

    async fn the_cookie_of_a_trusted_browser_is_bound_to_this_host_and_to_https(at: At) {
        for (more, prefix) in [
            (None, "__Host-keyward-trusted-"),
            (Some(("trusted_browser.path", "\"/sign-in\"")), "__Secure-keyward-trusted-"),
        ] {
            let mut settings = vec![TRUSTING];
            settings.extend(more);
            let server = Server::over_tls_with(at, &settings).await;
            let mut anna = server.user("anna").await;
            anna.signs_in().await;
            anna.adds_an_app().await;
            server.clock.turn(Duration::from_secs(60));
            let anna = anna.elsewhere(&server.base);
            let page = anna.types_password().await;
            let form = page.form("Continue").fill("Code", &anna.code()).set("remember", "yes");
            let answer = anna.browser.submit(&page, &form).await;
            let cookie = cookies(&answer).into_iter().find(|cookie| cookie.contains("trusted"));
            let cookie = cookie.unwrap_or_else(|| panic!("no cookie: {}", answer.text()));
            assert!(cookie.starts_with(prefix), "{cookie}");
            for part in ["Secure", "HttpOnly", "SameSite=Strict"] {
                assert!(cookie.split("; ").any(|one| one == part), "{part}: {cookie}");
            }
            assert!(!cookie.contains("Domain="), "{cookie}");
            anna.browser.post("/sign-out", &[]).await;
            server.clock.turn(Duration::from_secs(60));
            assert_eq!(anna.types_password().await.path, "/account");
        }
    }

    async fn a_cookie_without_the_prefix_is_not_read(at: At) {
        let server = Server::over_tls(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let planted = server.browser();
        for cookie in anna.browser.cookies().split("; ") {
            planted.set_cookie(&cookie.replace("__Host-", ""));
        }
        assert_eq!(planted.get("/account").await.status, 303);
    }
}

#[tokio::test]
async fn the_port_of_https_tells_nothing_over_plain_http() {
    let server = Server::over_tls(keyward_test_support::backends::At::Sqlite).await;
    let plain = Client::new(&server.base.replace("https", "http"));
    assert!(!plain.reaches_the_server().await);
    assert!(server.browser().reaches_the_server().await);
}

#[tokio::test]
async fn a_new_certificate_is_taken_up_while_serving_and_a_broken_one_is_not() {
    let server = Server::over_tls(keyward_test_support::backends::At::Sqlite).await;
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| server.folder().join(name));
    let anna: Person = server.user("anna").await;
    anna.signs_in().await;
    let next = Authority::named("The next authority");
    let old = || Client::new(&server.base);
    let new = || Client::trusting(&server.base, &next);
    assert!(old().reaches_the_server().await && !new().reaches_the_server().await);

    fs::write(&certificate, "nonsense").expect("the folder is ours");
    server.clock.turn(Duration::from_secs(2));
    assert!(
        old().reaches_the_server().await,
        "a broken file stops the server"
    );

    next.certify(&certificate, &key);
    server.clock.turn(Duration::from_secs(2));
    assert!(
        new().reaches_the_server().await,
        "the new certificate is not taken up"
    );
    assert!(
        !old().reaches_the_server().await,
        "the old certificate is still shown"
    );

    fs::remove_file(&key).expect("it is there");
    server.clock.turn(Duration::from_secs(2));
    assert!(
        new().reaches_the_server().await,
        "a missing file stops the server"
    );
}
