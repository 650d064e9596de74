//! Clients that ask for a key whose maker vouches for its hardware, and what they are told.

use keyward_test_support::hostile_validation::{HostileServer, Lie};
use keyward_test_support::maker::Maker;
use keyward_test_support::metadata::MetadataService;
use keyward_test_support::on_every_database;
use keyward_test_support::openid::claims;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use keyward_test_support::soft_yubikey::SoftYubikey;
use serde_json::Value;

use super::openid::with_an_app;
use crate::actions::policy::{SOFT_KEY, believing, import, made_by, registers_attested};

/// Demands attested hardware for this one sign-in.
const DEMANDED: (&str, &str) = (
    "claims",
    r#"{"id_token":{"acr":{"essential":true,"value":"phrh"}}}"#,
);

/// A server that knows the make of the tests' keys, and its maker.
async fn knowing_makes(at: At) -> (Server, Maker) {
    let service = MetadataService::generate();
    let maker = Maker::of(SOFT_KEY);
    let server = believing(at, &service).await;
    import(&server, &service, 1, &[made_by(&maker, "Soft Key One")]);
    (server, maker)
}

use keyward_test_support::backends::At;

/// The class and the methods of an ID token.
fn said(tokens: &Value) -> (String, Vec<Value>) {
    let claims = claims(&tokens["id_token"]);
    let class = claims["acr"].as_str().expect("a class").to_owned();
    (class, claims["amr"].as_array().expect("a list").clone())
}

