//! One set of passkeys under several addresses, and under no others.

use serde_json::{Value, json};

use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

const RELATED: &str = "https://login.example.de";
const SETTING: (&str, &str) = ("webauthn.related_origins", "[\"https://login.example.de\"]");

/// Posts as the scripts of a page of this origin do.
async fn posts(person: &Person, origin: &str, site: &str, path: &str, body: &Value) -> Page {
    let request = person
        .browser
        .request(reqwest::Method::POST, path)
        .header("accept", "application/json")
        .header("origin", origin)
        .header("sec-fetch-site", site)
        .json(body);
    person.browser.send(request).await
}

async fn with_a_passkey(server: &Server, key: &mut SoftAuthenticator) -> Person {
    let anna = server.user("anna").await;
    anna.signs_in().await;
    assert_eq!(anna.registers("passkey", key).await.status, 200);
    anna.elsewhere(&server.base)
}

on_every_database! {
    async fn a_passkey_signs_in_and_is_made_under_a_related_origin(at: At) {
        let server = Server::with(at, &[SETTING]).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_passkey(&server, &mut key).await;
        let listed = anna.browser.get("/.well-known/webauthn").await.json();
        assert_eq!(listed, json!({ "origins": [server.base, RELATED] }));

        let options = "/webauthn/authentication/options";
        let options = posts(&anna, RELATED, "same-origin", options, &json!({})).await.json();
        let answer = key.authenticate(&options, RELATED);
        let verify = "/webauthn/authentication/verify";
        let answer = posts(&anna, RELATED, "same-origin", verify, &answer).await;
        assert_eq!((answer.status, &answer.json()["next"]), (200, &json!("/account")));
        assert!(anna.is_in().await);

        let mut other = SoftAuthenticator::security_key();
        let wish = json!({ "kind": "security-key" });
        let options = "/webauthn/registration/options";
        let options = posts(&anna, RELATED, "same-origin", options, &wish).await.json();
        let answer = other.register(&options, RELATED);
        let verify = "/webauthn/registration/verify";
        let answer = posts(&anna, RELATED, "same-origin", verify, &answer).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(anna.devices().await.len(), 2);
    }

    async fn a_phishing_page_gets_nothing_by_a_passkey_that_it_relays(at: At) {
        let server = Server::with(at, &[SETTING]).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_passkey(&server, &mut key).await;
        for origin in [
            "https://evil.example",
            "https://login.example.de.evil.example",
            "https://login.example.de:444",
            "http://login.example.de",
            "https://example.de",
        ] {
            let options = anna.asks_for_a_passkey(None).await.json();
            let answer = key.authenticate(&options, origin);
            let refused = anna.sends_authentication(&answer).await;
            assert_eq!(refused.code(), "ceremony.refused", "{origin}: {}", refused.body);
            server.clock.turn(std::time::Duration::from_secs(3600));
        }
        assert!(!anna.is_in().await);
    }

    async fn a_related_page_of_other_software_cannot_post_to_our_own_address(at: At) {
        let server = Server::with(at, &[SETTING]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for (origin, site) in [
            (RELATED, "cross-site"),
            (RELATED, "same-site"),
            ("https://evil.example", "same-origin"),
        ] {
            let wish = json!({ "kind": "passkey" });
            let path = "/webauthn/registration/options";
            let refused = posts(&anna, origin, site, path, &wish).await;
            assert_eq!(refused.code(), "request.cross_site", "{origin} {site}");
        }
    }

    async fn a_frame_in_somebody_elses_page_neither_signs_in_nor_registers(at: At) {
        let settings = [SETTING, ("lockout.user_failures", "100"), ("lockout.address_failures", "100")];
        let server = Server::with(at, &settings).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_passkey(&server, &mut key).await;
        for (cross, top) in [
            (true, None),
            (true, Some("https://evil.example")),
            (false, Some("https://evil.example")),
            // Nor in a related one: no page of ours is made to be framed.
            (true, Some(RELATED)),
        ] {
            key.cross_origin = cross;
            key.top_origin = top.map(str::to_owned);
            let refused = anna.signs_in_with(&mut key, None).await;
            assert_eq!(refused.code(), "ceremony.refused", "{cross} {top:?}");
            assert!(!anna.is_in().await, "{cross} {top:?}");

            let ben = server.stranger("anna");
            ben.types_password().await;
            let refused = ben.confirms_with(&mut key).await;
            assert_eq!(refused.code(), "ceremony.refused", "{cross} {top:?}");

            let carla = server.user(&format!("carla-{cross}-{}", top.unwrap_or("none").len())).await;
            carla.signs_in().await;
            let mut new = SoftAuthenticator::passkey();
            new.cross_origin = cross;
            new.top_origin = top.map(str::to_owned);
            let refused = carla.registers("passkey", &mut new).await;
            assert_eq!(refused.code(), "ceremony.refused", "{cross} {top:?}");
            assert!(carla.devices().await.is_empty());
        }
    }
}
