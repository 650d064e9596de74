//! Clients of the OpenID provider, as programs read and change them.

use std::time::Duration;

use serde_json::{Value, json};

use keyward_actions::openid_client::registered;
use keyward_core::domain::openid_client::ClientId;
use keyward_test_support::api::Program;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::server::Server;

const CALLBACK: &str = "https://wiki.example.org/callback";

fn wiki() -> Value {
    json!({ "name": "Wiki", "client_id": "wiki", "redirect_uris": [CALLBACK] })
}

/// Where a client that was created is, and its secret.
fn made(answer: &Page) -> (String, String) {
    assert_eq!(answer.status, 201, "{}", answer.body);
    let path = answer.header("location").strip_prefix("/api/v1");
    let secret = answer.json()["client_secret"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (path.expect("an address").to_owned(), secret)
}

async fn rotated(program: &Program, path: &str, body: Value) -> Value {
    let answer = program.posts(&format!("{path}/rotate"), &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

/// Whether what a client shows is a secret of it, at the endpoints.
async fn is_taken(server: &Server, secret: &str) -> bool {
    let id = ClientId::parse("wiki").expect("an id");
    let found = registered(&server.app, &id).await.expect("a database");
    found.is_some_and(|client| client.has_secret(secret, server.app.now()))
}

on_every_database! {
    async fn a_client_is_created_read_changed_and_deleted(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["openid-clients:write"]).await;
        let answer = program.posts("/clients", &wiki()).await;
        let (path, secret) = made(&answer);
        assert!(secret.starts_with("kwc_") && is_taken(&server, &secret).await, "{secret}");
        let read = program.gets(&path).await;
        assert_eq!(read.json(), answer.json()["client"]);
        assert!(!read.body.contains(&secret), "the secret is told again");
        for (field, value) in [
            ("client_id", json!("wiki")),
            ("authentication", json!("client_secret_basic")),
            ("grants", json!(["authorization_code", "refresh_token"])),
            ("scopes", json!(["email", "openid", "profile"])),
            ("access", json!("anyone")),
            ("requires_pkce", json!(true)),
        ] {
            assert_eq!(read.json()[field], value, "{}", read.body);
        }
        keyward(server.folder(), &["group", "add", "staff"]).done();
        let change = json!({
            "name": "Notes", "access": "group:staff phishing-resistant within 1h", "subject": "pairwise",
            "id_token_algorithm": "ES256", "asks_consent": true, "contact": "it@example.org",
            "backchannel_logout_uri": "https://wiki.example.org/out",
            "scopes": ["openid", "groups", "offline_access"],
        });
        let tag = read.header("etag").to_owned();
        let changed = program.patches(&path, &tag, &change).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        assert_eq!(changed.json()["redirect_uris"], json!([CALLBACK]), "what is not named stays");
        for (field, value) in change.as_object().expect("an object") {
            let told = &changed.json()[field];
            match field.as_str() {
                "scopes" => assert_eq!(told, &json!(["groups", "offline_access", "openid"])),
                _ => assert_eq!(told, value, "{field}"),
            }
        }
        let bare = json!({ "backchannel_logout_uri": null });
        let bare = program.patches(&path, "*", &bare).await;
        assert_eq!(bare.json()["backchannel_logout_uri"], Value::Null, "{}", bare.body);
        assert!(is_taken(&server, &secret).await, "a change leaves the secret");
        assert_eq!(program.deletes(&path).await.status, 204);
        let gone = program.gets(&path).await;
        assert_eq!((gone.status, gone.code().as_str()), (404, "openid_client.unknown"));
        assert_eq!(program.deletes(&path).await.code(), "openid_client.unknown");
        for (kind, times) in [("added", 1), ("changed", 2), ("removed", 1)] {
            let of_program = format!("SELECT COUNT(*) FROM events WHERE kind = 'openid_client.{kind}' AND api_token = 'program 0'");
            assert_eq!(server.database.number(&of_program), times, "{kind}");
        }
    }

    async fn a_lost_update_of_a_client_is_refused(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["openid-clients:write"]).await;
        let (path, _) = made(&program.posts("/clients", &wiki()).await);
        let bare = program.request(reqwest::Method::PATCH, &path).json(&json!({ "name": "Notes" }));
        assert_eq!(program.send(bare).await.code(), "resource.unconditional");
        let tag = program.gets(&path).await.header("etag").to_owned();
        let changes: Vec<Value> = (0..6).map(|one| json!({ "name": format!("Notes {one}") })).collect();
        let answers = changes.iter().map(|change| program.patches(&path, &tag, change));
        let answers = futures_util::future::join_all(answers).await;
        let mut seen: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        seen.sort_unstable();
        assert_eq!(seen, [200, 412, 412, 412, 412, 412]);
        let lost = program.patches(&path, &tag, &json!({ "name": "Shop" })).await;
        assert_eq!((lost.status, lost.code().as_str()), (412, "resource.overtaken"));
        // A new secret is a change that whoever read before has not seen.
        let tag = program.gets(&path).await.header("etag").to_owned();
        rotated(&program, &path, json!({})).await;
        assert_eq!(program.patches(&path, &tag, &json!({ "name": "Shop" })).await.status, 412);
        assert_eq!(server.events("openid_client.changed"), 1);
    }

    async fn a_client_is_created_once_and_its_secret_told_again_to_the_same_request_alone(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["openid-clients:write"]).await;
        let new = json!({ "name": "Wiki", "redirect_uris": [CALLBACK] });
        let one = program.posts_once("/clients", "k1", &new).await;
        let (path, secret) = made(&one);
        assert_eq!(program.posts_once("/clients", "k1", &new).await.body, one.body);
        let reused = program.posts_once("/clients", "k1", &wiki()).await;
        assert_eq!((reused.status, reused.code().as_str()), (422, "request.key_reused"));
        assert_eq!(program.posts("/clients", &new).await.code(), "openid_client.taken");
        // As the row is where the server ends between the creation and the answer.
        server.database.execute("UPDATE answered_requests SET answer = NULL");
        assert_eq!(program.posts_once("/clients", "k1", &new).await.body, one.body);
        let rotate = format!("{path}/rotate");
        let asks = (0..4).map(|_| async { program.posts_once(&rotate, "k2", &json!({})).await });
        let answers = futures_util::future::join_all(asks).await;
        assert!(answers.iter().all(|one| one.status == 201 && one.body == answers[0].body), "{answers:#?}");
        assert_eq!(server.events("openid_client.secret_rotated"), 1);
        let stolen = server.database.stolen();
        for secret in [secret, answers[0].json()["client_secret"].as_str().expect("a secret").to_owned()] {
            assert!(!stolen.windows(secret.len()).any(|part| part == secret.as_bytes()), "a secret lies open");
        }
    }

    async fn of_two_secrets_the_one_before_works_for_a_day_unless_it_was_stolen(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["openid-clients:write"]).await;
        let (path, first) = made(&program.posts("/clients", &wiki()).await);
        let told = rotated(&program, &path, json!({})).await;
        let second = told["client_secret"].as_str().expect("a secret").to_owned();
        assert!(told["former_secret_until"].is_string(), "{told}");
        assert!(is_taken(&server, &first).await && is_taken(&server, &second).await);
        server.clock.turn(Duration::from_hours(24));
        assert!(!is_taken(&server, &first).await);
        let told = rotated(&program, &path, json!({ "at_once": true })).await;
        assert_eq!(told["former_secret_until"], Value::Null, "{told}");
        assert!(!is_taken(&server, &second).await);
        assert_eq!(server.events("openid_client.secret_rotated"), 2);
    }

    async fn a_client_brings_its_secret_or_its_keys_along(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["openid-clients:write"]).await;
        let secret = "a-secret-of-256-random-bits-as-another-server-made-it";
        let mut new = wiki();
        new["client_secret"] = json!(secret);
        let answer = program.posts("/clients", &new).await;
        assert_eq!(answer.json()["client_secret"], Value::Null, "{}", answer.body);
        assert!(is_taken(&server, secret).await);
        let shared = json!({ "name": "Shop", "redirect_uris": ["https://shop.example.org/cb"], "client_secret": secret });
        let shared = program.posts("/clients", &shared).await;
        assert_eq!((shared.status, shared.code().as_str()), (400, "openid_client.invalid"), "{}", shared.body);
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        let robot = json!({
            "name": "Robot", "grants": ["client_credentials"], "scopes": ["payroll:read"],
            "authentication": "private_key_jwt", "keys": key.to_string(),
        });
        let robot = program.posts("/clients", &robot).await;
        let (path, none) = made(&robot);
        assert_eq!(none, "");
        let read = program.gets(&path).await.json();
        assert!(read["keys"].as_str().is_some_and(|keys| keys.contains("11qYAYKxCrfVS")), "{read}");
        let refused = program.posts(&format!("{path}/rotate"), &json!({})).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "openid_client.invalid"));
        // What is told can be sent back.
        let same = json!({ "authentication": "private_key_jwt", "keys": read["keys"] });
        assert_eq!(program.patches(&path, "*", &same).await.status, 200);
        let at = json!({ "keys": "https://robot.example.org/keys" });
        let at = program.patches(&path, "*", &at).await;
        assert_eq!((at.status, &at.json()["keys"]), (200, &json!("https://robot.example.org/keys")), "{}", at.body);
    }

    async fn what_a_client_cannot_be_is_refused_and_said_to_programs(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["openid-clients:write"]).await;
        let with = |field: &str, value: Value| {
            let mut new = wiki();
            new[field] = value;
            new
        };
        let many: Vec<String> = (0..65).map(|one| format!("{CALLBACK}/{one}")).collect();
        for (new, status, code, why) in [
            (json!({ "name": "Wiki" }), 400, "openid_client.invalid", "at least one redirect address"),
            (with("name", json!(" ")), 400, "openid_client.invalid", "1 to 64"),
            (with("name", json!("a".repeat(65))), 400, "openid_client.invalid", "1 to 64"),
            (with("client_id", json!("a b")), 400, "openid_client.invalid", "1 to 64 letters"),
            (with("client_secret", json!("short")), 400, "openid_client.invalid", "43 to 256"),
            (with("redirect_uris", json!(["http://wiki.example.org/cb"])), 400, "openid_client.invalid", "without TLS"),
            (with("redirect_uris", json!(["https://*.example.org/cb"])), 400, "openid_client.invalid", "stand in no address"),
            (with("redirect_uris", json!(many)), 400, "openid_client.invalid", "64 addresses"),
            (with("authentication", json!("client_secret_jwt")), 400, "openid_client.invalid", "one of none"),
            (with("authentication", json!("tls_client_auth")), 400, "openid_client.invalid", "of whom"),
            (with("certificate", json!("dns:wiki.example.org")), 400, "openid_client.invalid", "tls_client_auth alone"),
            (with("authentication", json!("private_key_jwt")), 400, "openid_client.invalid", "public keys"),
            (with("keys", json!("{}")), 400, "openid_client.invalid", "keys"),
            (with("grants", json!(["implicit"])), 400, "openid_client.invalid", "no grant is called \"implicit\""),
            (with("grants", json!([])), 400, "openid_client.invalid", "without a grant"),
            (with("scopes", json!(["openid", "a b"])), 400, "openid_client.invalid", "a scope has"),
            (with("access", json!("bypass")), 400, "openid_client.invalid", "without being asked"),
            (with("access", json!("somebody")), 400, "openid_client.invalid", "somebody other"),
            (with("access", json!("group:nobodys")), 404, "group.unknown", "nobodys"),
            (with("access", json!("user:nobody")), 404, "user.unknown", "nobody"),
            (with("subject", json!("secret")), 400, "openid_client.invalid", "no subject"),
            (with("id_token_algorithm", json!("none")), 400, "openid_client.invalid", "no algorithm"),
            (with("id_token_algorithm", json!("HS256")), 400, "openid_client.invalid", "no algorithm"),
            (with("backchannel_logout_uri", json!("ftp://wiki.example.org/")), 400, "openid_client.invalid", "https://"),
            (with("frontchannel", json!("x")), 400, "request.malformed", "frontchannel"),
        ] {
            let answer = program.posts("/clients", &new).await;
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{new}: {}", answer.body);
            assert!(answer.body.contains(&why.replace('"', "\\\"")), "{new}: {}", answer.body);
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM openid_clients"), 0);
    }

    /// A token for the validation server's clients says nothing of those who sign people in.
    async fn attack_a_token_for_clients_of_the_validation_server_reaches_those_of_openid(at: At) {
        let server = Server::start(at).await;
        let owner = server.program(&["openid-clients:write"]).await;
        let (path, _) = made(&owner.posts("/clients", &wiki()).await);
        let other = server.program(&["clients:write", "applications:write"]).await;
        let reader = server.program(&["openid-clients:read"]).await;
        assert_eq!(reader.gets("/clients").await.json()["items"][0]["name"], "Wiki");
        let stolen = json!({ "redirect_uris": ["https://evil.example.org/cb"] });
        for program in [&other, &reader] {
            for answer in [
                program.posts("/clients", &wiki()).await,
                program.patches(&path, "*", &stolen).await,
                program.posts(&format!("{path}/rotate"), &json!({})).await,
                program.deletes(&path).await,
            ] {
                assert_eq!((answer.status, answer.code().as_str()), (403, "api_token.scope"), "{}", answer.body);
            }
        }
        assert_eq!(other.gets(&path).await.code(), "api_token.scope");
        assert_eq!(owner.gets(&path).await.json()["redirect_uris"], json!([CALLBACK]));
    }
}
