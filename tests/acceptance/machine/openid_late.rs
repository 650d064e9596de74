//! Codes, references and hints that come too late, twice, or from somebody else.

use std::time::Duration;

use keyward_core::domain::openid_client::{ClientAuthentication, GrantType, RedirectUri};
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::openid::{RelyingParty, query};
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use serde_json::Value;

use super::openid::with_an_app;

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn text(said: &Value, name: &str) -> String {
    let text = said[name].as_str();
    text.unwrap_or_else(|| panic!("no {name} in {said}"))
        .to_owned()
}

/// A television, which asks for tokens by a code.
async fn television(server: &Server, name: &str) -> RelyingParty {
    server
        .registers(name, |settings| {
            settings.redirect_uris.clear();
            settings.authentication = ClientAuthentication::None;
            settings.grants = [GrantType::DeviceCode, GrantType::RefreshToken].into();
        })
        .await
}

async fn begins(device: &RelyingParty) -> (String, String) {
    let begun = device
        .calls("/oauth2/device", &[("scope", "openid profile")])
        .await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    let begun = begun.json();
    (
        text(&begun, "device_code"),
        text(&begun, "verification_uri_complete"),
    )
}

/// What a device hears that asks with a code: the error; empty for tokens.
async fn hears(server: &Server, device: &RelyingParty, code: &str) -> String {
    server.clock.turn(Duration::from_secs(6));
    let fields = [("grant_type", DEVICE_CODE), ("device_code", code)];
    let answer = device.calls("/oauth2/token", &fields).await.json();
    answer["error"].as_str().unwrap_or_default().to_owned()
}

async fn lets_in(person: &Person, complete: &str, button: &str) {
    let page = person.browser.get(complete).await;
    let page = person.browser.press(&page, button).await;
    assert_eq!(page.status, 200, "{}", page.text());
}

