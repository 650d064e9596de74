//! The keys that sign tokens, as whoever verifies them sees them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use keyward_actions::openid_key::{published, sign, tend};
use keyward_core::domain::json_web_key::{Algorithm, JwkSet, SigningAlgorithm};
use keyward_core::protocols::jose::{self, Expectation, Refusal};
use keyward_test_support::client::Client;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

const DAY: Duration = Duration::from_hours(24);

/// The names of published keys, by algorithm.
fn names(set: &Value) -> BTreeMap<String, Vec<String>> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for key in set["keys"].as_array().expect("keys") {
        let text = |name: &str| key[name].as_str().expect(name).to_owned();
        names.entry(text("alg")).or_default().push(text("kid"));
    }
    names
}

async fn token(server: &Server, algorithm: SigningAlgorithm) -> String {
    let claims = json!({
        "iss": "us", "aud": "wiki", "exp": server.app.now().seconds() + 60 * 86_400,
    });
    let signed = sign(&server.app, algorithm, "JWT", claims).await;
    signed.expect("a token")
}

async fn verified(server: &Server, token: &str) -> Result<(), Refusal> {
    let keys = published(&server.app).await.expect("keys");
    let expected = Expectation {
        issuer: "us",
        audiences: &["wiki"],
        algorithms: Algorithm::ALL,
        types: Expectation::PLAIN,
        leeway: Duration::ZERO,
        even_expired: false,
    };
    jose::verify(token, &keys, &expected, server.app.now()).map(drop)
}

fn states(server: &Server) -> Vec<String> {
    let statement =
        "SELECT algorithm || ' ' || state AS line FROM openid_keys ORDER BY algorithm, state";
    server.database.lines(statement)
}

