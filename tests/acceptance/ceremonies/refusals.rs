//! Why a device was refused: the precise reason in the trail, and a sentence that fits for whoever
//! holds it.

use super::with_a_key;
use serde_json::{Value, json};

use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::{Attestation, SoftAuthenticator, Tampering};

/// What the page says to the person.
fn sentence(page: &Page) -> String {
    page.json()["detail"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// What the trail says of refusals: the device that was tried, and what was wrong with its answer.
fn details(server: &Server, kind: &str) -> Vec<(Option<String>, String)> {
    let stored = server.database.lines(&format!(
        "SELECT COALESCE(detail, '') AS line FROM events \
         WHERE kind = '{kind}' AND refusal IS NOT NULL ORDER BY id"
    ));
    let read = |stored: &String| {
        let detail: Value = serde_json::from_str(stored).expect("JSON");
        assert_eq!(detail["case"], "refused", "{stored}");
        let text = |value: &Value| value.as_str().map(str::to_owned);
        (
            text(&detail["device"]),
            text(&detail["particulars"]["text"]).expect("a reason"),
        )
    };
    stored.iter().map(read).collect()
}

on_every_database! {
    async fn a_registration_says_to_each_what_they_need(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.superuser("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        type Broken = fn(&mut Vec<(ciborium::Value, ciborium::Value)>);
        let unknown: Broken = |object| object[0].1 = "android-safetynet".into();
        let contradicts: Broken = |object| {
            let statement = object[1].1.as_map_mut().expect("a map");
            for (name, value) in statement {
                if *name == ciborium::Value::from("sig") {
                    *value = ciborium::Value::Bytes(vec![0x30, 0]);
                }
            }
        };
        let cases: [(&str, Option<Broken>, &str, &str); 3] = [
            ("https://example.com", None, "another address", "the origin is none of ours"),
            ("", Some(unknown), "not offered here", "format is unknown: android-safetynet"),
            ("", Some(contradicts), "its make does not hold together", "signature"),
        ];
        for (origin, change, said, reason) in cases {
            let mut key = SoftAuthenticator::passkey();
            key.attestation = Attestation::PackedSelf;
            let origin = match origin {
                "" => anna.browser.origin(),
                other => other.to_owned(),
            };
            let options = anna.asks_to_register("passkey").await.json();
            let tampering = Tampering {
                attestation_object: change.as_ref().map(|change| change as _),
                ..Tampering::default()
            };
            let answer = key.register_tampered(&options, &origin, tampering);
            let refused = anna.sends_registration(&answer).await;
            assert_eq!((refused.status, refused.code().as_str()), (403, "ceremony.refused"));
            assert!(sentence(&refused).contains(said), "{}", refused.body);
            let (device, detail) = details(&server, "device.added").pop().expect("an event");
            assert_eq!(device.as_deref(), Some("passkey"));
            assert!(detail.contains(reason), "{detail}");
            let trail = anna.visits("/console/audit?kind=device.added").await.text();
            assert!(trail.contains(reason), "{trail}");
        }
    }

    async fn a_passkey_that_changed_its_eligibility_is_to_be_added_again(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = with_a_key(&server, "anna", "passkey", &mut key).await;
        (key.backup_eligible, key.backed_up) = (true, true);
        let refused = anna.signs_in_with(&mut key, None).await;
        assert_eq!(sentence(&refused), "This passkey has changed. Add it again.");
        let told = (None, "the credential's backup eligibility changed".to_owned());
        assert_eq!(details(&server, "sign_in.passkey"), [told]);
        // Without the key nobody learns what is stored of it.
        let options = anna.asks_for_a_passkey(None).await.json();
        let spoil = |answer: &mut Value| answer["response"]["signature"] = json!("MAYCAQECAQE");
        let tampering = Tampering { answer: Some(&spoil), ..Tampering::default() };
        let answer = key.authenticate_tampered(&options, &anna.browser.origin(), tampering);
        let refused = anna.sends_authentication(&answer).await;
        assert!(!sentence(&refused).contains("changed"), "{}", refused.body);
    }

    async fn a_second_factor_that_is_refused_leaves_its_reason(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::security_key();
        let anna = with_a_key(&server, "anna", "security-key", &mut key).await;
        anna.types_password().await;
        let options = anna
            .browser
            .post_json("/webauthn/authentication/options", &json!({}))
            .await
            .json();
        let answer = key.authenticate(&options, "https://example.com");
        let refused = anna
            .browser
            .post_json("/webauthn/authentication/verify", &answer)
            .await;
        assert!(sentence(&refused).contains("another address"), "{}", refused.body);
        let told = (None, "the origin is none of ours".to_owned());
        assert_eq!(details(&server, "sign_in.second_factor"), [told]);
    }

    /// Safari sends an empty handle for keys that keep no credential.
    async fn an_empty_user_handle_is_none(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftAuthenticator::security_key();
        let anna = with_a_key(&server, "anna", "security-key", &mut key).await;
        let empty = |answer: &mut Value| answer["response"]["userHandle"] = json!("");
        let tampering = Tampering { answer: Some(&empty), ..Tampering::default() };
        // As the second factor, and in place of the password with the name typed.
        anna.types_password().await;
        let options = anna
            .browser
            .post_json("/webauthn/authentication/options", &json!({}))
            .await
            .json();
        let answer = key.authenticate_tampered(&options, &anna.browser.origin(), tampering);
        let answered = anna
            .browser
            .post_json("/webauthn/authentication/verify", &answer)
            .await;
        assert_eq!(answered.status, 200, "{}", answered.body);
        let anna = anna.elsewhere(&server.base);
        let options = anna.asks_for_a_passkey(Some("anna")).await.json();
        let answer = key.authenticate_tampered(&options, &anna.browser.origin(), tampering);
        assert_eq!(anna.sends_authentication(&answer).await.status, 200);
        // Without a name, nobody would have said whose it is.
        let anna = anna.elsewhere(&server.base);
        let options = anna.asks_for_a_passkey(None).await.json();
        let mut options = options;
        let id = &answer["id"];
        options["allowCredentials"] = json!([{ "type": "public-key", "id": id }]);
        let answer = key.authenticate_tampered(&options, &anna.browser.origin(), tampering);
        assert_eq!(anna.sends_authentication(&answer).await.code(), "ceremony.refused");
    }
}
