//! Whose key is this? A touch at the console names it, and opens nothing.

use serde_json::{Value, json};

use super::{at_console, user};
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::{SoftAuthenticator, Tampering};

const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";

async fn asks(person: &Person, query: &str) -> Page {
    let address = format!("/webauthn/touch/options{query}");
    person.browser.post_json(&address, &json!({})).await
}

async fn sends(person: &Person, answer: &Value) -> Page {
    person
        .browser
        .post_json("/webauthn/touch/verify", answer)
        .await
}

async fn touches(person: &Person, key: &mut SoftAuthenticator, query: &str) -> Page {
    let options = asks(person, query).await;
    assert_eq!(options.status, 200, "{}", options.body);
    let answer = key.authenticate(&options.json(), &person.browser.origin());
    sends(person, &answer).await
}

/// Somebody with an authenticator, signed in.
async fn with(server: &Server, name: &str, kind: &str, key: &mut SoftAuthenticator) -> Person {
    let person = server.user(name).await;
    person.signs_in().await;
    assert_eq!(person.registers(kind, key).await.status, 200);
    person
}

on_every_database! {
    async fn a_touch_names_the_key_and_its_owner_to_an_administrator(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let (mut passkey, mut plain) = (SoftAuthenticator::passkey(), SoftAuthenticator::security_key());
        let ben = with(&server, "ben", "passkey", &mut passkey).await;
        let clara = with(&server, "clara", "security-key", &mut plain).await;
        let device = ben.devices().await[0].id.clone();
        for arguments in [
            &["key", "add", "10000017"][..],
            &["key", "hand-over", "10000017", "ben"],
            &["key", "link", "10000017", &device],
        ] {
            keyward(server.folder(), arguments).done();
        }
        let before = server.database.number(SESSIONS);
        let key = server.database.text("SELECT id FROM keys");
        let told = touches(&anna, &mut passkey, "").await;
        assert_eq!(told.json()["next"], json!(format!("/console/keys/{key}")), "{}", told.body);
        let page = anna.visits(&format!("/console/keys/{key}")).await;
        assert!(page.text().contains("Handed over") && page.text().contains("ben"), "{}", page.text());
        // Lost, it is named as well: that is when it is asked.
        keyward(server.folder(), &["key", "lost", "10000017", "--yes"]).done();
        let told = touches(&anna, &mut passkey, "").await;
        assert_eq!(told.json()["next"], json!(format!("/console/keys/{key}")), "{}", told.body);
        // A key that keeps no passkey answers where its owner is named, and is nobody's key of the inventory.
        let id = user(&server, "clara").await.id;
        let told = touches(&anna, &mut plain, &format!("?user={id}")).await;
        assert_eq!(told.json()["next"], json!(format!("/console/users/{id}")), "{}", told.body);
        let page = anna.visits(&format!("/console/users/{id}")).await;
        assert!(page.notice().contains("The key that was touched is"), "{}", page.text());
        // Nobody came in by it, and nobody who is in is anybody else.
        assert_eq!(server.database.number(SESSIONS), before - 1, "that of the lost key ended");
        assert!(clara.is_in().await && anna.is_in().await);
        // What nobody has added is nobody's.
        let options = asks(&anna, "").await.json();
        let mut answer = passkey.authenticate(&options, &anna.browser.origin());
        (answer["id"], answer["rawId"]) = (json!("bm9ib2R5cyBrZXk"), json!("bm9ib2R5cyBrZXk"));
        assert_eq!(sends(&anna, &answer).await.code(), "ceremony.unknown_credential");
    }

    async fn attack_a_touch_opens_a_session_or_names_a_key_to_somebody_else(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let mut passkey = SoftAuthenticator::passkey();
        let ben = with(&server, "ben", "passkey", &mut passkey).await;
        let origin = anna.browser.origin();
        for (who, wanted) in [(&ben, "console.superuser"), (&server.stranger("ben"), "session.required")] {
            let refused = asks(who, "").await;
            assert!(refused.status >= 400, "{}", refused.body);
            assert_eq!(refused.code(), wanted, "{}", refused.body);
        }
        // An answer to a touch signs nobody in.
        let options = asks(&anna, "").await.json();
        assert_eq!(options["userVerification"], "discouraged");
        let answer = passkey.authenticate(&options, &origin);
        let thief = server.stranger("ben");
        assert_eq!(thief.sends_authentication(&answer).await.code(), "ceremony.not_started");
        assert_eq!(anna.sends_authentication(&answer).await.code(), "ceremony.not_started");
        assert!(!thief.is_in().await);
        // An answer to a sign-in names nobody.
        let asked = anna.asks_for_a_passkey(None).await.json();
        let signing_in = passkey.authenticate(&asked, &origin);
        assert_eq!(sends(&anna, &signing_in).await.code(), "ceremony.not_started");
        // The right one does so once, and for the session that asked.
        let mut other = server.superuser("otto").await;
        other.signs_in().await;
        other.adds_an_app().await;
        assert_eq!(sends(&other, &answer).await.code(), "ceremony.not_started");
        let told = sends(&anna, &answer).await;
        assert_eq!(told.status, 200, "{}", told.body);
        assert_eq!(sends(&anna, &answer).await.code(), "ceremony.not_started");
        // A forged one names nobody, and spends its challenge too.
        let options = asks(&anna, "").await.json();
        let forge = |answer: &mut Value| answer["response"]["signature"] = json!("MAYCAQECAQE");
        let tampering = Tampering { answer: Some(&forge), ..Tampering::default() };
        let forged = passkey.authenticate_tampered(&options, &origin, tampering);
        assert!(sends(&anna, &forged).await.status >= 400);
        let right = passkey.authenticate(&options, &origin);
        assert_eq!(sends(&anna, &right).await.code(), "ceremony.not_started");
        // Too late is too late.
        let options = asks(&anna, "").await.json();
        let late = passkey.authenticate(&options, &origin);
        server.clock.turn(std::time::Duration::from_secs(400));
        assert_eq!(sends(&anna, &late).await.code(), "ceremony.not_started");
    }
}
