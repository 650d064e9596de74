//! People sign in to applications by way of the OpenID provider.

use std::time::Duration;

use keyward_actions::{group, user};
use keyward_core::clock::Clock as _;
use keyward_core::domain::application::Who;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::openid_client::{
    AccessTokenFormat, ClientAuthentication, GrantType, RedirectUri, Scope, SubjectType,
};
use keyward_core::flows::permit::Administrator;
use keyward_test_support::client::Client;
use keyward_test_support::on_every_database;
use keyward_test_support::openid::claims;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use keyward_test_support::webhook_receiver::{Manner, Receiver};

pub(super) async fn with_an_app(server: &Server, name: &str) -> Person {
    let mut person = server.reachable(name, &format!("{name}@example.org")).await;
    person.signs_in().await;
    person.adds_an_app().await;
    person
}

on_every_database! {
    async fn who_is_signed_in_goes_on_and_the_client_learns_who_that_is(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let back = wiki.calls_back(&anna, &[]).await;
        assert_eq!(back.0["state"], "af0ifjsldkj");
        assert_eq!(back.0["iss"], server.base, "RFC 9207");
        let page = wiki.redeems(back.code()).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert_eq!(page.header("cache-control"), "no-store");
        let tokens = page.json();
        assert_eq!(tokens["token_type"], "Bearer");
        assert_eq!(tokens["expires_in"], 600);
        let said = claims(&tokens["id_token"]);
        assert_eq!(said["iss"], server.base);
        assert_eq!(said["aud"], "wiki");
        assert_eq!(said["nonce"], "n-0S6_WzA2Mj");
        assert_eq!(said["acr"], "aal2");
        assert_eq!(said["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
        assert_eq!(said["preferred_username"], "anna");
        assert_eq!(said["email"], "anna@example.org");
        assert!(said["sid"].is_string() && said["at_hash"].is_string() && said["auth_time"].is_i64());
        let token = tokens["access_token"].as_str().expect("one");
        let who = wiki.asks_who(token).await;
        assert_eq!((who.status, &who.json()["sub"]), (200, &said["sub"]), "{}", who.body);
        assert_eq!(who.json()["email"], "anna@example.org");
        assert_eq!(who.json()["email_verified"], true);
        // Who goes by the address must not take one of two users for the other.
        server.reachable("ben", "Anna@Example.org").await;
        assert_eq!(wiki.asks_who(token).await.json()["email_verified"], false);
        assert!(wiki.counts(token).await);
        assert_eq!(server.events("openid.signed_in"), 1);
    }

    async fn who_is_not_signed_in_signs_in_first_and_goes_on(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        server.clock.turn(Duration::from_secs(60));
        let anna = anna.elsewhere(&server.base);
        let page = wiki.sends(&anna, &[("login_hint", "anna")]).await;
        let form = page.form("Continue");
        assert_eq!(form.value("Username"), "anna");
        let form = form.fill("Password", &anna.password);
        let answer = anna.browser.submit(&page, &form).await;
        let page = wiki.follows(&anna, answer).await;
        let form = page.form("Continue").fill("Code", &anna.code());
        let answer = anna.browser.submit(&page, &form).await;
        let page = wiki.follows(&anna, answer).await;
        let tokens = wiki.redeems(wiki.comes_back(&page).code()).await.json();
        assert_eq!(claims(&tokens["id_token"])["preferred_username"], "anna");
    }

    async fn a_client_that_must_not_disturb_learns_why_it_gets_nothing(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let stranger = server.stranger("anna");
        let back = wiki.calls_back(&stranger, &[("prompt", "none")]).await;
        assert_eq!(back.error(), "login_required");
        let anna = with_an_app(&server, "anna").await;
        assert!(!wiki.calls_back(&anna, &[("prompt", "none")]).await.code().is_empty());
        server.clock.turn(Duration::from_secs(120));
        let back = wiki.calls_back(&anna, &[("prompt", "none"), ("max_age", "60")]).await;
        assert_eq!(back.error(), "login_required");
        let demanded = r#"{"id_token":{"acr":{"essential":true,"value":"phrh"}}}"#;
        let back = wiki.calls_back(&anna, &[("prompt", "none"), ("claims", demanded)]).await;
        assert_eq!(back.error(), "unmet_authentication_requirements");
    }

    async fn a_fresh_proof_is_asked_for_once(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        for asked in [&[("prompt", "login")][..], &[("max_age", "0")], &[("max_age", "30")]] {
            server.clock.turn(Duration::from_secs(60));
            let before = server.clock.now().seconds();
            let page = wiki.sends(&anna, asked).await;
            let form = page.form("Continue").fill("Code", &anna.code());
            let answer = anna.browser.submit(&page, &form).await;
            let page = wiki.follows(&anna, answer).await;
            let tokens = wiki.redeems(wiki.comes_back(&page).code()).await.json();
            let auth_time = claims(&tokens["id_token"])["auth_time"].as_i64().expect("a time");
            assert!(auth_time >= before, "{asked:?}");
        }
    }

    async fn a_class_that_is_asked_for_leads_to_the_device_that_proves_it(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let said = |tokens: &serde_json::Value| claims(&tokens["id_token"])["acr"].clone();
        let tokens = wiki.signs_in(&anna, &[("acr_values", "phr")]).await;
        assert_eq!(said(&tokens), "aal2", "she has nothing better, and it was not demanded");
        let demanded = r#"{"id_token":{"acr":{"essential":true,"values":["phr"]}}}"#;
        let page = wiki.sends(&anna, &[("claims", demanded)]).await;
        assert_eq!(page.status, 403);
        assert_eq!(page.heading(), "wiki asks for a device that you do not have yet");
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(anna.registers("security-key", &mut key).await.status, 200);
        let page = wiki.sends(&anna, &[("acr_values", "phrh phr")]).await;
        assert!(page.path.starts_with("/step-up"), "{}", page.path);
        let next = page.path.split("next=").nth(1).expect("a way on").to_owned();
        assert_eq!(anna.steps_up_with(&mut key, &next).await.status, 200);
        let tokens = wiki.signs_in(&anna, &[("claims", demanded)]).await;
        assert_eq!(said(&tokens), "phr", "nothing attested that key");
        let amr = claims(&tokens["id_token"])["amr"].clone();
        let amr = amr.as_array().expect("a list");
        assert!(amr.contains(&"pop".into()) && amr.contains(&"hwk".into()), "{amr:?}");
        let hardware = r#"{"id_token":{"acr":{"essential":true,"value":"phrh"}}}"#;
        let back = wiki.calls_back(&anna, &[("claims", hardware)]).await;
        assert_eq!(back.error(), "unmet_authentication_requirements");
    }

    async fn the_rules_of_a_client_are_asked_at_each_use(at: At) {
        let server = Server::start(at).await;
        let administrator = Administrator::at_command_line();
        let staff = GroupName::from_stored("staff");
        group::create(&server.app, &administrator, staff.clone()).await.expect("a group");
        let wiki = server.registers("wiki", |settings| {
            settings.who = Who::Members { groups: vec![staff.clone()], users: Vec::new() };
        }).await;
        let anna = with_an_app(&server, "anna").await;
        let back = wiki.calls_back(&anna, &[]).await;
        assert_eq!((back.error(), back.0.contains_key("code")), ("access_denied", false));
        assert_eq!(back.0["state"], "af0ifjsldkj");
        let found = user::find_by_name(&server.app, &administrator, "anna").await;
        let id = found.expect("the store answers").expect("a user").id;
        let changes = |join: Vec<GroupName>, leave: Vec<GroupName>| {
            user::change_groups(&server.app, &administrator, id, join, leave)
        };
        changes(vec![staff.clone()], Vec::new()).await.expect("she joins");
        let tokens = wiki.signs_in(&anna, &[]).await;
        assert_eq!(claims(&tokens["id_token"])["groups"], serde_json::json!(["staff"]));
        let access = tokens["access_token"].as_str().expect("one");
        assert!(wiki.counts(access).await);
        changes(Vec::new(), vec![staff.clone()]).await.expect("she leaves");
        assert!(!wiki.counts(access).await);
    }

    async fn clients_that_know_people_by_other_names_cannot_compare_them(at: At) {
        let server = Server::start(at).await;
        let pairwise = |settings: &mut keyward_core::domain::openid_client::ClientSettings| {
            settings.subject = SubjectType::Pairwise;
        };
        let wiki = server.registers("wiki", pairwise).await;
        let chat = server.registers("chat", pairwise).await;
        let anna = with_an_app(&server, "anna").await;
        let subject = |tokens: serde_json::Value| claims(&tokens["id_token"])["sub"].clone();
        let first = subject(wiki.signs_in(&anna, &[]).await);
        assert_eq!(subject(wiki.signs_in(&anna, &[]).await), first);
        let other = wiki.signs_in(&anna, &[]).await;
        let session = |tokens: &serde_json::Value| claims(&tokens["id_token"])["sid"].clone();
        let chats = chat.signs_in(&anna, &[]).await;
        assert_ne!(session(&chats), session(&other));
        assert_ne!(subject(chats), first);
    }

    async fn tokens_end_with_the_session_in_whatever_way_it_ends(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let administrator = Administrator::at_command_line();
        for way in ["sign-out", "disable", "device", "idle"] {
            let anna = with_an_app(&server, &format!("anna-{way}")).await;
            let tokens = wiki.signs_in(&anna, &[]).await;
            let [access, refresh] = ["access_token", "refresh_token"]
                .map(|name| tokens[name].as_str().expect(name).to_owned());
            assert!(wiki.counts(&access).await && wiki.counts(&refresh).await);
            let found = user::find_by_name(&server.app, &administrator, &anna.name).await;
            let id = found.expect("the store answers").expect("a user").id;
            match way {
                "sign-out" => anna.signs_out().await,
                "disable" => {
                    user::disable(&server.app, &administrator, id).await.expect("disabled");
                }
                "device" => {
                    keyward_actions::two_factor::disable(&server.app, &administrator, id)
                        .await
                        .expect("no devices");
                }
                _ => server.clock.turn(Duration::from_secs(13 * 3600)),
            }
            assert!(!wiki.counts(&access).await && !wiki.counts(&refresh).await, "{way}");
            assert_eq!(wiki.asks_who(&access).await.status, 401, "{way}");
            let refused = wiki.refreshes(&refresh).await;
            assert_eq!(refused.json()["error"], "invalid_grant", "{way}");
        }
    }

    async fn a_refresh_token_changes_at_each_use_and_survives_a_lost_answer(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let first = wiki.signs_in(&anna, &[]).await;
        let token = |tokens: &serde_json::Value| tokens["refresh_token"].as_str().expect("one").to_owned();
        server.clock.turn(Duration::from_secs(60));
        let second = wiki.refreshes(&token(&first)).await.json();
        assert_ne!(token(&second), token(&first));
        let (before, after) = (claims(&first["id_token"]), claims(&second["id_token"]));
        for claim in ["sub", "auth_time", "acr", "amr", "sid"] {
            assert_eq!(before[claim], after[claim], "{claim}");
        }
        assert!(after.get("nonce").is_none());
        let again = wiki.refreshes(&token(&first)).await;
        assert_eq!(again.status, 200, "the answer was lost: {}", again.body);
        let third = wiki.refreshes(&token(&again.json())).await;
        assert_eq!(third.status, 200, "{}", third.body);
        let more = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &token(&third.json())),
            ("scope", "openid admin"),
        ];
        let refused = wiki.calls("/oauth2/token", &more).await;
        assert_eq!(refused.json()["error"], "invalid_scope");
    }

    async fn who_signs_out_by_a_client_is_asked_unless_the_client_knows_the_session(at: At) {
        let server = Server::start(at).await;
        let after = "https://wiki.example.org/bye";
        let wiki = server.registers("wiki", |settings| {
            settings.post_logout_redirect_uris = vec![RedirectUri::from_stored(after)];
        }).await;
        let anna = with_an_app(&server, "anna").await;
        let path = |pairs: &[(&str, &str)]| {
            format!("/oauth2/end-session?{}", keyward_test_support::openid::query(pairs))
        };
        let bare = path(&[("client_id", "wiki"), ("post_logout_redirect_uri", after), ("state", "x")]);
        let page = anna.browser.get(&bare).await;
        assert_eq!((page.status, page.heading().as_str()), (200, "Sign out?"));
        assert!(anna.is_in().await);
        let tokens = wiki.signs_in(&anna, &[]).await;
        let hint = tokens["id_token"].as_str().expect("one");
        let known = [("id_token_hint", hint), ("post_logout_redirect_uri", after), ("state", "x")];
        let page = anna.browser.get(&path(&known)).await;
        assert_eq!(page.location(), Some("https://wiki.example.org/bye?state=x"));
        assert!(!anna.is_in().await);
        let access = tokens["access_token"].as_str().expect("one");
        assert!(!wiki.counts(access).await);
    }

    async fn a_client_is_told_of_the_end_of_a_session(at: At) {
        let server = Server::start(at).await;
        let receiver = Receiver::start(Manner::Status(503));
        let address = receiver.url();
        let wiki = server.registers("wiki", |settings| {
            settings.backchannel_logout_uri = Some(address.parse().expect("an address"));
        }).await;
        let anna = with_an_app(&server, "anna").await;
        let said = claims(&wiki.signs_in(&anna, &[]).await["id_token"]);
        anna.signs_out().await;
        receiver.until(|messages| !messages.is_empty()).await;
        // It was not taken, and comes again.
        receiver.becomes(Manner::Status(200));
        server.until("SELECT COUNT(*) FROM openid_session_ends WHERE expires_at - due_at > 7180000", 1).await;
        server.clock.turn(Duration::from_secs(2));
        let messages = receiver.until(|messages| messages.len() >= 2).await;
        let token = messages[1].body.strip_prefix("logout_token=").expect("a token");
        let told = claims(&token.into());
        assert_eq!((&told["sid"], &told["sub"], &told["aud"]), (&said["sid"], &said["sub"], &"wiki".into()));
        let event = "http://schemas.openid.net/event/backchannel-logout";
        assert!(told["events"][event].is_object() && told.get("nonce").is_none());
        server.until("SELECT COUNT(*) FROM openid_session_ends", 0).await;
    }

    async fn a_client_ends_its_own_tokens_and_no_others(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let chat = server.registers("chat", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let tokens = wiki.signs_in(&anna, &[]).await;
        let access = tokens["access_token"].as_str().expect("one");
        let refresh = tokens["refresh_token"].as_str().expect("one");
        for token in [access, refresh, "nothing"] {
            assert_eq!(chat.calls("/oauth2/revoke", &[("token", token)]).await.status, 200);
        }
        assert!(wiki.counts(access).await && wiki.counts(refresh).await);
        assert_eq!(wiki.calls("/oauth2/revoke", &[("token", access)]).await.status, 200);
        assert!(!wiki.counts(access).await && wiki.counts(refresh).await);
        assert_eq!(wiki.calls("/oauth2/revoke", &[("token", refresh)]).await.status, 200);
        assert!(!wiki.counts(refresh).await);
        assert_eq!(server.events("openid.revoked"), 1);
    }

    async fn a_client_that_asks_gets_nothing_before_its_user_agrees(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |settings| settings.asks_consent = true).await;
        let anna = with_an_app(&server, "anna").await;
        let back = wiki.calls_back(&anna, &[("prompt", "none")]).await;
        assert_eq!(back.error(), "consent_required");
        let page = wiki.sends(&anna, &[]).await;
        assert_eq!((page.status, page.heading().as_str()), (200, "Go on to wiki?"));
        assert!(page.text().contains("wiki.example.org"), "{}", page.text());
        let answer = anna.browser.press(&page, "Go back").await;
        let to = answer.link_to(&wiki.redirect_uri).expect("a way back");
        assert!(to.contains("error=access_denied"), "{to}");
        let answer = anna.browser.press(&page, "Continue").await;
        let page = wiki.follows(&anna, answer).await;
        let tokens = wiki.redeems(wiki.comes_back(&page).code()).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        assert_eq!(server.events("openid.agreed"), 1);
        // Not for the same again, for less, or of anybody else.
        let tokens = wiki.signs_in(&anna, &[]).await;
        wiki.signs_in(&anna, &[("scope", "openid")]).await;
        assert_eq!(wiki.sends(&anna, &[("prompt", "consent")]).await.heading(), "Go on to wiki?");
        let ben = with_an_app(&server, "ben").await;
        assert_eq!(wiki.sends(&ben, &[]).await.heading(), "Go on to wiki?");

        let page = anna.visits("/account").await;
        let page = anna.visits(&page.link("Applications that know you").expect("a link")).await;
        assert!(page.text().contains("your e-mail address"), "{}", page.text());
        let answer = anna.browser.press(&page, "Take it back").await;
        let page = anna.browser.follow(answer).await;
        assert!(page.text().contains("No application has asked you"), "{}", page.text());
        assert_eq!(server.events("openid.agreement_ended"), 1);
        let access = tokens["access_token"].as_str().expect("one");
        assert!(!wiki.counts(access).await);
        assert_eq!(wiki.sends(&anna, &[]).await.heading(), "Go on to wiki?");
        let again = anna.browser.post("/account/applications/end", &[("client_id", "wiki")]).await;
        assert_eq!((again.status, server.events("openid.agreement_ended")), (303, 1));
    }

    async fn who_agreed_to_less_is_asked_for_more(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |settings| settings.asks_consent = true).await;
        let anna = with_an_app(&server, "anna").await;
        let page = wiki.sends(&anna, &[("scope", "openid profile")]).await;
        assert!(!page.text().contains("your groups"), "{}", page.text());
        let answer = anna.browser.press(&page, "Continue").await;
        wiki.comes_back(&wiki.follows(&anna, answer).await);
        wiki.calls_back(&anna, &[("scope", "openid profile"), ("prompt", "none")]).await.code();
        let back = wiki.calls_back(&anna, &[("prompt", "none")]).await;
        assert_eq!(back.error(), "consent_required");
        assert!(wiki.sends(&anna, &[]).await.text().contains("your groups"));
    }

    async fn a_program_of_ones_own_machine_asks_each_time(at: At) {
        let server = Server::start(at).await;
        let tool = server.registers("tool", |settings| {
            settings.authentication = ClientAuthentication::None;
            settings.redirect_uris = vec![RedirectUri::parse("http://127.0.0.1/cb").expect("an address")];
        }).await;
        let anna = with_an_app(&server, "anna").await;
        for _ in 0..2 {
            let page = tool.sends(&anna, &[]).await;
            assert_eq!(page.heading(), "Go on to tool?");
            let answer = anna.browser.press(&page, "Continue").await;
            tool.comes_back(&tool.follows(&anna, answer).await);
        }
    }

    async fn an_answer_that_is_posted_is_in_no_address(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let page = wiki.sends(&anna, &[("response_mode", "form_post")]).await;
        assert_eq!(page.status, 200);
        let form = page.form("Continue");
        assert_eq!((form.action.as_str(), form.method.as_str()), (wiki.redirect_uri.as_str(), "post"));
        let field = |name: &str| {
            let mut fields = form.fields.iter();
            fields.find_map(|(known, value)| (known == name).then(|| value.clone())).expect("a field")
        };
        assert_eq!((field("state"), field("iss")), ("af0ifjsldkj".to_owned(), server.base.clone()));
        let policy = page.header("content-security-policy");
        assert!(policy.contains("form-action https://wiki.example.org;"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(wiki.redeems(&field("code")).await.status, 200);
    }

    async fn a_request_that_was_pushed_is_in_no_address_and_works_once(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let app = server.registers_public("app").await;
        let anna = with_an_app(&server, "anna").await;
        let path = wiki.path(&[]);
        let request = path.split('?').nth(1).expect("a query");
        let fields: Vec<(String, String)> =
            url::form_urlencoded::parse(request.as_bytes()).into_owned().collect();
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let pushed = wiki.calls("/oauth2/par", &fields).await;
        assert_eq!(pushed.status, 201, "{}", pushed.body);
        let uri = pushed.json()["request_uri"].as_str().expect("one").to_owned();
        let short = |client: &str| {
            let pairs = [("client_id", client), ("request_uri", uri.as_str()), ("scope", "openid admin")];
            format!("/oauth2/authorize?{}", keyward_test_support::openid::query(&pairs))
        };
        assert_eq!(anna.browser.get(&short("app")).await.status, 409, "it is wiki's");
        let back = wiki.comes_back(&anna.browser.get(&short("wiki")).await);
        assert_eq!(back.0["state"], "af0ifjsldkj");
        assert_eq!(wiki.redeems(back.code()).await.status, 200);
        assert_eq!(anna.browser.get(&short("wiki")).await.status, 409, "it was used");
        let refused = app.calls("/oauth2/par", &fields).await;
        assert_eq!(refused.json()["error"], "invalid_request", "another client is named: {}", refused.body);
    }

    async fn a_device_without_a_browser_signs_in_by_a_code(at: At) {
        let server = Server::start(at).await;
        let device = server.registers("tv", |settings| {
            settings.redirect_uris.clear();
            settings.authentication = ClientAuthentication::None;
            settings.grants = [GrantType::DeviceCode, GrantType::RefreshToken].into();
        }).await;
        let anna = with_an_app(&server, "anna").await;
        let begins = || device.calls("/oauth2/device", &[("scope", "openid profile")]);
        let begun = begins().await;
        assert_eq!(begun.status, 200, "{}", begun.body);
        let begun = begun.json();
        let code = begun["device_code"].as_str().expect("one").to_owned();
        let asks = || {
            let kind = "urn:ietf:params:oauth:grant-type:device_code";
            let fields = [("grant_type", kind), ("device_code", code.as_str())];
            let device = device.clone();
            async move { device.calls("/oauth2/token", &fields).await }
        };
        assert_eq!(asks().await.json()["error"], "authorization_pending");
        assert_eq!(asks().await.json()["error"], "slow_down");
        let stranger = server.stranger("nobody");
        let page = stranger.browser.get("/device").await;
        assert!(page.location().is_some_and(|to| to.starts_with("/sign-in")), "{}", page.status);
        let page = anna.visits("/device").await;
        let form = page.form("Continue").fill("Code", "bcdf ghjk");
        let page = anna.browser.submit(&page, &form).await;
        assert!(page.text().contains("No device waits with this code"), "{}", page.text());
        let typed = begun["user_code"].as_str().expect("one").to_lowercase().replace('-', " ");
        let form = page.form("Continue").fill("Code", &typed);
        let page = anna.browser.submit(&page, &form).await;
        assert_eq!(page.heading(), "Sign in to tv?");
        let page = anna.browser.press(&page, "Continue").await;
        assert_eq!((page.status, page.heading().as_str()), (200, "You can go back to your device"));
        server.clock.turn(Duration::from_secs(6));
        let tokens = asks().await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        assert_eq!(claims(&tokens.json()["id_token"])["preferred_username"], "anna");
        server.clock.turn(Duration::from_secs(6));
        assert_eq!(asks().await.json()["error"], "invalid_grant", "it works once");
        let complete = begins().await.json()["verification_uri_complete"].as_str().expect("one").to_owned();
        let page = anna.browser.get(&complete).await;
        anna.browser.press(&page, "This is not my device").await;
        assert_eq!(anna.browser.get(&complete).await.form("Continue").action, "/device");
    }

    async fn access_tokens_that_say_something_end_with_the_session_too(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |settings| {
            settings.access_token = AccessTokenFormat::Jwt;
        }).await;
        let anna = with_an_app(&server, "anna").await;
        let tokens = wiki.signs_in(&anna, &[]).await;
        let said = claims(&tokens["access_token"]);
        assert_eq!((&said["iss"], &said["client_id"]), (&server.base.as_str().into(), &"wiki".into()));
        assert_eq!(said["sub"], claims(&tokens["id_token"])["sub"]);
        let token = tokens["access_token"].as_str().expect("one");
        assert_eq!(wiki.asks_who(token).await.status, 200);
        assert!(wiki.counts(token).await);
        let id_token = tokens["id_token"].as_str().expect("one");
        assert_eq!(wiki.asks_who(id_token).await.status, 401, "one kind is not taken for another");
        anna.signs_out().await;
        assert_eq!(wiki.asks_who(token).await.status, 401);
        assert!(!wiki.counts(token).await);
    }

    async fn a_program_gets_tokens_for_itself(at: At) {
        let server = Server::start(at).await;
        let robot = server.registers("robot", |settings| {
            settings.redirect_uris.clear();
            settings.grants = [GrantType::ClientCredentials].into();
            settings.scopes = ["payroll:read", "payroll:write"].map(Scope::from_stored).into();
        }).await;
        let grant = ("grant_type", "client_credentials");
        let page = robot.calls("/oauth2/token", &[grant, ("scope", "payroll:read")]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let tokens = page.json();
        assert_eq!(tokens["scope"], "payroll:read");
        assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
        let token = tokens["access_token"].as_str().expect("one");
        assert!(robot.counts(token).await);
        assert_eq!(robot.asks_who(token).await.status, 403, "there is nobody behind it");
        let refused = robot.calls("/oauth2/token", &[grant, ("scope", "openid")]).await;
        assert_eq!(refused.json()["error"], "invalid_scope");
        server.clock.turn(Duration::from_secs(601));
        assert!(!robot.counts(token).await);
    }

    async fn what_clients_find_out_by_themselves_is_where_it_says(at: At) {
        let server = Server::start(at).await;
        let client = Client::new(&server.base);
        let found = client.get("/.well-known/openid-configuration").await;
        assert_eq!(found.status, 200);
        assert_eq!(found.header("access-control-allow-origin"), "*");
        let found = found.json();
        assert_eq!(found["issuer"], server.base);
        // What the settings offer, and no more.
        assert_eq!(found["id_token_signing_alg_values_supported"], serde_json::json!(["ES256", "RS256"]));
        for name in [
            "authorization", "token", "userinfo", "introspection", "revocation",
            "pushed_authorization_request",
        ] {
            let address = found[format!("{name}_endpoint")].as_str().expect(name);
            let page = client.get(address).await;
            assert!(matches!(page.status, 400 | 401 | 405), "{address}: {}", page.status);
        }
        let other = client.get("/.well-known/oauth-authorization-server").await;
        assert_eq!(other.json(), found);
    }
}
