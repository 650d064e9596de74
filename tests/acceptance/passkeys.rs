//! Passkeys and security keys over HTTP, with an authenticator of our own and attackers beside it.

use serde_json::{Value, json};
use std::time::Duration;

use crate::on_every_database;
use crate::support::page::Page;
use crate::support::person::Person;
use crate::support::server::Server;
use crate::support::soft_authenticator::SoftAuthenticator;

const REGISTRATION: &str = "/webauthn/registration/options";
const REGISTERED: &str = "/webauthn/registration/verify";
const AUTHENTICATION: &str = "/webauthn/authentication/options";
const AUTHENTICATED: &str = "/webauthn/authentication/verify";

/// What the script hands to the browser.
fn public_key(page: &Page) -> Value {
    assert_eq!(page.status, 200, "{}", page.body);
    let options = page.json();
    options.get("publicKey").cloned().unwrap_or(options)
}

async fn registration(person: &Person, kind: &str) -> Value {
    let wish = json!({ "kind": kind, "name": "Key" });
    public_key(&person.browser.post_json(REGISTRATION, &wish).await)
}

async fn authentication(person: &Person) -> Value {
    public_key(&person.browser.post_json(AUTHENTICATION, &json!({})).await)
}

async fn registers(
    person: &Person,
    server: &Server,
    key: &mut SoftAuthenticator,
    kind: &str,
) -> Page {
    let options = registration(person, kind).await;
    let answer = key.register(&options, &server.base);
    person.browser.post_json(REGISTERED, &answer).await
}

/// A new browser, the password, and the key's answer.
async fn signs_in(person: &Person, server: &Server, key: &mut SoftAuthenticator) -> (Person, Page) {
    let person = person.elsewhere(&server.base);
    person.types_password().await;
    let options = authentication(&person).await;
    let answer = key.authenticate(&options, &server.base);
    let page = person.browser.post_json(AUTHENTICATED, &answer).await;
    (person, page)
}

async fn is_in(person: &Person) -> bool {
    person.browser.get("/account").await.status == 200
}