on_every_database! {
    async fn attack_a_code_after_its_user_or_session_is_gone(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        for way in ["disabled", "deleted", "signed-out", "ended", "moved"] {
            let anna = with_an_app(&server, &format!("anna-{way}")).await;
            let code = wiki.calls_back(&anna, &[]).await.code().to_owned();
            let does = |arguments: &[&str]| keyward(server.folder(), arguments).done();
            match way {
                "disabled" => drop(does(&["user", "disable", &anna.name])),
                "deleted" => drop(does(&["user", "delete", &anna.name, "--yes"])),
                "signed-out" => anna.signs_out().await,
                "ended" => drop(does(&["session", "end", "--user", &anna.name])),
                _ => drop(does(&["two-factor", "disable", &anna.name, "--yes"])),
            }
            let refused = wiki.redeems(&code).await;
            assert_eq!(refused.json()["error"], "invalid_grant", "{way}: {}", refused.body);
            let again = wiki.redeems(&code).await;
            assert_eq!(again.json()["error"], "invalid_grant", "{way}");
        }
    }

    async fn attack_code_replay_after_its_tokens_were_refreshed(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let code = wiki.calls_back(&anna, &[]).await.code().to_owned();
        let first = wiki.redeems(&code).await.json();
        let second = wiki.refreshes(&text(&first, "refresh_token")).await.json();
        server.clock.turn(Duration::from_secs(30));
        assert_eq!(wiki.redeems(&code).await.json()["error"], "invalid_grant");
        for tokens in [&first, &second] {
            assert!(!wiki.counts(&text(tokens, "access_token")).await);
        }
        assert!(!wiki.counts(&text(&second, "refresh_token")).await);
        assert_eq!(server.events("openid.code_reused"), 1);
        // It was her client's, and she is signed in still.
        assert!(anna.is_in().await);
    }

    async fn a_device_hears_what_became_of_its_code(at: At) {
        let server = Server::start(at).await;
        let (tv, radio) = (television(&server, "tv").await, television(&server, "radio").await);
        let anna = with_an_app(&server, "anna").await;
        let (code, complete) = begins(&tv).await;
        assert_eq!(hears(&server, &radio, &code).await, "invalid_grant", "it is another's");
        assert_eq!(hears(&server, &tv, &code).await, "authorization_pending");
        lets_in(&anna, &complete, "This is not my device").await;
        for _ in 0..2 {
            assert_eq!(hears(&server, &tv, &code).await, "access_denied");
        }
        let (late, complete) = begins(&tv).await;
        server.clock.turn(Duration::from_secs(601));
        assert_eq!(hears(&server, &tv, &late).await, "expired_token");
        let page = anna.browser.get(&complete).await;
        assert!(page.text().contains("No device waits with this code"), "{}", page.text());
        let (gone, complete) = begins(&tv).await;
        lets_in(&anna, &complete, "Continue").await;
        anna.signs_out().await;
        assert_eq!(hears(&server, &tv, &gone).await, "access_denied", "she left before it asked");
        let none = tv.calls("/oauth2/device", &[]).await;
        assert_eq!(none.json()["error"], "invalid_scope", "{}", none.body);
        for code in ["", "x", "%00", &code] {
            let fields = [("grant_type", DEVICE_CODE), ("device_code", code)];
            let refused = tv.calls("/oauth2/token", &fields).await;
            assert_eq!(refused.status, 400, "{code}: {}", refused.body);
        }
    }

    async fn attack_a_pushed_request_of_others_or_from_long_ago(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let chat = server.registers("chat", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let pushes = async |party: &RelyingParty| {
            let path = party.path(&[]);
            let request = path.split('?').nth(1).expect("a query");
            let fields: Vec<(String, String)> =
                url::form_urlencoded::parse(request.as_bytes()).into_owned().collect();
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            text(&party.calls("/oauth2/par", &fields).await.json(), "request_uri")
        };
        let asks = async |pairs: &[(&str, &str)]| {
            anna.browser.get(&format!("/oauth2/authorize?{}", query(pairs))).await
        };
        let (ours, theirs) = (pushes(&wiki).await, pushes(&chat).await);
        for pairs in [
            &[("client_id", "chat"), ("request_uri", ours.as_str())][..],
            &[("request_uri", ours.as_str())],
            &[("client_id", "wiki"), ("request_uri", ours.as_str()), ("request_uri", theirs.as_str())],
            &[("client_id", "wiki"), ("client_id", "chat"), ("request_uri", ours.as_str())],
            &[("client_id", "wiki"), ("request_uri", "urn:ietf:params:oauth:request_uri:")],
            &[("client_id", "wiki"), ("request_uri", &ours[..ours.len() - 1])],
        ] {
            let page = asks(pairs).await;
            assert!((400..500).contains(&page.status) && page.location().is_none(), "{pairs:?}: {}", page.status);
        }
        // What stands beside the reference counts for nothing (RFC 9126 §4).
        let beside = [
            ("client_id", "wiki"), ("request_uri", ours.as_str()), ("redirect_uri", "https://evil.example/"),
            ("state", "evil"), ("scope", "openid admin"), ("prompt", "none"),
        ];
        let back = wiki.comes_back(&asks(&beside).await);
        assert_eq!((back.0["state"].as_str(), back.code().is_empty()), ("af0ifjsldkj", false));
        let late = pushes(&wiki).await;
        server.clock.turn(Duration::from_secs(601));
        let page = asks(&[("client_id", "wiki"), ("request_uri", late.as_str())]).await;
        assert_eq!((page.status, page.location()), (409, None));
    }

    async fn attack_a_logout_by_the_hint_of_another_or_to_elsewhere(at: At) {
        let server = Server::start(at).await;
        let home = "https://wiki.example.org/";
        let wiki = server.registers("wiki", |settings| {
            settings.post_logout_redirect_uris = vec![RedirectUri::from_stored(home)];
        }).await;
        let (anna, ben) = (with_an_app(&server, "anna").await, with_an_app(&server, "ben").await);
        let bens = text(&wiki.signs_in(&ben, &[]).await, "id_token");
        let tokens = wiki.signs_in(&anna, &[]).await;
        let (annas, access) = (text(&tokens, "id_token"), text(&tokens, "access_token"));
        let unsigned = format!("{}.", annas.rsplit_once('.').expect("three parts").0);
        server.clock.turn(Duration::from_secs(1800));
        for hint in [&bens, &access, &unsigned, &format!("{annas}x"), &"x".repeat(5000)] {
            let pairs = [("id_token_hint", hint.as_str()), ("client_id", "wiki"), ("post_logout_redirect_uri", home)];
            let page = anna.browser.get(&format!("/oauth2/end-session?{}", query(&pairs))).await;
            assert_eq!((page.status, page.location()), (200, None), "she is asked: {hint:.20}");
            assert!(anna.is_in().await, "{hint:.20}");
        }
        for elsewhere in ["https://wiki.example.org", "https://wiki.example.org/x", "https://wiki.example.org/?x=1",
            "https://wiki.example.org.evil.example/", "//evil.example", "javascript:alert(1)", "%00", "\u{0}"] {
            let pairs = [("id_token_hint", annas.as_str()), ("post_logout_redirect_uri", elsewhere)];
            let page = anna.browser.get(&format!("/oauth2/end-session?{}", query(&pairs))).await;
            assert_eq!((page.status, page.location()), (400, None), "{elsewhere}");
            assert!(anna.is_in().await, "{elsewhere}");
        }
        // Her own, whose time is over, is a hint still (RP-Initiated Logout 1.0 §2).
        let pairs = [("id_token_hint", annas.as_str()), ("post_logout_redirect_uri", home), ("state", "a&b")];
        let page = anna.browser.get(&format!("/oauth2/end-session?{}", query(&pairs))).await;
        assert_eq!(page.location(), Some("https://wiki.example.org/?state=a%26b"));
        assert!(!anna.is_in().await);
    }
}
