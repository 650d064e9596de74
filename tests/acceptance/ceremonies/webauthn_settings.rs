//! What a relying party may be configured to ask of WebAuthn: which algorithms new keys have, and
//! which sites may show its pages.

use serde_json::{Value, json};

use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::{Algorithm, SoftAuthenticator};

const PORTAL: &str = "https://portal.example.com";
const SETTING: (&str, &str) = ("webauthn.top_origins", "[\"https://portal.example.com\"]");

async fn signed_in(server: &Server, name: &str) -> Person {
    let person = server.user(name).await;
    let page = person.signs_in().await;
    assert_eq!(page.path, "/account", "{}", page.text());
    person
}

fn offered(options: &Value) -> Vec<i64> {
    let all = options["pubKeyCredParams"].as_array().expect("a list");
    all.iter()
        .map(|one| one["alg"].as_i64().expect("a number"))
        .collect()
}

on_every_database! {
    async fn new_keys_have_the_algorithms_of_the_settings_and_old_ones_go_on(at: At) {
        let settings = [("webauthn.algorithms", "[\"ES512\", \"ES384\", \"PS256\"]")];
        let server = Server::with(at, &settings).await;
        let anna = signed_in(&server, "anna").await;
        let options = anna.asks_to_register("passkey").await.json();
        assert_eq!(offered(&options), [-36, -35, -37]);
        let mut usual = SoftAuthenticator::passkey();
        let refused = anna.registers("passkey", &mut usual).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("ceremony.refused")));
        let reasons = "SELECT detail AS line FROM events WHERE refusal = 'ceremony.refused'";
        assert!(server.database.lines(reasons)[0].contains("algorithm -7 was not offered"));
        let mut asked_for = SoftAuthenticator::passkey();
        asked_for.algorithm = Algorithm::Es384;
        assert_eq!(anna.registers("passkey", &mut asked_for).await.status, 200);
        // Its key stays what it is when the next ones are to have another.
        let again = anna.elsewhere(&server.base);
        assert_eq!(again.signs_in_with(&mut asked_for, Some("anna")).await.status, 200);
        assert!(again.is_in().await);
        let checked = keyward(server.folder(), &["check"]).done();
        assert!(!checked.contains("SHA-1"), "{checked}");
    }

    async fn a_broken_algorithm_is_offered_where_it_is_named_and_check_says_so(at: At) {
        let settings = [("webauthn.algorithms", "[\"ES256\", \"RS1\"]")];
        let server = Server::with(at, &settings).await;
        let anna = signed_in(&server, "anna").await;
        assert_eq!(offered(&anna.asks_to_register("passkey").await.json()), [-7, -65535]);
        let checked = keyward(server.folder(), &["check"]);
        assert!(checked.out.contains("RS1 is offered to new keys"), "{checked:?}");
        assert!(checked.out.contains("webauthn.algorithms"), "{checked:?}");
    }

    async fn a_frame_counts_where_its_site_is_named_and_nowhere_else(at: At) {
        let named = Server::with(at, &[SETTING]).await;
        let plain = Server::start(at).await;
        for (server, is_named) in [(&named, true), (&plain, false)] {
            let anna = signed_in(server, "anna").await;
            let mut key = SoftAuthenticator::passkey();
            key.cross_origin = true;
            key.top_origin = Some("https://evil.example".to_owned());
            assert_eq!(anna.registers("passkey", &mut key).await.status, 403);
            let mut key = SoftAuthenticator::passkey();
            (key.cross_origin, key.top_origin) = (true, Some(PORTAL.to_owned()));
            let status = if is_named { 200 } else { 403 };
            assert_eq!(anna.registers("passkey", &mut key).await.status, status);
            (key.cross_origin, key.top_origin) = (false, None);
            if !is_named {
                assert_eq!(anna.registers("passkey", &mut key).await.status, 200);
            }
            let again = anna.elsewhere(&server.base);
            (key.cross_origin, key.top_origin) = (true, Some("https://evil.example".to_owned()));
            assert_eq!(again.signs_in_with(&mut key, Some("anna")).await.status, 403);
            (key.cross_origin, key.top_origin) = (true, Some(PORTAL.to_owned()));
            assert_eq!(again.signs_in_with(&mut key, Some("anna")).await.status, status);
            assert_eq!(again.is_in().await, is_named);
        }
    }

    async fn only_named_sites_may_show_pages_and_never_the_console(at: At) {
        let named = Server::with(at, &[SETTING]).await;
        let plain = Server::start(at).await;
        for (server, path, shown) in [
            (&named, "/sign-in", true),
            (&named, "/console", false),
            (&named, "/setup?token=none", false),
            (&plain, "/sign-in", false),
        ] {
            let page = server.browser().get(path).await;
            let policy = page.header("content-security-policy");
            let ancestors = if shown { PORTAL } else { "'none'" };
            assert!(policy.contains(&format!("frame-ancestors {ancestors};")), "{path}: {policy}");
            assert_eq!(page.header("x-frame-options").is_empty(), shown, "{path}");
        }
    }

    /// What no browser sends is an answer's own fault: never the server's, and none gets in.
    async fn odd_answers_are_refused_and_never_our_fault(at: At) {
        let server = Server::start(at).await;
        let anna = signed_in(&server, "anna").await;
        let mut key = SoftAuthenticator::passkey();
        assert_eq!(anna.registers("passkey", &mut key).await.status, 200);
        let stranger = anna.elsewhere(&server.base);
        type Change = fn(&mut Value);
        let changes: [Change; 14] = [
            |it| *it = Value::Null,
            |it| *it = json!([]),
            |it| *it = json!({}),
            |it| it["id"] = json!(7),
            |it| it["rawId"] = json!(""),
            |it| it["rawId"] = json!("A".repeat(1366)),
            |it| it["type"] = json!("federated"),
            |it| it["response"] = json!("x"),
            |it| it["response"]["signature"] = json!(""),
            |it| it["response"]["signature"] = json!("A".repeat(40_000)),
            |it| it["response"]["authenticatorData"] = json!(""),
            |it| it["response"]["clientDataJSON"] = json!("e30"),
            |it| it["response"]["userHandle"] = json!("A".repeat(87)),
            |it| it["response"]["userHandle"] = json!({ "type": "Buffer", "data": [1] }),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let options = stranger.browser.post_json("/webauthn/authentication/options", &json!({ "username": "anna" })).await;
            let mut answer = key.authenticate(&options.json(), &anna.browser.origin());
            change(&mut answer);
            let page = stranger.browser.post_json("/webauthn/authentication/verify", &answer).await;
            assert!((400..500).contains(&page.status), "{number}: {} {}", page.status, page.body);
            let options = anna.asks_to_register("passkey").await.json();
            let mut answer = SoftAuthenticator::passkey().register(&options, &anna.browser.origin());
            change(&mut answer);
            if answer["response"]["signature"].is_string() || answer["response"]["userHandle"].is_string()
                || answer["response"]["userHandle"].is_object() || answer["response"]["authenticatorData"] == "" {
                continue;
            }
            let page = anna.browser.post_json("/webauthn/registration/verify", &answer).await;
            assert!((400..500).contains(&page.status), "{number}: {} {}", page.status, page.body);
        }
        assert!(!stranger.is_in().await);
    }
}
