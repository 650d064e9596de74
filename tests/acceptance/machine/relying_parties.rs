//! Libraries that others wrote sign people in, and judge what they are told.

use std::time::Duration;

use keyward_core::domain::json_web_key::SigningAlgorithm;
use keyward_core::domain::openid_client::{
    AccessTokenFormat, ClientAuthentication, ClientKeys, GrantType, RedirectUri, Scope,
};
use keyward_test_support::on_every_database;
use keyward_test_support::openid::RelyingParty;
use keyward_test_support::person::Person;
use keyward_test_support::relying_parties::{LIBRARIES, Library};
use keyward_test_support::server::Server;
use serde_json::{Value, json};

use super::openid::with_an_app;

const SCOPE: &str = "openid profile email groups";

/// Where a library sends somebody.
fn begins(library: &Library, parameters: &Value, pushed: bool) -> String {
    let mut parameters = parameters.clone();
    parameters["scope"] = SCOPE.into();
    let question = json!({ "parameters": parameters, "pushed": pushed });
    let url = library.says("begin", question);
    url.as_str().expect("an address").to_owned()
}

/// Sends somebody who has a session there and back: the address that they come back to.
async fn comes_back(party: &RelyingParty, person: &Person, url: &str) -> String {
    let page = party.follows(person, person.browser.get(url).await).await;
    party.comes_back(&page);
    page.location().expect("a way back").to_owned()
}

/// Signs somebody in who has a session: the tokens, with the claims that the library took.
async fn signs_in(library: &Library, party: &RelyingParty, person: &Person, asked: Value) -> Value {
    let url = comes_back(party, person, &begins(library, &asked, false)).await;
    library.says("finish", json!({ "url": url }))
}

fn token<'a>(tokens: &'a Value, name: &str) -> &'a str {
    let token = tokens[name].as_str();
    token.unwrap_or_else(|| panic!("no {name} in {tokens}"))
}

