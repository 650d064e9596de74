//! Requests of OpenID clients that are unusual, and what they must not gain by them.

use std::time::Duration;

use keyward_actions::{group, openid_client, user};
use keyward_core::clock::{Clock as _, SystemEntropy};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::json_web_key::{JwkSet, SigningAlgorithm};
use keyward_core::domain::openid_client::{
    AccessTokenFormat, ClientAuthentication, ClientKeys, ClientSettings, RedirectUri, Scope,
};
use keyward_core::flows::permit::Administrator;
use keyward_core::protocols::jose::{SigningKey, sign};
use keyward_test_support::client::Client;
use keyward_test_support::on_every_database;
use keyward_test_support::openid::{claims, query};
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use keyward_test_support::webhook_receiver::{Manner, Receiver};
use reqwest::Method;

use super::openid::with_an_app;

fn token(tokens: &serde_json::Value, name: &str) -> String {
    let token = tokens[name].as_str();
    token.unwrap_or_else(|| panic!("no {name}")).to_owned()
}

/// Changes what is known of a client.
async fn changes(server: &Server, name: &str, change: impl FnOnce(&mut ClientSettings)) {
    let administrator = Administrator::at_command_line();
    let found = openid_client::find_by_name(&server.app, &administrator, name).await;
    let client = found.expect("a client");
    let mut settings = client.settings;
    change(&mut settings);
    let changed = openid_client::change(
        &server.app,
        &administrator,
        client.id,
        client.version,
        settings,
    );
    changed.await.expect("it is changed");
}

/// The fields of a request for a code, as they are pushed.
fn fields(path: &str) -> Vec<(String, String)> {
    let request = path.split('?').nth(1).expect("a query");
    url::form_urlencoded::parse(request.as_bytes())
        .into_owned()
        .collect()
}