on_every_database! {
    async fn who_has_no_key_adds_one_that_proves_its_make_and_goes_on(at: At) {
        let (server, maker) = knowing_makes(at).await;
        let payroll = server.registers("payroll", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let page = payroll.sends(&anna, &[DEMANDED]).await;
        assert_eq!(page.status, 403);
        let add = page.link("Add a device").expect("a way on");
        assert_eq!(add, "/account/devices/add/security-key");
        let mut key = SoftAuthenticator::security_key();
        let added = registers_attested(&anna, &mut key, &maker).await;
        assert_eq!(added.status, 200, "{}", added.body);
        let on = anna.visits("/account/devices").await.link("Go on to payroll");
        let page = anna.browser.get(&on.expect("a way on")).await;
        let step_up = page.location().expect("a step up").to_owned();
        assert!(step_up.starts_with("/step-up?level=hardware&next="), "{step_up}");
        assert_eq!(anna.visits(&step_up).await.status, 200);
        let next = step_up.split("next=").nth(1).expect("a way on");
        assert_eq!(anna.steps_up_with(&mut key, next).await.status, 200);
        let tokens = payroll.signs_in(&anna, &[DEMANDED]).await;
        let (class, methods) = said(&tokens);
        assert_eq!(class, "phrh");
        for method in ["hwk", "pop"] {
            assert!(methods.contains(&method.into()), "{methods:?}");
        }
        let page = anna.visits("/account/devices").await;
        assert_eq!(page.link("Go on to payroll"), None, "she has gone on");
        // Its refreshed tokens say what was proved, and no more.
        let refresh = tokens["refresh_token"].as_str().expect("one");
        assert_eq!(said(&payroll.refreshes(refresh).await.json()).0, "phrh");
    }

    async fn a_key_is_asked_for_its_make_by_the_rules_of_a_client_alone(at: At) {
        let (server, _) = knowing_makes(at).await;
        let anna = with_an_app(&server, "anna").await;
        let asked = async || anna.asks_to_register("security-key").await.json()["attestation"].clone();
        assert_eq!(asked().await, "none");
        server.registers("payroll", |settings| {
            settings.requires.level = keyward_core::domain::application::Level::Hardware;
        }).await;
        assert_eq!(asked().await, "direct");
        let passkey = anna.asks_to_register("passkey").await.json();
        assert_eq!(passkey["attestation"], "none", "nobody asks that of a passkey");
    }

    async fn the_class_that_is_said_is_that_of_the_device_whatever_is_asked(at: At) {
        let service = MetadataService::generate();
        let (maker, yubico) = (Maker::of(SOFT_KEY), HostileServer::start(Lie::Truth));
        let roots = tempfile::tempdir().expect("a folder").keep().join("roots.pem");
        std::fs::write(&roots, service.root_pem()).expect("a file");
        let roots = format!("\"{}\"", roots.display());
        let services = format!("[{}]", yubico.as_table("truthful", "10s"));
        let server = Server::with(at, &[("metadata.roots", &roots), ("yubikey.services", &services)]).await;
        import(&server, &service, 1, &[made_by(&maker, "Soft Key One")]);
        let payroll = server.registers("payroll", |_| {}).await;
        let asked = [
            "phrh phr aal2 aal1", "aal1 phrh", "phr aal2", "aal2 phr phrh", "gold phrh", "phrh phrh phrh",
            "PHRH", "phrh\taal1",
        ];
        let mut otps = SoftYubikey::numbered(1);
        for (name, expected) in [
            ("password", "aal1"), ("totp", "aal2"), ("yubikey", "aal2"), ("synced", "phr"), ("bare", "phr"),
            ("attested", "phrh"),
        ] {
            let mut user = server.reachable(name, &format!("{name}@example.org")).await;
            user.signs_in().await;
            let mut key = match name {
                "synced" => SoftAuthenticator::synced_passkey(),
                _ => SoftAuthenticator::security_key(),
            };
            match name {
                "password" => {}
                "totp" => drop(user.adds_an_app().await),
                "yubikey" => drop(user.adds_a_yubikey(&otps.touch()).await),
                "attested" => {
                    payroll.sends(&user, &[DEMANDED]).await;
                    assert_eq!(registers_attested(&user, &mut key, &maker).await.status, 200);
                }
                "synced" => assert_eq!(user.registers("passkey", &mut key).await.status, 200),
                _ => assert_eq!(user.registers("security-key", &mut key).await.status, 200),
            }
            server.clock.turn(std::time::Duration::from_secs(60));
            let user = user.elsewhere(&server.base);
            let page = user.types_password().await;
            match name {
                "password" => {}
                "totp" => drop(user.types_code(&page, &user.code()).await),
                "yubikey" => drop(user.touches(&page, &otps.touch()).await),
                _ => assert_eq!(user.confirms_with(&mut key).await.status, 200, "{name}"),
            }
            assert!(user.is_in().await, "{name}");
            for asked in asked {
                let tokens = payroll.signs_in(&user, &[("acr_values", asked)]).await;
                assert_eq!(said(&tokens).0, expected, "{name} {asked:?}");
                let back = payroll.calls_back(&user, &[("acr_values", asked), ("prompt", "none")]).await;
                assert!(!back.code().is_empty(), "what is not demanded is no reason to refuse: {name}");
            }
            // Demanded, it is there or nothing is.
            let back = payroll.calls_back(&user, &[DEMANDED, ("prompt", "none")]).await;
            assert_eq!(back.0.contains_key("code"), expected == "phrh", "{name} {}", back.error());
        }
    }

    async fn attack_a_code_of_an_app_keeps_the_class_of_a_key_of_hardware(at: At) {
        let (server, maker) = knowing_makes(at).await;
        let payroll = server.registers("payroll", |settings| {
            settings.requires.level = keyward_core::domain::application::Level::SecondFactor;
        }).await;
        let anna = with_an_app(&server, "anna").await;
        payroll.sends(&anna, &[DEMANDED]).await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(registers_attested(&anna, &mut key, &maker).await.status, 200);
        let page = payroll.sends(&anna, &[DEMANDED]).await;
        let next = page.path.split("next=").nth(1).expect("a step up").to_owned();
        assert_eq!(anna.steps_up_with(&mut key, &next).await.status, 200);
        let tokens = payroll.signs_in(&anna, &[DEMANDED]).await;
        assert_eq!(said(&tokens).0, "phrh");
        server.clock.turn(std::time::Duration::from_secs(60));
        let page = payroll.sends(&anna, &[("prompt", "login")]).await;
        let form = page.form("Continue").fill("Code", &anna.code());
        let answer = anna.browser.submit(&page, &form).await;
        let page = payroll.follows(&anna, answer).await;
        let later = payroll.redeems(payroll.comes_back(&page).code()).await.json();
        assert_eq!(said(&later).0, "aal2", "what was proved then");
        for silent in [&[("prompt", "none"), DEMANDED][..], &[("prompt", "none"), ("acr_values", "phrh")]] {
            let back = payroll.calls_back(&anna, silent).await;
            assert_eq!(back.error(), "login_required", "{silent:?}");
        }
        // What the key had proved stands for as long as the key does.
        let refresh = |tokens: &Value| tokens["refresh_token"].as_str().expect("one").to_owned();
        let (first, second) = (refresh(&tokens), refresh(&later));
        let renewed = payroll.refreshes(&first).await.json();
        assert_eq!(said(&renewed).0, "phrh");
        let id = server.database.text("SELECT id FROM devices WHERE kind = 'security_key' OR kind = 'security-key'");
        let gone = anna.browser.post(&format!("/account/devices/{id}/remove"), &[]).await;
        assert_eq!(gone.status, 303, "{}", gone.text());
        let refused = payroll.refreshes(&refresh(&renewed)).await;
        assert_eq!(refused.json()["error"], "invalid_grant", "the key is gone");
        assert_eq!(said(&payroll.refreshes(&second).await.json()).0, "aal2", "the app is not");
    }

    async fn attack_a_key_without_a_maker_or_one_that_is_copied_about_claims_hardware(at: At) {
        let (server, _) = knowing_makes(at).await;
        let payroll = server.registers("payroll", |_| {}).await;
        for (name, mut key, kind) in [
            ("anna", SoftAuthenticator::security_key(), "security-key"),
            ("ben", SoftAuthenticator::synced_passkey(), "passkey"),
        ] {
            let user = with_an_app(&server, name).await;
            assert_eq!(user.registers(kind, &mut key).await.status, 200);
            let user = user.elsewhere(&server.base);
            user.types_password().await;
            let page = payroll.sends(&user, &[("acr_values", "phrh")]).await;
            assert!(page.path.starts_with("/sign-in") || page.location().is_some(), "{}", page.path);
            let options = user.asks_to_authenticate().await.json();
            let answer = key.authenticate(&options, &user.browser.origin());
            assert_eq!(user.sends_authentication(&answer).await.status, 200, "{name}");
            let tokens = payroll.signs_in(&user, &[("acr_values", "phrh")]).await;
            assert_eq!(said(&tokens).0, "phr", "{name}");
            let demanded = payroll.sends(&user, &[DEMANDED]).await;
            assert_ne!(demanded.status, 200, "{name}");
            assert!(!demanded.location().is_some_and(|to| to.contains("code=")), "{name}");
        }
    }
}