on_every_database! {
    async fn each_library_signs_somebody_in_from_the_first_page_to_the_last(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        for name in LIBRARIES {
            let library = Library::start(name);
            let after = "https://wiki.example.org/bye";
            let id = name.to_lowercase();
            let party = server.registers(&id, |settings| {
                settings.post_logout_redirect_uris = vec![RedirectUri::from_stored(after)];
            }).await;
            let found = library.is(&party, "client_secret_basic", "RS256");
            assert_eq!(found["issuer"], server.base, "{name}");
            // Codes count once, and Authlib takes no token from further ahead than two minutes.
            server.clock.turn(Duration::from_secs(30));
            let anna = anna.elsewhere(&server.base);
            let page = anna.browser.get(&begins(&library, &json!({}), false)).await;
            let page = party.follows(&anna, page).await;
            let form = page.form("Continue").fill("Username", "anna").fill("Password", &anna.password);
            let page = party.follows(&anna, anna.browser.submit(&page, &form).await).await;
            let form = page.form("Continue").fill("Code", &anna.code());
            let page = party.follows(&anna, anna.browser.submit(&page, &form).await).await;
            let tokens = library.says("finish", json!({ "url": page.location() }));
            let claims = &tokens["claims"];
            assert_eq!(claims["preferred_username"], "anna", "{name}");
            assert_eq!(claims["acr"], "aal2", "{name}");
            let asked = json!({ "token": token(&tokens, "access_token"), "subject": claims["sub"] });
            let told = library.says("who", asked);
            assert_eq!(told["email"], "anna@example.org", "{name}");

            let first = token(&tokens, "refresh_token").to_owned();
            let renewed = library.says("refresh", json!({ "token": first }));
            assert_eq!(renewed["claims"]["sub"], claims["sub"], "{name}");
            assert_ne!(token(&renewed, "refresh_token"), first, "{name}");
            let access = json!({ "token": token(&renewed, "access_token") });
            let told = library.says("introspect", access.clone());
            assert_eq!((&told["active"], &told["sub"]), (&json!(true), &claims["sub"]), "{name}");
            library.says("revoke", access.clone());
            assert_eq!(library.says("introspect", access)["active"], false, "{name}");

            let asked = json!({ "hint": token(&renewed, "id_token"), "after": after });
            let url = library.says("end", asked);
            let page = anna.browser.get(url.as_str().expect("an address")).await;
            assert_eq!(page.location(), Some(format!("{after}?state=bye").as_str()), "{name}");
            assert!(!anna.is_in().await, "{name}");
            let renewed = json!({ "token": token(&renewed, "refresh_token") });
            assert_eq!(library.fails("refresh", renewed), "invalid_grant", "{name}");
        }
    }

    async fn each_library_proves_itself_in_each_way_and_reads_each_answer(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server, "anna").await;
        for name in LIBRARIES {
            let library = Library::start(name);
            let kind = name.to_lowercase();
            let posts = server.registers(&format!("{kind}-post"), |settings| {
                settings.authentication = ClientAuthentication::SecretPost;
                settings.id_token_algorithm = SigningAlgorithm::Es256;
                settings.access_token = AccessTokenFormat::Jwt;
            }).await;
            library.is(&posts, "client_secret_post", "ES256");
            let tokens = signs_in(&library, &posts, &anna, json!({ "max_age": "3600" })).await;
            assert!(tokens["claims"]["auth_time"].is_i64(), "{name}: {tokens}");
            if name == "oauth4webapi" {
                // RFC 9068 §4.
                let access = token(&tokens, "access_token");
                let asked = json!({ "token": access, "audience": server.base });
                let claims = library.says("resource", asked);
                assert_eq!(claims["client_id"], posts.client_id);
            }

            let public = server.registers_public(&format!("{kind}-public")).await;
            library.is(&public, "none", "RS256");
            let url = begins(&library, &json!({ "response_mode": "form_post" }), false);
            let page = public.follows(&anna, anna.browser.get(&url).await).await;
            let form = page.form("Continue");
            let posted: serde_json::Map<String, Value> =
                form.fields.into_iter().map(|(field, value)| (field, value.into())).collect();
            let tokens = library.says("finish", json!({ "url": form.action, "posted": posted }));
            assert_eq!(tokens["claims"]["preferred_username"], "anna", "{name}");
            let renewed = library.says("refresh", json!({ "token": token(&tokens, "refresh_token") }));
            assert_eq!(renewed["claims"]["sub"], tokens["claims"]["sub"], "{name}");

            for algorithm in ["ES256", "RS256"] {
                let key = library.says("key", json!({ "algorithm": algorithm }));
                let keys = ClientKeys::parse(&json!({ "keys": [key] }).to_string()).expect("a key");
                let id = format!("{kind}-{}", algorithm.to_lowercase());
                let proves = server.registers(&id, |settings| {
                    settings.authentication = ClientAuthentication::PrivateKeyJwt(keys);
                }).await;
                library.is(&proves, "private_key_jwt", "RS256");
                let pushed = name != "Authlib";
                let url = comes_back(&proves, &anna, &begins(&library, &json!({}), pushed)).await;
                let tokens = library.says("finish", json!({ "url": url }));
                assert_eq!(tokens["claims"]["preferred_username"], "anna", "{name} {algorithm}");
                let access = json!({ "token": token(&tokens, "access_token") });
                assert_eq!(library.says("introspect", access)["active"], true, "{name} {algorithm}");
            }
        }
    }

    async fn each_library_gets_tokens_for_devices_and_programs(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server, "anna").await;
        for name in LIBRARIES {
            let library = Library::start(name);
            let kind = name.to_lowercase();
            let device = server.registers(&format!("{kind}-tv"), |settings| {
                settings.redirect_uris.clear();
                settings.authentication = ClientAuthentication::None;
                settings.grants = [GrantType::DeviceCode, GrantType::RefreshToken].into();
            }).await;
            library.is(&device, "none", "RS256");
            let begun = library.says("device", json!({ "scope": "openid profile" }));
            let complete = begun["verification_uri_complete"].as_str().expect("an address");
            let page = anna.browser.get(complete).await;
            anna.browser.press(&page, "Continue").await;
            let tokens = library.says("poll", json!({ "device": begun }));
            assert_eq!(tokens["claims"]["preferred_username"], "anna", "{name}");
            let begun = library.says("device", json!({ "scope": "openid" }));
            let page = anna.browser.get(begun["verification_uri_complete"].as_str().expect("one")).await;
            anna.browser.press(&page, "This is not my device").await;
            assert_eq!(library.fails("poll", json!({ "device": begun })), "access_denied", "{name}");

            let program = server.registers(&format!("{kind}-robot"), |settings| {
                settings.redirect_uris.clear();
                settings.grants = [GrantType::ClientCredentials].into();
                settings.scopes = ["payroll:read"].map(Scope::from_stored).into();
            }).await;
            library.is(&program, "client_secret_basic", "RS256");
            let tokens = library.says("program", json!({ "scope": "payroll:read" }));
            let access = json!({ "token": token(&tokens, "access_token") });
            let told = library.says("introspect", access);
            assert_eq!((&told["active"], &told["scope"]), (&json!(true), &json!("payroll:read")), "{name}");
            assert_eq!(library.fails("program", json!({ "scope": "openid" })), "invalid_scope", "{name}");
        }
    }

    async fn each_library_is_told_why_it_gets_nothing(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server, "anna").await;
        let stranger = server.stranger("ben");
        for name in LIBRARIES {
            let library = Library::start(name);
            let party = server.registers(&name.to_lowercase(), |_| {}).await;
            library.is(&party, "client_secret_basic", "RS256");
            let demanded = r#"{"id_token":{"acr":{"essential":true,"value":"phrh"}}}"#;
            for (who, asked, error) in [
                (&stranger, json!({ "prompt": "none" }), "login_required"),
                (&anna, json!({ "prompt": "none", "claims": demanded }), "unmet_authentication_requirements"),
                (&anna, json!({ "request": "eyJhbGciOiJub25lIn0.e30." }), "request_not_supported"),
                (&anna, json!({ "response_type": "token" }), "unsupported_response_type"),
            ] {
                let url = comes_back(&party, who, &begins(&library, &asked, false)).await;
                assert_eq!(library.fails("finish", json!({ "url": url })), error, "{name} {asked}");
            }
            let mut wrong = party.clone();
            wrong.secret = Some("another".to_owned());
            let url = begins(&library, &json!({}), false);
            let url = comes_back(&party, &anna, &url).await;
            let code = json!({ "url": url });
            library.says("finish", code.clone());
            library.is(&wrong, "client_secret_basic", "RS256");
            let refresh = json!({ "token": "kwr_none" });
            assert_eq!(library.fails("refresh", refresh), "invalid_client", "{name}");
        }
    }
}
