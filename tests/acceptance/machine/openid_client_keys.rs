//! Keys of OpenID clients that are at an address of theirs.

use std::time::Duration;

use keyward_core::clock::{Clock as _, SystemEntropy};
use keyward_core::domain::json_web_key::SigningAlgorithm;
use keyward_core::protocols::jose::{SigningKey, sign};
use keyward_test_support::client::Client;
use keyward_test_support::command::keyward;
use keyward_test_support::key_publisher::KeyPublisher;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use serde_json::{Value, json};

const INNER: (&str, &str) = ("openid.networks", "[\"127.0.0.1/32\"]");

fn key() -> SigningKey {
    let pkcs8 = SigningKey::generate(SigningAlgorithm::Es256, &SystemEntropy).expect("a key");
    SigningKey::from_pkcs8(SigningAlgorithm::Es256, &pkcs8).expect("a key")
}

fn set(keys: &[&SigningKey]) -> String {
    let keys: Vec<Value> = keys.iter().map(|key| key.jwk().to_json()).collect();
    json!({ "keys": keys }).to_string()
}

/// A program whose keys are at an address, added by a program.
async fn robot(server: &Server, address: &str) {
    let program = server.program(&["openid-clients:write"]).await;
    let new = json!({
        "name": "Robot", "client_id": "robot", "grants": ["client_credentials"],
        "scopes": ["payroll:read"], "authentication": "private_key_jwt", "keys": address,
    });
    let answer = program.posts("/clients", &new).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

/// The status of a request for a token, which this key proves.
async fn asks(server: &Server, key: &SigningKey, id: &str) -> u16 {
    let now = server.clock.now().seconds();
    let claims = json!({
        "iss": "robot", "sub": "robot", "aud": server.base, "jti": id, "iat": now, "exp": now + 60,
    });
    let assertion = sign(&claims, "JWT", key).expect("a token");
    let http = Client::new(&server.base);
    let request = http.request(reqwest::Method::POST, "/oauth2/token").form(&[
        ("grant_type", "client_credentials"),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", &assertion),
    ]);
    http.send(request).await.status
}

on_every_database! {
    async fn keys_at_an_address_are_fetched_kept_and_fetched_again_for_a_new_one(at: At) {
        let (one, other) = (key(), key());
        let publisher = KeyPublisher::start(&set(&[&one]));
        let server = Server::with(at, &[INNER]).await;
        robot(&server, &publisher.url()).await;
        for id in ["a", "b", "c"] {
            assert_eq!(asks(&server, &one, id).await, 200);
        }
        assert_eq!(publisher.times(), 1, "they are kept");
        // A new key is looked for, and at most once a minute.
        publisher.publishes(&set(&[&one, &other]));
        assert_eq!(asks(&server, &other, "d").await, 401);
        server.clock.turn(Duration::from_mins(1));
        assert_eq!(asks(&server, &other, "e").await, 200);
        assert_eq!(publisher.times(), 2);
        // One that is taken back counts no longer than what was fetched is kept.
        publisher.publishes(&set(&[&other]));
        assert_eq!(asks(&server, &one, "f").await, 200);
        server.clock.turn(Duration::from_mins(5));
        assert_eq!(asks(&server, &one, "g").await, 401);
        assert_eq!(asks(&server, &other, "h").await, 200);
        assert_eq!(publisher.times(), 3);
    }

    async fn attack_assertions_with_unknown_keys_make_the_server_ask_without_end(at: At) {
        let one = key();
        let publisher = KeyPublisher::start(&set(&[&one]));
        let server = Server::with(at, &[INNER, ("lockout.address_failures", "100000")]).await;
        robot(&server, &publisher.url()).await;
        for number in 0..20 {
            assert_eq!(asks(&server, &key(), &number.to_string()).await, 401);
        }
        assert_eq!(publisher.times(), 1);
        assert_eq!(asks(&server, &one, "a").await, 200, "and nobody is kept out by that");
    }

    async fn attack_what_publishes_keys_talks_without_end_or_leads_elsewhere(at: At) {
        let one = key();
        let good = set(&[&one]);
        let publisher = KeyPublisher::start(&good);
        let elsewhere = KeyPublisher::start(&good);
        let server = Server::with(at, &[INNER, ("lockout.address_failures", "100000")]).await;
        robot(&server, &publisher.url()).await;
        let large = format!("HTTP/1.1 200 OK\r\n\r\n{}{good}", " ".repeat(200_000));
        let moved = format!("HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", elsewhere.url());
        for (number, answer) in [large.as_str(), &moved, "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", "no HTTP"].into_iter().enumerate() {
            publisher.answers(answer);
            assert_eq!(asks(&server, &one, &format!("no {number}")).await, 401, "{number}");
            server.clock.turn(Duration::from_mins(1));
        }
        assert_eq!(elsewhere.times(), 0, "a redirect was followed");
        let checked = keyward(server.folder(), &["check", "--json"]);
        assert!(checked.out.contains("Robot has no keys that can be read"), "{}", checked.out);
        publisher.publishes(&good);
        assert_eq!(asks(&server, &one, "yes").await, 200);
    }

    async fn attack_the_address_of_keys_is_inside(at: At) {
        let one = key();
        let publisher = KeyPublisher::start(&set(&[&one]));
        let server = Server::start(at).await;
        let program = server.program(&["openid-clients:write"]).await;
        let url = publisher.url();
        for address in [url.as_str(), "https://127.0.0.1/keys", "https://169.254.169.254/keys", "https://[::1]/keys",
            "https://10.0.0.1/keys", "http://robot.example.org/keys", "file:///etc/keys"] {
            let new = json!({
                "name": "Robot", "client_id": "robot", "grants": ["client_credentials"],
                "authentication": "private_key_jwt", "keys": address,
            });
            let answer = program.posts("/clients", &new).await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "openid_client.invalid"), "{address}: {}", answer.body);
        }
        // One that came into its row under other settings is not asked either.
        let set = json!({
            "name": "Robot", "client_id": "robot", "grants": ["client_credentials"],
            "authentication": "private_key_jwt", "keys": set(&[&one]),
        });
        assert_eq!(program.posts("/clients", &set).await.status, 201);
        let moves = format!("UPDATE openid_client_values SET value = '{url}' WHERE kind = 'keys'");
        server.database.execute(&moves);
        let beside = server.sibling().await;
        let now = server.clock.now().seconds();
        let claims = json!({
            "iss": "robot", "sub": "robot", "aud": server.base, "jti": "a", "iat": now, "exp": now + 60,
        });
        let assertion = sign(&claims, "JWT", &one).expect("a token");
        let http = Client::new(&beside.base);
        let request = http.request(reqwest::Method::POST, "/oauth2/token").form(&[
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
        ]);
        assert_eq!(http.send(request).await.status, 401);
        assert_eq!(publisher.times(), 0);
    }
}