on_every_database! {
    async fn the_public_keys_are_there_for_everybody_and_nothing_else_of_them(at: At) {
        let server = Server::start(at).await;
        let page = server.browser().get("/oauth2/jwks").await;
        assert_eq!((page.status, page.header("content-type")), (200, "application/jwk-set+json"));
        assert_eq!(page.header("cache-control"), "public, max-age=300");
        assert_eq!(page.header("access-control-allow-origin"), "*");
        assert!(page.headers.get("set-cookie").is_none());
        let names = names(&page.json());
        assert_eq!(names.keys().collect::<Vec<_>>(), ["ES256", "RS256"]);
        let set = JwkSet::parse(page.body.as_bytes()).expect("a set of public keys");
        for key in set.keys() {
            assert_eq!(key.kid.as_deref(), Some(key.key.thumbprint().as_str()));
        }
        assert_eq!(server.events("openid_key.added"), 2);
        assert_eq!(server.browser().get("/oauth2/jwks").await.body, page.body);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM browser_sessions"), 0);
    }

    async fn attack_many_ask_for_keys_that_are_not_there_yet(at: At) {
        let server = Server::start(at).await;
        let sibling = server.sibling().await;
        let asking = (0..16).map(|number| {
            let browser = if number % 2 == 0 { server.browser() } else { Client::new(&sibling.base) };
            async move { browser.get("/oauth2/jwks").await.json() }
        });
        let sets = futures_util::future::join_all(asking).await;
        assert_eq!(states(&server), ["ES256 active", "RS256 active"]);
        assert!(sets.iter().all(|set| names(set) == names(&sets[0])), "{sets:#?}");
        assert_eq!(server.events("openid_key.added"), 2);
    }

    async fn a_rotation_by_command_lets_the_key_sign_that_was_published_ahead(at: At) {
        let server = Server::with(at, &[("openid.algorithms", "[\"ES256\"]")]).await;
        let signed = token(&server, SigningAlgorithm::Es256).await;
        assert_eq!(tend(&server.app).await.expect("a database"), 0);
        assert_eq!(states(&server), ["ES256 active", "ES256 next"]);
        let next = server.database.text("SELECT kid FROM openid_keys WHERE state = 'next'");
        let page = server.browser().get("/oauth2/jwks").await;
        assert!(names(&page.json())["ES256"].contains(&next), "{}", page.body);
        let rotated = keyward(server.folder(), &["openid-key", "rotate", "--json"]).json();
        assert_eq!(rotated, json!([{ "algorithm": "ES256", "kid": next }]));
        assert_eq!(states(&server), ["ES256 active", "ES256 next", "ES256 retired"]);
        // The server sees what the command did.
        while names(&server.browser().get("/oauth2/jwks").await.json())["ES256"].len() < 3 {}
        let later = token(&server, SigningAlgorithm::Es256).await;
        let header = later.split('.').next().expect("a header");
        let header = data_encoding::BASE64URL_NOPAD.decode(header.as_bytes()).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        assert_eq!(header["kid"], json!(next));
        assert_eq!(verified(&server, &signed).await, Ok(()));
        let list = keyward(server.folder(), &["openid-key", "list", "--json"]).json();
        assert_eq!(list.as_array().map(Vec::len), Some(3), "{list}");
        assert!(!list.to_string().contains("private"), "{list}");
        keyward(server.folder(), &["openid-key", "rotate", "--algorithm", "RS256"])
            .refused("openid_key.not_offered");
        let rotated = keyward(server.folder(), &["openid-key", "rotate", "--at-once"]).done();
        assert!(rotated.contains("signs now"), "{rotated}");
        // The first one's tokens are good still; those of the one that was ended at once are not.
        assert_eq!(verified(&server, &signed).await, Ok(()));
        while names(&server.browser().get("/oauth2/jwks").await.json())["ES256"].contains(&next) {}
        assert_eq!(server.events("openid_key.rotated"), 2);
    }

    async fn a_key_signs_for_as_long_as_it_should_and_is_known_until_its_last_token_is_over(at: At) {
        let settings = [("openid.algorithms", "[\"ES256\"]"), ("openid.key_rotation", "\"30d\"")];
        let server = Server::with(at, &settings).await;
        let signed = token(&server, SigningAlgorithm::Es256).await;
        let first = server.database.text("SELECT kid FROM openid_keys WHERE state = 'active'");
        server.clock.turn(DAY * 31);
        // What was not published before does not sign yet.
        assert_eq!(tend(&server.app).await.expect("a database"), 0);
        assert_eq!(states(&server), ["ES256 active", "ES256 next"]);
        server.clock.turn(DAY);
        assert_eq!(tend(&server.app).await.expect("a database"), 1);
        assert_eq!(tend(&server.app).await.expect("a database"), 0);
        assert_eq!(states(&server), ["ES256 active", "ES256 next", "ES256 retired"]);
        assert_eq!(verified(&server, &signed).await, Ok(()));
        // A session lasts seven days.
        server.clock.turn(DAY * 8);
        assert_eq!(verified(&server, &signed).await, Err(Refusal::UnknownKey));
        keyward_actions::sweep::remove_expired(&server.app).await.expect("a database");
        let kept = format!("SELECT COUNT(*) FROM openid_keys WHERE kid = '{first}'");
        assert_eq!(server.database.number(&kept), 0);
    }

    async fn attack_a_private_key_is_read_from_the_database(at: At) {
        let server = Server::start(at).await;
        server.browser().get("/oauth2/jwks").await;
        // The front of an elliptic curve's key, and of an RSA key, in PKCS#8.
        let fronts: [&[u8]; 2] = [
            b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01",
            b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01",
        ];
        let stolen = server.database.stolen();
        for front in fronts {
            assert!(!stolen.windows(front.len()).any(|part| part == front));
        }
        // Nor does a row stand in for another.
        server.database.execute(
            "UPDATE openid_keys SET private_key = (SELECT private_key FROM openid_keys \
             WHERE algorithm = 'RS256') WHERE algorithm = 'ES256'",
        );
        server.database.execute("UPDATE tallies SET number = number + 1 WHERE name = 'openid_key_changes'");
        let sibling = server.sibling().await;
        let page = Client::new(&sibling.base).get("/oauth2/jwks").await;
        assert_eq!((page.status, page.code().as_str()), (500, "master_key.wrong"), "{}", page.body);
    }
}