fn lent(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = fields.iter();
    pairs
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

on_every_database! {
    async fn attack_the_id_of_a_token_is_shown_in_its_place(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |settings| {
            settings.access_token = AccessTokenFormat::Jwt;
        }).await;
        let anna = with_an_app(&server, "anna").await;
        let tokens = wiki.signs_in(&anna, &[]).await;
        // Whoever it is shown to may write the id of a token into a log (RFC 9068 §2.2).
        let id = claims(&tokens["access_token"])["jti"].as_str().expect("one").to_owned();
        assert_eq!(wiki.asks_who(&id).await.status, 401);
        assert!(!wiki.counts(&id).await);
        assert_eq!(wiki.calls("/oauth2/revoke", &[("token", &id)]).await.status, 200);
        assert!(wiki.counts(&token(&tokens, "access_token")).await);
    }

    async fn attack_claims_by_name_that_the_user_was_not_asked_about(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |settings| settings.asks_consent = true).await;
        let anna = with_an_app(&server, "anna").await;
        let named = r#"{"userinfo":{"email":null},"id_token":{"groups":{"essential":true}}}"#;
        let little = [("scope", "openid")];
        let page = wiki.sends(&anna, &little).await;
        assert!(!page.text().contains("your e-mail address"), "{}", page.text());
        let answer = anna.browser.press(&page, "Continue").await;
        wiki.comes_back(&wiki.follows(&anna, answer).await);
        let asked = [little[0], ("claims", named)];
        let back = wiki.calls_back(&anna, &[asked[0], asked[1], ("prompt", "none")]).await;
        assert_eq!(back.error(), "consent_required", "she agreed to less");
        let page = wiki.sends(&anna, &asked).await;
        for told in ["your e-mail address", "your groups"] {
            assert!(page.text().contains(told), "{}", page.text());
        }
        let answer = anna.browser.press(&page, "Continue").await;
        let page = wiki.follows(&anna, answer).await;
        let tokens = wiki.redeems(wiki.comes_back(&page).code()).await.json();
        assert_eq!(tokens["scope"], "openid", "a claim by its name is no scope");
        let who = wiki.asks_who(&token(&tokens, "access_token")).await.json();
        assert_eq!((&who["email"], who.get("name")), (&"anna@example.org".into(), None));
        wiki.calls_back(&anna, &[asked[0], asked[1], ("prompt", "none")]).await.code();
    }

    async fn attack_a_scope_that_was_taken_from_the_client_is_used_on(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |settings| {
            settings.access_token = AccessTokenFormat::Jwt;
        }).await;
        let anna = with_an_app(&server, "anna").await;
        let tokens = wiki.signs_in(&anna, &[]).await;
        let access = token(&tokens, "access_token");
        assert_eq!(wiki.asks_who(&access).await.json()["email"], "anna@example.org");
        changes(&server, "wiki", |settings| {
            settings.scopes = ["openid", "profile"].map(Scope::from_stored).into();
        }).await;
        let who = wiki.asks_who(&access).await.json();
        assert_eq!((&who["preferred_username"], who.get("email")), (&"anna".into(), None));
        let told = wiki.calls("/oauth2/introspect", &[("token", &access)]).await.json();
        assert_eq!(told["scope"], "openid profile");
        let refreshed = wiki.refreshes(&token(&tokens, "refresh_token")).await.json();
        assert_eq!(refreshed["scope"], "openid profile", "{refreshed}");
        assert_eq!(claims(&refreshed["access_token"])["scope"], "openid profile");
        let said = claims(&refreshed["id_token"]);
        assert!(said.get("email").is_none() && said.get("groups").is_none(), "{said}");
        let more = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refreshed["refresh_token"].as_str().expect("one")),
            ("scope", "openid email"),
        ];
        assert_eq!(wiki.calls("/oauth2/token", &more).await.json()["error"], "invalid_scope");
    }

    async fn a_class_that_is_demanded_without_a_value_is_any(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        // §5.5.1: the claim has to be there, and it always is.
        let demanded = r#"{"id_token":{"acr":{"essential":true},"auth_time":{"essential":true}}}"#;
        let tokens = wiki.signs_in(&anna, &[("claims", demanded)]).await;
        assert_eq!(claims(&tokens["id_token"])["acr"], "aal2");
        for unknown in [r#""value":"gold""#, r#""values":["gold"]"#, r#""values":[]"#] {
            let demanded = format!(r#"{{"id_token":{{"acr":{{"essential":true,{unknown}}}}}}}"#);
            let back = wiki.calls_back(&anna, &[("claims", &demanded)]).await;
            assert_eq!(back.error(), "unmet_authentication_requirements", "{unknown}");
        }
    }

    async fn attack_a_fresh_proof_by_an_app_is_said_to_be_one_by_a_key(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let home = with_an_app(&server, "anna").await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(home.registers("security-key", &mut key).await.status, 200);
        server.clock.turn(Duration::from_secs(60));
        let anna = home.elsewhere(&server.base);
        anna.types_password().await;
        let options = anna.asks_to_authenticate().await.json();
        let answer = key.authenticate(&options, &anna.browser.origin());
        assert_eq!(anna.sends_authentication(&answer).await.status, 200);
        let tokens = wiki.signs_in(&anna, &[]).await;
        assert_eq!(claims(&tokens["id_token"])["acr"], "phr");
        server.clock.turn(Duration::from_secs(60));
        // Whoever finds her browser has her phone, and not her key.
        let page = wiki.sends(&anna, &[("prompt", "login")]).await;
        let form = page.form("Continue").fill("Code", &anna.code());
        let answer = anna.browser.submit(&page, &form).await;
        let page = wiki.follows(&anna, answer).await;
        let tokens = wiki.redeems(wiki.comes_back(&page).code()).await.json();
        assert_eq!(claims(&tokens["id_token"])["acr"], "aal2", "what was proved at auth_time");
        let back = wiki.calls_back(&anna, &[("acr_values", "phr"), ("prompt", "none")]).await;
        assert_eq!(back.error(), "login_required");
        // Asked for both, she proves both at once.
        server.clock.turn(Duration::from_secs(60));
        let page = wiki.sends(&anna, &[("acr_values", "phr"), ("prompt", "login")]).await;
        assert!(page.path.starts_with("/step-up?level=phishing-resistant"), "{}", page.path);
        let next = page.path.split("next=").nth(1).expect("a way on").to_owned();
        let on = anna.steps_up_with(&mut key, &next).await;
        assert_eq!(on.status, 200, "{}", on.body);
        let on = anna.browser.get(on.json()["next"].as_str().expect("a way on")).await;
        let tokens = wiki.redeems(wiki.comes_back(&wiki.follows(&anna, on).await).code()).await;
        assert_eq!(claims(&tokens.json()["id_token"])["acr"], "phr");
        server.clock.turn(Duration::from_secs(60));
        let page = wiki.sends(&anna, &[("acr_values", "phr"), ("prompt", "login")]).await;
        assert!(page.path.starts_with("/step-up?level=phishing-resistant"), "once: {}", page.path);
    }

    async fn a_client_pushes_with_an_assertion_for_the_endpoint_that_it_pushes_to(at: At) {
        let server = Server::start(at).await;
        let pkcs8 = SigningKey::generate(SigningAlgorithm::Es256, &SystemEntropy).expect("a key");
        let key = SigningKey::from_pkcs8(SigningAlgorithm::Es256, &pkcs8).expect("a key");
        let keys = JwkSet::new(vec![key.jwk().clone()]);
        let wiki = server.registers("wiki", |settings| {
            settings.authentication = ClientAuthentication::PrivateKeyJwt(ClientKeys::Set(keys));
        }).await;
        let now = server.clock.now().seconds();
        let pushes = async |audience: String, id: &str| {
            let said = serde_json::json!({
                "iss": "wiki", "sub": "wiki", "aud": audience, "jti": id, "iat": now, "exp": now + 60,
            });
            let assertion = sign(&said, "JWT", &key).expect("signed");
            let mut fields = fields(&wiki.path(&[]));
            fields.push(("client_assertion".to_owned(), assertion));
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            fields.push(("client_assertion_type".to_owned(), kind.to_owned()));
            Client::new(&server.base).post("/oauth2/par", &lent(&fields)).await.status
        };
        // RFC 9126 §2: each of the three is to be taken.
        let base = &server.base;
        for (at, audience) in [base.clone(), format!("{base}/oauth2/token"), format!("{base}/oauth2/par")].into_iter().enumerate() {
            assert_eq!(pushes(audience.clone(), &at.to_string()).await, 201, "{audience}");
        }
        assert_eq!(pushes(format!("{base}/oauth2/introspect"), "x").await, 401);
    }

    async fn a_request_that_is_pushed_is_judged_as_one_that_is_brought(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        for (without, expected) in [
            (&[("code_challenge", ""), ("code_challenge_method", "")][..], "invalid_request"),
            (&[("request_uri", "urn:ietf:params:oauth:request_uri:x")], "invalid_request"),
            (&[("redirect_uri", "https://evil.example/")], "invalid_request"),
            (&[("response_type", "")], "invalid_request"),
            (&[("response_type", "token")], "unsupported_response_type"),
            (&[("prompt", "none login")], "invalid_request"),
            (&[("registration", "{}")], "registration_not_supported"),
        ] {
            let fields = fields(&wiki.path(without));
            let refused = wiki.calls("/oauth2/par", &lent(&fields)).await;
            assert_eq!(refused.json()["error"], expected, "{without:?}: {}", refused.body);
        }
        changes(&server, "wiki", |settings| {
            settings.grants = [keyward_core::domain::openid_client::GrantType::ClientCredentials].into();
            settings.redirect_uris.clear();
            settings.scopes = [Scope::from_stored("payroll:read")].into();
        }).await;
        let refused = wiki.calls("/oauth2/par", &lent(&fields(&wiki.path(&[])))).await;
        assert_eq!(refused.json()["error"], "unauthorized_client", "{}", refused.body);
    }

    async fn an_id_token_is_a_hint_however_many_groups_it_names(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |settings| {
            settings.id_token_algorithm = SigningAlgorithm::Rs256;
            settings.post_logout_redirect_uris = vec![RedirectUri::from_stored("https://wiki.example.org/")];
        }).await;
        let anna = with_an_app(&server, "anna").await;
        let administrator = Administrator::at_command_line();
        let found = user::find_by_name(&server.app, &administrator, "anna").await;
        let id = found.expect("the store answers").expect("a user").id;
        let names = (0..30).map(|at| GroupName::from_stored(&format!("department-of-payroll-and-persons-{at}")));
        let names: Vec<GroupName> = names.collect();
        for name in &names {
            group::create(&server.app, &administrator, name.clone()).await.expect("a group");
        }
        user::change_groups(&server.app, &administrator, id, names, Vec::new()).await.expect("she joins");
        let hint = token(&wiki.signs_in(&anna, &[]).await, "id_token");
        assert!(hint.len() > 2048, "{}", hint.len());
        wiki.calls_back(&anna, &[("id_token_hint", &hint), ("prompt", "none")]).await.code();
        let page = anna.browser.get(&format!("/oauth2/end-session?{}", query(&[
            ("id_token_hint", &hint), ("post_logout_redirect_uri", "https://wiki.example.org/"),
        ]))).await;
        assert_eq!((page.status, page.location()), (303, Some("https://wiki.example.org/")));
    }

    async fn a_hint_of_somebody_else_is_no_sign_in(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let chat = server.registers("chat", |_| {}).await;
        let (anna, ben) = (with_an_app(&server, "anna").await, with_an_app(&server, "ben").await);
        let bens = token(&wiki.signs_in(&ben, &[]).await, "id_token");
        let chats = token(&chat.signs_in(&anna, &[]).await, "id_token");
        let annas = token(&wiki.signs_in(&anna, &[]).await, "id_token");
        let access = token(&wiki.signs_in(&anna, &[]).await, "access_token");
        server.clock.turn(Duration::from_secs(600));
        for (hint, expected) in [
            (&annas, ""),
            (&bens, "login_required"),
            (&chats, "invalid_request"),
            (&access, "invalid_request"),
            (&format!("{annas}x"), "invalid_request"),
        ] {
            let back = wiki.calls_back(&anna, &[("id_token_hint", hint), ("prompt", "none")]).await;
            assert_eq!(back.error(), expected, "{hint}");
        }
    }

    async fn who_is_asked_sees_where_the_answer_goes(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |settings| {
            settings.asks_consent = true;
            settings.redirect_uris.push(RedirectUri::parse("https://staging.example.net/cb").expect("one"));
            settings.redirect_uris.push(RedirectUri::parse("http://127.0.0.1/cb").expect("one"));
        }).await;
        let anna = with_an_app(&server, "anna").await;
        let page = wiki.sends(&anna, &[("redirect_uri", "https://staging.example.net/cb")]).await;
        assert!(page.text().contains("wiki, at staging.example.net,"), "{}", page.text());
        let page = wiki.sends(&anna, &[("redirect_uri", "http://127.0.0.1:5000/cb")]).await;
        assert!(page.text().contains("a program on this machine"), "{}", page.text());
    }

    async fn attack_wrong_secrets_lock_others_out_behind_the_same_address(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "6")]).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let app = server.registers_public("app").await;
        let anna = with_an_app(&server, "anna").await;
        let tokens = app.signs_in(&anna, &[]).await;
        let mut guessed = wiki.clone();
        guessed.secret = Some("guessed".to_owned());
        for _ in 0..8 {
            guessed.calls("/oauth2/introspect", &[("token", "x")]).await;
        }
        assert_eq!(guessed.calls("/oauth2/introspect", &[("token", "x")]).await.status, 429);
        // What has no secret guesses none.
        let refreshed = app.refreshes(&token(&tokens, "refresh_token")).await;
        assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    }

    async fn who_takes_another_account_is_asked_as_the_client_wished(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        for (asked, is_asked) in [("consent", true), ("select_account", false), ("login consent", true)] {
            server.clock.turn(Duration::from_secs(60));
            let there = anna.elsewhere(&server.base);
            there.signs_in().await;
            server.clock.turn(Duration::from_secs(60));
            let mut page = wiki.sends(&there, &[("prompt", asked)]).await;
            if page.path.starts_with("/step-up") {
                let form = page.form("Continue").fill("Code", &there.code());
                let answer = there.browser.submit(&page, &form).await;
                page = wiki.follows(&there, answer).await;
                server.clock.turn(Duration::from_secs(60));
            }
            assert_eq!(page.heading(), "Go on to wiki?", "{asked}");
            let answer = there.browser.press(&page, "Use another account").await;
            let page = wiki.follows(&there, answer).await;
            let form = page.form("Continue").fill("Username", "anna").fill("Password", &there.password);
            let answer = there.browser.submit(&page, &form).await;
            let page = wiki.follows(&there, answer).await;
            let form = page.form("Continue").fill("Code", &there.code());
            let answer = there.browser.submit(&page, &form).await;
            let page = wiki.follows(&there, answer).await;
            match is_asked {
                true => assert_eq!(page.heading(), "Go on to wiki?", "{asked}"),
                false => assert!(!wiki.comes_back(&page).code().is_empty(), "{asked}"),
            }
        }
    }

    async fn a_refresh_that_narrows_to_nothing_or_widens_costs_no_token(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let tokens = wiki.signs_in(&anna, &[("scope", "openid profile email")]).await;
        let refresh = token(&tokens, "refresh_token");
        for scope in [" ", "openid groups", "openid admin", "OPENID", "openid\topenid"] {
            let fields = [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("scope", scope)];
            let refused = wiki.calls("/oauth2/token", &fields).await;
            assert_eq!(refused.json()["error"], "invalid_scope", "{scope:?}: {}", refused.body);
        }
        let fields = [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("scope", "email openid openid")];
        let narrowed = wiki.calls("/oauth2/token", &fields).await.json();
        assert_eq!(narrowed["scope"], "openid email");
        let who = wiki.asks_who(&token(&narrowed, "access_token")).await.json();
        assert_eq!((who.get("name"), &who["email"]), (None, &"anna@example.org".into()));
        let wide = wiki.refreshes(&token(&narrowed, "refresh_token")).await.json();
        assert_eq!(wide["scope"], "openid profile email", "the grant is as wide as it was");
    }

    async fn a_head_request_gives_nothing_and_ends_nothing(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let hint = token(&wiki.signs_in(&anna, &[]).await, "id_token");
        let head = async |path: &str| {
            anna.browser.send(anna.browser.request(Method::HEAD, path)).await
        };
        let page = head(&wiki.path(&[])).await;
        assert!(page.status < 500 && !page.location().is_some_and(|to| to.contains("code=")), "{}", page.status);
        let ended = head(&format!("/oauth2/end-session?{}", query(&[("id_token_hint", &hint)]))).await;
        assert!(ended.status < 500, "{}", ended.status);
        assert!(anna.is_in().await, "whoever looks ahead has not left");
    }

    async fn what_asks_for_no_openid_gets_no_id_token(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let tokens = wiki.signs_in(&anna, &[("scope", "profile")]).await;
        assert_eq!((tokens.get("id_token"), &tokens["scope"]), (None, &"profile".into()));
        assert_eq!(wiki.asks_who(&token(&tokens, "access_token")).await.status, 403);
        for scope in ["", " ", "admin", "admin OPENID"] {
            let back = wiki.calls_back(&anna, &[("scope", scope)]).await;
            assert_eq!(back.error(), "invalid_scope", "{scope:?}");
        }
        let back = wiki.calls_back(&anna, &[("registration", r#"{"client_name":"Payroll"}"#)]).await;
        assert_eq!(back.error(), "registration_not_supported");
        let locales = [("ui_locales", "fr-CA fr en"), ("claims_locales", "fr"), ("display", "touch")];
        assert!(!wiki.calls_back(&anna, &locales).await.code().is_empty());
    }

    async fn a_client_is_told_when_its_user_takes_back_what_they_agreed_to(at: At) {
        let server = Server::start(at).await;
        let receiver = Receiver::start(Manner::Status(200));
        let address = receiver.url();
        let wiki = server.registers("wiki", |settings| {
            settings.asks_consent = true;
            settings.backchannel_logout_uri = Some(address.parse().expect("an address"));
        }).await;
        let anna = with_an_app(&server, "anna").await;
        let page = wiki.sends(&anna, &[]).await;
        let answer = anna.browser.press(&page, "Continue").await;
        let page = wiki.follows(&anna, answer).await;
        let tokens = wiki.redeems(wiki.comes_back(&page).code()).await.json();
        let said = claims(&tokens["id_token"]);
        // A second sign-in in the same session is told of with it.
        wiki.signs_in(&anna, &[]).await;
        let ended = anna.browser.post("/account/applications/end", &[("client_id", "wiki")]).await;
        assert_eq!(ended.status, 303);
        let messages = receiver.until(|messages| !messages.is_empty()).await;
        let told = messages[0].body.strip_prefix("logout_token=").expect("a token");
        let told = claims(&told.into());
        assert_eq!((&told["sid"], &told["sub"]), (&said["sid"], &said["sub"]));
        server.until("SELECT COUNT(*) FROM openid_session_ends", 0).await;
        assert_eq!(receiver.until(|_| true).await.len(), 1);
        assert!(anna.is_in().await);
    }

    async fn attack_strange_requests_are_answered_and_are_no_fault_of_ours(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "100000")]).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let huge = "x".repeat(6000);
        let odd = [
            "", "%00", "%ff%fe", "%0d%0aSet-Cookie:%20a=b", "%F0%9F%94%91", "%", "null", "-1", "[]", "{}",
            "..%2f..%2f", "%2b", "a=b%26c=d", "18446744073709551616", "%e2%80%ae", huge.as_str(),
        ];
        let names = [
            "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "prompt", "max_age",
            "acr_values", "claims", "id_token_hint", "login_hint", "ui_locales", "response_mode", "request",
            "request_uri", "registration", "code_challenge", "code_challenge_method", "keyward", "display",
        ];
        let usual = wiki.path(&[]);
        for name in names {
            let rest: Vec<&str> = usual.split(['?', '&']).skip(1)
                .filter(|pair| !pair.starts_with(&format!("{name}="))).collect();
            for value in odd {
                let page = anna.browser.get(&format!("/oauth2/authorize?{}&{name}={value}", rest.join("&"))).await;
                assert!(page.status < 500, "{name}={value:.40}: {} {}", page.status, page.text());
                let to = page.location().unwrap_or_default();
                assert!(
                    to.is_empty() || to.starts_with(&wiki.redirect_uri) || to.starts_with("/step-up?"),
                    "{name}={value:.40}: {to}"
                );
                assert!(page.headers.get("set-cookie").is_none_or(|one| one != "a=b"));
            }
        }
        let machine = Client::new(&server.base);
        let form = "application/x-www-form-urlencoded";
        for path in ["token", "introspect", "revoke", "device", "par", "userinfo"] {
            for name in [
                "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "token",
                "token_type_hint", "device_code", "client_id", "client_secret", "client_assertion",
                "client_assertion_type", "access_token", "request",
            ] {
                for value in odd {
                    let body = format!("{name}={value}&grant_type=authorization_code");
                    let request = machine.request(Method::POST, &format!("/oauth2/{path}")).header("content-type", form);
                    let answer = machine.send(request.body(body)).await;
                    assert!((400..500).contains(&answer.status), "{path} {name}={value:.40}: {}", answer.status);
                }
            }
            for (kind, body) in [
                ("application/json", r#"{"grant_type":"client_credentials"}"#),
                ("multipart/form-data; boundary=x", "--x--"),
                ("text/plain", "grant_type=client_credentials"),
                ("", "grant_type=client_credentials"),
                (form, "&&&=&=&"),
            ] {
                for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE, Method::HEAD] {
                    let request = machine.request(method.clone(), &format!("/oauth2/{path}"));
                    let answer = machine.send(request.header("content-type", kind).body(body)).await;
                    assert!((400..500).contains(&answer.status), "{method} {path} {kind}: {}", answer.status);
                }
            }
        }
        // A secret in the address, where logs have it, proves nothing.
        let secret = wiki.secret.clone().expect("one");
        let pairs = [("client_id", "wiki"), ("client_secret", secret.as_str()), ("token", "x")];
        let request = machine.request(Method::POST, &format!("/oauth2/introspect?{}", query(&pairs)));
        let refused = machine.send(request.header("content-type", form).body("token=x")).await;
        assert_eq!(refused.status, 401, "{}", refused.body);
    }
}