on_every_database! {
    async fn a_passkey_registers_and_signs_in(at: At) {
        for (mut key, kind) in [
            (SoftAuthenticator::passkey(), "passkey"),
            (SoftAuthenticator::synced_passkey(), "passkey"),
            (SoftAuthenticator::security_key(), "security-key"),
            (SoftAuthenticator::u2f_key(), "security-key"),
        ] {
            let server = Server::start(at).await;
            let anna = server.user("anna").await;
            anna.signs_in().await;
            let page = registers(&anna, &server, &mut key, kind).await;
            assert_eq!(page.status, 200, "{}", page.body);
            for _ in 0..2 {
                let (anna, page) = signs_in(&anna, &server, &mut key).await;
                assert_eq!(page.json()["next"], "/account", "{}", page.body);
                assert!(is_in(&anna).await);
            }
        }
    }

    async fn the_options_ask_for_what_they_should(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let passkey = registration(&anna, "passkey").await;
        let asked = &passkey["authenticatorSelection"]["residentKey"];
        assert!(asked == "preferred" || asked == "required", "{asked}: not discoverable");
        let handle = passkey["user"]["id"].as_str().expect("a handle");
        assert_eq!(handle.len(), 43, "32 bytes in base64url");
        let mut key = SoftAuthenticator::passkey();
        registers(&anna, &server, &mut key, "passkey").await;
        let again = registration(&anna, "security-key").await;
        assert_eq!(again["user"]["id"], handle, "the handle changes");
        assert_eq!(again["excludeCredentials"].as_array().map(Vec::len), Some(1));
        assert_ne!(again["challenge"], passkey["challenge"]);
        for algorithm in passkey["pubKeyCredParams"].as_array().expect("algorithms") {
            let algorithm = algorithm["alg"].as_i64().expect("a number");
            assert!([-7, -35, -257].contains(&algorithm), "{algorithm} is not verified");
        }
    }

    async fn a_replayed_answer_is_refused(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::passkey();
        registers(&anna, &server, &mut key, "passkey").await;

        let first = anna.elsewhere(&server.base);
        first.types_password().await;
        let options = authentication(&first).await;
        let mut thief = first.clone();
        thief.browser = first.browser.copy();
        let answer = key.authenticate(&options, &server.base);
        let page = first.browser.post_json(AUTHENTICATED, &answer).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let page = thief.browser.post_json(AUTHENTICATED, &answer).await;
        assert!((400..500).contains(&page.status), "{}", page.body);
        assert!(!is_in(&thief).await);

        let later = anna.elsewhere(&server.base);
        later.types_password().await;
        let _ = authentication(&later).await;
        let page = later.browser.post_json(AUTHENTICATED, &answer).await;
        assert_eq!(page.status, 403, "{}", page.body);
        assert!(!is_in(&later).await);
    }

    async fn an_answer_without_a_question_is_refused(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::passkey();
        registers(&anna, &server, &mut key, "passkey").await;
        let other = anna.elsewhere(&server.base);
        other.types_password().await;
        let options = authentication(&other).await;
        let answer = key.authenticate(&options, &server.base);

        let anna = anna.elsewhere(&server.base);
        let page = anna.browser.post_json(AUTHENTICATED, &answer).await;
        assert_eq!(page.status, 409, "before the password: {}", page.body);
        anna.types_password().await;
        let page = anna.browser.post_json(AUTHENTICATED, &answer).await;
        assert_eq!(page.status, 409, "the question of another browser: {}", page.body);
        assert!(!is_in(&anna).await);
    }

    async fn a_new_question_ends_the_one_before(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::passkey();
        registers(&anna, &server, &mut key, "passkey").await;
        let anna = anna.elsewhere(&server.base);
        anna.types_password().await;
        let older = authentication(&anna).await;
        let _ = authentication(&anna).await;
        let answer = key.authenticate(&older, &server.base);
        let page = anna.browser.post_json(AUTHENTICATED, &answer).await;
        assert!((400..500).contains(&page.status), "{}", page.body);
        assert!(!is_in(&anna).await);
    }

    async fn somebody_elses_key_is_refused(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (server.user("anna").await, server.user("ben").await);
        anna.signs_in().await;
        ben.signs_in().await;
        let (mut annas, mut bens) = (SoftAuthenticator::passkey(), SoftAuthenticator::passkey());
        registers(&anna, &server, &mut annas, "passkey").await;
        registers(&ben, &server, &mut bens, "passkey").await;

        let victim = anna.elsewhere(&server.base);
        victim.types_password().await;
        let mut options = authentication(&victim).await;
        options["allowCredentials"] = json!([]);
        let answer = bens.authenticate(&options, &server.base);
        let page = victim.browser.post_json(AUTHENTICATED, &answer).await;
        assert_eq!(page.status, 403, "{}", page.body);
        assert!(!is_in(&victim).await);
        assert_eq!(server.refusals("sign_in.second_factor", "ceremony.unknown_credential"), 1);
    }

    async fn a_credential_of_another_user_cannot_be_registered(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (server.user("anna").await, server.user("ben").await);
        anna.signs_in().await;
        ben.signs_in().await;
        let mut key = SoftAuthenticator::passkey();
        registers(&anna, &server, &mut key, "passkey").await;
        let options = registration(&ben, "passkey").await;
        let answer = key.register_again(&options, &server.base);
        let page = ben.browser.post_json(REGISTERED, &answer).await;
        assert_eq!(page.code(), "ceremony.already_registered", "{}", page.body);
        assert_eq!(server.events("device.added"), 1);
    }

    async fn a_registration_of_one_browser_is_not_finished_by_another(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (server.user("anna").await, server.user("ben").await);
        anna.signs_in().await;
        ben.signs_in().await;
        let options = registration(&anna, "passkey").await;
        let answer = SoftAuthenticator::passkey().register(&options, &server.base);
        let page = ben.browser.post_json(REGISTERED, &answer).await;
        assert_eq!(page.code(), "ceremony.not_started", "{}", page.body);
        let _ = registration(&ben, "passkey").await;
        let page = ben.browser.post_json(REGISTERED, &answer).await;
        assert!((400..500).contains(&page.status), "{}", page.body);
        assert_eq!(server.events("device.added"), 0);
        assert!(page.status != 200);
    }

    async fn an_answer_is_registered_once(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let copy = anna.browser.copy();
        let options = registration(&anna, "passkey").await;
        let answer = SoftAuthenticator::passkey().register(&options, &server.base);
        let page = anna.browser.post_json(REGISTERED, &answer).await;
        assert_eq!(page.status, 200, "{}", page.body);
        for browser in [&anna.browser, &copy] {
            let page = browser.post_json(REGISTERED, &answer).await;
            assert!((400..500).contains(&page.status), "{}", page.body);
        }
        assert_eq!(server.events("device.added"), 1);
    }

    async fn an_answer_that_comes_too_late_is_refused(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::passkey();
        registers(&anna, &server, &mut key, "passkey").await;
        let options = registration(&anna, "security-key").await;
        server.clock.turn(Duration::from_secs(3600));
        let answer = SoftAuthenticator::security_key().register(&options, &server.base);
        let page = anna.browser.post_json(REGISTERED, &answer).await;
        assert_eq!(page.status, 409, "{}", page.body);

        let anna = anna.elsewhere(&server.base);
        anna.types_password().await;
        let options = authentication(&anna).await;
        server.clock.turn(Duration::from_secs(3600));
        let answer = key.authenticate(&options, &server.base);
        let page = anna.browser.post_json(AUTHENTICATED, &answer).await;
        assert_eq!(page.status, 409, "{}", page.body);
        assert!(!is_in(&anna).await);
    }

    async fn a_clone_is_refused_and_its_key_put_on_hold(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::security_key();
        registers(&anna, &server, &mut key, "security-key").await;
        let mut clone = key.clone();
        for _ in 0..3 {
            let (_, page) = signs_in(&anna, &server, &mut key).await;
            assert_eq!(page.status, 200, "{}", page.body);
        }
        let (thief, page) = signs_in(&anna, &server, &mut clone).await;
        assert_eq!(page.code(), "ceremony.counter", "{}", page.body);
        assert!(!is_in(&thief).await);
        assert_eq!(server.events("device.suspect"), 1);

        let anna = anna.elsewhere(&server.base);
        anna.types_password().await;
        let page = anna.browser.post_json(AUTHENTICATION, &json!({})).await;
        assert!((400..500).contains(&page.status), "a suspect key is asked for: {}", page.body);
        assert!(!is_in(&anna).await);
    }

    async fn a_page_of_another_site_cannot_use_the_key(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::passkey();
        registers(&anna, &server, &mut key, "passkey").await;
        for origin in ["https://evil.example", "http://localhost", "http://localhost:1", "null"] {
            let anna = anna.elsewhere(&server.base);
            anna.types_password().await;
            let options = authentication(&anna).await;
            let answer = key.authenticate(&options, origin);
            let page = anna.browser.post_json(AUTHENTICATED, &answer).await;
            assert_eq!(page.status, 403, "{origin}: {}", page.body);
            assert!(!is_in(&anna).await, "{origin}");
        }
    }

    async fn bodies_that_are_no_answer_are_refused(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::passkey();
        registers(&anna, &server, &mut key, "passkey").await;
        let right = {
            let options = registration(&anna, "passkey").await;
            SoftAuthenticator::passkey().register(&options, &server.base)
        };
        let mut bodies = vec![json!(null), json!([]), json!({}), json!("x"), json!(7)];
        for member in ["id", "rawId", "type", "response"] {
            let mut body = right.clone();
            body.as_object_mut().expect("an object").remove(member);
            bodies.push(body);
            let mut body = right.clone();
            body[member] = json!(7);
            bodies.push(body);
        }
        for body in bodies {
            let _ = registration(&anna, "passkey").await;
            let page = anna.browser.post_json(REGISTERED, &body).await;
            assert!((400..500).contains(&page.status), "{body}: {}", page.body);
            assert_eq!(page.header("content-type"), "application/problem+json", "{body}");
        }
        let request = anna
            .browser
            .request(reqwest::Method::POST, REGISTERED)
            .header("content-type", "application/json")
            .body(vec![b'['; 100_000]);
        let page = anna.browser.send(request).await;
        assert!((400..500).contains(&page.status), "{}", page.status);
        assert_eq!(server.events("device.added"), 1);
    }
}
