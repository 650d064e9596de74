//! Attacks on the OpenID provider, named as RFC 9700 names them.

use std::time::Duration;

use keyward_core::clock::{Clock as _, SystemEntropy};
use keyward_core::domain::json_web_key::{JwkSet, SigningAlgorithm};
use keyward_core::domain::openid_client::{
    ClientAuthentication, ClientKeys, ClientSettings, RedirectUri,
};
use keyward_core::protocols::jose::{SigningKey, sign};
use reqwest::Method;

use keyward_test_support::client::Client;
use keyward_test_support::on_every_database;
use keyward_test_support::openid::{VERIFIER, query};
use keyward_test_support::server::Server;

use super::openid::with_an_app;

fn token(tokens: &serde_json::Value, name: &str) -> String {
    tokens[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name}"))
        .to_owned()
}

on_every_database! {
    async fn attack_code_replay(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let code = wiki.calls_back(&anna, &[]).await.code().to_owned();
        let tokens = wiki.redeems(&code).await.json();
        assert!(wiki.counts(&token(&tokens, "access_token")).await);
        let again = wiki.redeems(&code).await;
        assert_eq!((again.status, &again.json()["error"]), (400, &"invalid_grant".into()));
        for name in ["access_token", "refresh_token"] {
            assert!(!wiki.counts(&token(&tokens, name)).await, "{name} of the first use");
        }
        assert_eq!(wiki.refreshes(&token(&tokens, "refresh_token")).await.status, 400);
        assert_eq!(server.events("openid.code_reused"), 1);
    }

    async fn attack_code_that_is_too_old(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let code = wiki.calls_back(&anna, &[]).await.code().to_owned();
        server.clock.turn(Duration::from_secs(61));
        assert_eq!(wiki.redeems(&code).await.json()["error"], "invalid_grant");
        let code = wiki.calls_back(&anna, &[]).await.code().to_owned();
        anna.signs_out().await;
        assert_eq!(wiki.redeems(&code).await.json()["error"], "invalid_grant", "she has left");
    }

    async fn attack_code_of_another_client(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let evil = server.registers("evil", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let code = wiki.calls_back(&anna, &[]).await.code().to_owned();
        let mut stolen = evil.clone();
        stolen.redirect_uri.clone_from(&wiki.redirect_uri);
        assert_eq!(stolen.redeems(&code).await.json()["error"], "invalid_grant");
        let tokens = wiki.redeems(&code).await;
        assert_eq!(tokens.status, 200, "it is still wiki's: {}", tokens.body);
        let refresh = token(&tokens.json(), "refresh_token");
        assert_eq!(evil.refreshes(&refresh).await.json()["error"], "invalid_grant");
        assert!(!evil.counts(&refresh).await);
        assert_eq!(wiki.refreshes(&refresh).await.status, 200);
    }

    async fn attack_pkce_downgrade(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |settings| settings.requires_pkce = false).await;
        let app = server.registers_public("app").await;
        let anna = with_an_app(&server, "anna").await;
        let bare = [("code_challenge", ""), ("code_challenge_method", "")];
        let back = app.calls_back(&anna, &bare).await;
        assert_eq!(back.error(), "invalid_request", "a public client always has one");
        let back = app.calls_back(&anna, &[("code_challenge_method", "plain")]).await;
        assert_eq!(back.error(), "invalid_request");
        // The challenge was stripped from the request of a client that uses PKCE.
        let code = wiki.calls_back(&anna, &bare).await.code().to_owned();
        assert_eq!(wiki.redeems(&code).await.json()["error"], "invalid_grant");
        let code = wiki.calls_back(&anna, &[]).await.code().to_owned();
        for verifier in ["", "short", &VERIFIER.replace('d', "e")] {
            let mut fields = vec![
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", wiki.redirect_uri.as_str()),
            ];
            if !verifier.is_empty() {
                fields.push(("code_verifier", verifier));
            }
            let refused = wiki.calls("/oauth2/token", &fields).await;
            assert_eq!(refused.json()["error"], "invalid_grant", "{verifier}");
        }
        assert_eq!(wiki.redeems(&code).await.status, 200);
    }

    async fn attack_redirect_uri_variants(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let good = &wiki.redirect_uri;
        for asked in [
            "https://evil.example/cb",
            "https://wiki.example.org.evil.example/cb",
            "https://wiki.example.org@evil.example/cb",
            &format!("{good}/"),
            &format!("{good}/../evil"),
            &format!("{good}?x=1"),
            &format!("{good}#x"),
            &good.replace("https", "http"),
            &good.replace("wiki.example", "WIKI.example"),
            &good.replace(".org", ".org:443"),
            &good.replace("/cb", "%2Fcb"),
            &format!("{good}\u{0}"),
            "javascript:alert(1)",
            "//wiki.example.org/cb",
        ] {
            let page = wiki.sends(&anna, &[("redirect_uri", asked)]).await;
            assert_eq!((page.status, page.location()), (400, None), "{asked}");
            assert!(page.text().contains("openid.redirect_uri"), "{asked}: {}", page.text());
        }
        let page = wiki.sends(&anna, &[("redirect_uri", "")]).await;
        assert_eq!((page.status, page.location()), (400, None));
        let page = wiki.sends(&anna, &[("client_id", "nobody")]).await;
        assert_eq!((page.status, page.location()), (400, None));
        // At the token endpoint it is compared with the one of the request.
        let code = wiki.calls_back(&anna, &[]).await.code().to_owned();
        let mut other = wiki.clone();
        other.redirect_uri.push('/');
        assert_eq!(other.redeems(&code).await.json()["error"], "invalid_grant");
        assert_eq!(wiki.redeems(&code).await.status, 200);
    }

    async fn attack_parameters_that_stand_there_twice(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let path = wiki.path(&[]);
        for (name, value) in [("scope", "openid"), ("prompt", "none"), ("nonce", "b"), ("state", "b")] {
            let doubled = format!("{path}&{name}=&{}&{name}={value}x", query(&[(name, value)]));
            let page = anna.browser.get(&doubled).await;
            let back = wiki.comes_back(&page);
            assert_eq!((back.error(), back.0.contains_key("code")), ("invalid_request", false), "{name}");
        }
        for doubled in ["client_id=evil", "redirect_uri=https%3A%2F%2Fevil.example%2F"] {
            let page = anna.browser.get(&format!("{path}&{doubled}")).await;
            assert_eq!((page.status, page.location()), (400, None), "{doubled}");
        }
    }

    async fn attack_refresh_token_reuse(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let app = server.registers_public("app").await;
        let anna = with_an_app(&server, "anna").await;
        let mut seen = 0;
        for (client, wait) in [(&wiki, 11), (&app, 0)] {
            let first = client.signs_in(&anna, &[]).await;
            let second = client.refreshes(&token(&first, "refresh_token")).await.json();
            server.clock.turn(Duration::from_secs(wait));
            let thief = client.refreshes(&token(&first, "refresh_token")).await;
            assert_eq!(thief.json()["error"], "invalid_grant");
            let owner = client.refreshes(&token(&second, "refresh_token")).await;
            assert_eq!(owner.json()["error"], "invalid_grant", "the family has ended");
            for tokens in [&first, &second] {
                let who = client.asks_who(&token(tokens, "access_token")).await;
                assert_eq!(who.status, 401);
            }
            seen += 1;
            assert_eq!(server.events("openid.refresh_reused"), seen);
        }
    }

    async fn attack_refresh_token_used_by_two_at_once(at: At) {
        let server = Server::start(at).await;
        let app = server.registers_public("app").await;
        let anna = with_an_app(&server, "anna").await;
        let first = token(&app.signs_in(&anna, &[]).await, "refresh_token");
        let race = (0..8).map(|_| app.refreshes(&first));
        let answers = futures_util::future::join_all(race).await;
        let given = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(given, 1);
    }

    async fn attack_code_spent_by_two_at_once(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let code = wiki.calls_back(&anna, &[]).await.code().to_owned();
        let answers = futures_util::future::join_all((0..8).map(|_| wiki.redeems(&code))).await;
        let given = answers.iter().filter(|answer| answer.status == 200);
        assert_eq!(given.count(), 1);
    }

    async fn attack_client_impersonation(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "6")]).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let code = wiki.calls_back(&anna, &[]).await.code().to_owned();
        let mut bare = wiki.clone();
        bare.secret = None;
        let mut guessed = wiki.clone();
        guessed.secret = Some("guessed".to_owned());
        for impostor in [&bare, &guessed] {
            let refused = impostor.redeems(&code).await;
            assert_eq!((refused.status, &refused.json()["error"]), (401, &"invalid_client".into()));
        }
        let secret = wiki.secret.clone().expect("one");
        let posted = [("client_secret", secret.as_str()), ("token", "x")];
        let refused = bare.calls("/oauth2/introspect", &posted).await;
        assert_eq!(refused.status, 401, "it comes in the header alone: {}", refused.body);
        assert_eq!(server.refusals("openid.client_refused", "unknown"), 3);
        for _ in 0..3 {
            guessed.redeems(&code).await;
        }
        assert_eq!(guessed.redeems(&code).await.status, 429);
        let asked = wiki.calls("/oauth2/introspect", &[("token", "x")]).await;
        assert_eq!(asked.status, 200, "the client itself is not locked out by others there");
    }

    async fn attack_assertion_that_was_seen_forged_or_is_for_others(at: At) {
        let server = Server::start(at).await;
        let [ours, other] = [(); 2].map(|()| {
            let pkcs8 = SigningKey::generate(SigningAlgorithm::Es256, &SystemEntropy).expect("a key");
            SigningKey::from_pkcs8(SigningAlgorithm::Es256, &pkcs8).expect("a key")
        });
        let keys = JwkSet::new(vec![ours.jwk().clone()]);
        let wiki = server.registers("wiki", |settings| {
            settings.authentication = ClientAuthentication::PrivateKeyJwt(ClientKeys::Set(keys));
        }).await;
        let now = server.clock.now().seconds();
        let says = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut said = serde_json::json!({
                "iss": "wiki", "sub": "wiki", "aud": server.base, "jti": "1", "iat": now, "exp": now + 60,
            });
            change(&mut said);
            said
        };
        let asks = |assertion: String| {
            let wiki = wiki.clone();
            async move {
                let fields = [
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ("client_assertion", assertion.as_str()),
                    ("token", "x"),
                ];
                wiki.calls("/oauth2/introspect", &fields).await.status
            }
        };
        let good = sign(&says(&|_| {}), "JWT", &ours).expect("signed");
        assert_eq!(asks(good.clone()).await, 200);
        assert_eq!(asks(good.clone()).await, 401, "it was seen");
        let changes: [&dyn Fn(&mut serde_json::Value); 5] = [
            &|said| said["aud"] = "https://evil.example".into(),
            &|said| said["sub"] = "evil".into(),
            &|said| said["exp"] = (now - 60).into(),
            &|said| said["exp"] = (now + 86_400).into(),
            &|said| said["jti"] = serde_json::Value::Null,
        ];
        for (number, change) in (10..).zip(changes) {
            let mut said = says(&|said| said["jti"] = number.to_string().into());
            change(&mut said);
            let forged = sign(&said, "JWT", &ours).expect("signed");
            assert_eq!(asks(forged).await, 401, "{said}");
        }
        let forged = sign(&says(&|said| said["jti"] = "2".into()), "JWT", &other).expect("signed");
        assert_eq!(asks(forged).await, 401, "another key");
        let unsigned = good.rsplit_once('.').expect("three parts").0.to_owned() + ".";
        assert_eq!(asks(unsigned).await, 401);
    }

    async fn attack_mix_up(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let back = wiki.calls_back(&anna, &[]).await;
        assert_eq!(back.0["iss"], server.base);
        let back = wiki.calls_back(&anna, &[("response_type", "token")]).await;
        assert_eq!((back.error(), back.0["iss"].as_str()), ("unsupported_response_type", server.base.as_str()));
    }

    async fn attack_clickjacking_and_token_in_a_referrer(at: At) {
        let server = Server::with(at, &[("webauthn.top_origins", r#"["https://portal.example.org"]"#)]).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        for page in [wiki.sends(&anna, &[]).await, wiki.sends(&anna, &[("client_id", "x")]).await] {
            assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
            assert_eq!(page.header("x-frame-options"), "DENY");
            assert_eq!(page.header("referrer-policy"), "same-origin");
            assert_eq!(page.header("cache-control"), "no-store");
        }
        let page = wiki.sends(&anna, &[]).await;
        assert_eq!(page.status, 303, "what was typed here is not posted there");
        let tokens = wiki.signs_in(&anna, &[]).await;
        let path = format!("/oauth2/userinfo?access_token={}", token(&tokens, "access_token"));
        assert_eq!(Client::new(&server.base).get(&path).await.status, 401);
    }

    async fn attack_request_objects_and_their_addresses(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        for (name, value, expected) in [
            ("request", "e30.e30.", "request_not_supported"),
            ("request_uri", "http://169.254.169.254/latest", "request_uri_not_supported"),
            ("request_uri", "https://wiki.example.org/request", "request_uri_not_supported"),
            ("claims", &format!("{}1{}", "{\"a\":".repeat(2000), "}".repeat(2000)), "invalid_request"),
            ("claims", &format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200)), "invalid_request"),
            ("claims", "[]", "invalid_request"),
        ] {
            let path = wiki.path(&[(name, value)]);
            let page = anna.browser.get(&path).await;
            if page.status == 414 {
                continue;
            }
            assert_eq!(wiki.comes_back(&page).error(), expected, "{name} {}", &value[..value.len().min(80)]);
        }
    }

    async fn attack_request_that_another_site_posts(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let path = wiki.path(&[("prompt", "none")]);
        let body = path.split('?').nth(1).expect("a query").to_owned();
        let post = |path: &str, body: String| {
            anna.browser
                .request(Method::POST, path)
                .header("origin", "https://evil.example")
                .header("sec-fetch-site", "cross-site")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body)
        };
        let page = anna.browser.send(post("/oauth2/authorize", body.clone())).await;
        assert_eq!(page.status, 303, "led to a GET: {}", page.body);
        let to = page.location().expect("a way").to_owned();
        assert!(to.starts_with("/oauth2/authorize?"), "{to}");
        assert!(wiki.comes_back(&anna.browser.get(&to).await).0.contains_key("code"));
        let long = format!("{body}&login_hint={}", "a".repeat(9000));
        let page = anna.browser.send(post("/oauth2/authorize", long)).await;
        assert_eq!((page.status, page.location()), (400, None));
        let page = anna.browser.send(post("/sign-out", String::new())).await;
        assert_eq!(page.status, 403);
    }

    async fn attack_consent_that_another_user_gave(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |settings| settings.asks_consent = true).await;
        let ben = with_an_app(&server, "ben").await;
        let page = wiki.sends(&ben, &[]).await;
        let agreed = ben.browser.press(&page, "Continue").await;
        let to = agreed.location().expect("a way on").to_owned();
        let anna = with_an_app(&server, "anna").await;
        let page = anna.browser.get(&to).await;
        assert_eq!(page.heading(), "Go on to wiki?", "ben's word is not anna's");
    }

    async fn attack_open_redirector_through_logout(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        server.registers("evil", |settings| {
            settings.post_logout_redirect_uris = vec![RedirectUri::from_stored("https://evil.example/")];
        }).await;
        let anna = with_an_app(&server, "anna").await;
        let hint = wiki.signs_in(&anna, &[]).await["id_token"].as_str().expect("one").to_owned();
        for pairs in [
            &[("post_logout_redirect_uri", "https://evil.example/")][..],
            &[("client_id", "wiki"), ("post_logout_redirect_uri", "https://evil.example/")],
            &[("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "https://evil.example/")],
            &[("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", wiki.redirect_uri.as_str())],
            &[("client_id", "nobody"), ("post_logout_redirect_uri", "https://evil.example/")],
        ] {
            let page = anna.browser.get(&format!("/oauth2/end-session?{}", query(pairs))).await;
            assert_eq!((page.status, page.location()), (400, None), "{pairs:?}");
        }
        // A token for another client vouches for nothing.
        let pairs = [("client_id", "evil"), ("id_token_hint", &hint), ("post_logout_redirect_uri", "https://evil.example/")];
        let page = anna.browser.get(&format!("/oauth2/end-session?{}", query(&pairs))).await;
        assert_eq!((page.status, page.location()), (200, None), "she is asked");
        assert!(anna.is_in().await);
    }

    async fn attack_scripts_of_other_origins(at: At) {
        let server = Server::start(at).await;
        let app = server.registers("app", |settings: &mut ClientSettings| {
            settings.authentication = ClientAuthentication::None;
            settings.redirect_uris = vec![RedirectUri::parse("https://app.example.org/cb").expect("one")];
        }).await;
        server.registers("wiki", |_| {}).await;
        let client = Client::new(&server.base);
        for (origin, is_allowed) in [
            ("https://app.example.org", true),
            ("https://wiki.example.org", false),
            ("https://evil.example", false),
            ("https://app.example.org.evil.example", false),
            ("null", false),
        ] {
            for (method, path) in [
                (Method::OPTIONS, "/oauth2/token"),
                (Method::POST, "/oauth2/token"),
                (Method::GET, "/oauth2/userinfo"),
            ] {
                let request = client.request(method.clone(), path).header("origin", origin);
                let answer = client.send(request).await;
                let allowed = answer.header("access-control-allow-origin");
                assert_eq!(allowed == origin, is_allowed, "{origin} {method} {path}: {allowed}");
                assert_eq!(answer.header("access-control-allow-credentials"), "");
            }
        }
        drop(app);
    }
}
