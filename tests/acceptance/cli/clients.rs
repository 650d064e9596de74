//! `keyward client`: applications that people sign in to by OpenID Connect.

use std::time::Duration;

use serde_json::{Value, json};

use keyward_actions::openid_client::registered;
use keyward_core::domain::openid_client::ClientId;
use keyward_test_support::command::{Said, keyward, keyward_reads};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

const CALLBACK: &str = "https://wiki.example.org/callback";

fn client(server: &Server, arguments: &[&str]) -> Said {
    let arguments = [&["client"], arguments].concat();
    keyward(server.folder(), &arguments)
}

fn added(server: &Server, arguments: &[&str]) -> Value {
    let arguments = [&["client", "add"], arguments, &["--json"]].concat();
    keyward(server.folder(), &arguments).json()
}

fn shown(server: &Server, client: &str) -> Value {
    keyward(server.folder(), &["client", "show", client, "--json"]).json()
}

/// Whether what a client shows is a secret of it, at the endpoints.
async fn is_taken(server: &Server, client: &str, secret: &str) -> bool {
    let id = ClientId::parse(client).expect("an id");
    let found = registered(&server.app, &id).await.expect("a database");
    found.is_some_and(|client| client.has_secret(secret, server.app.now()))
}

on_every_database! {
    async fn a_client_is_added_shown_changed_and_removed(at: At) {
        let server = Server::start(at).await;
        let wiki = added(&server, &["Wiki", "--client-id", "wiki", "--redirect-uri", CALLBACK]);
        assert_eq!(wiki["client_id"], json!("wiki"));
        let secret = wiki["client_secret"].as_str().expect("a secret").to_owned();
        assert!(secret.starts_with("kwc_") && secret.len() == 47, "{secret}");
        let told = shown(&server, "wiki");
        for (field, value) in [
            ("authentication", json!("client_secret_basic")),
            ("redirect_uris", json!([CALLBACK])),
            ("grants", json!(["authorization_code", "refresh_token"])),
            ("scopes", json!(["email", "openid", "profile"])),
            ("access", json!("anyone")),
            ("subject", json!("public")),
            ("access_token", json!("opaque")),
            ("id_token_algorithm", json!("RS256")),
            ("asks_consent", json!(false)),
            ("requires_pkce", json!(true)),
        ] {
            assert_eq!(told[field], value, "{told}");
        }
        assert!(!told.to_string().contains(&secret), "the secret is shown again");
        let stolen = server.database.stolen();
        assert!(!stolen.windows(secret.len()).any(|part| part == secret.as_bytes()));
        let generated = added(&server, &["Shop", "--redirect-uri", "https://shop.example.org/cb"]);
        assert_eq!(generated["client_id"].as_str().map(str::len), Some(16), "{generated}");
        let list = client(&server, &["list"]).done();
        assert!(list.contains("wiki") && list.contains("Shop"), "{list}");

        let changes = ["set", "Wiki", "--rename", "Notes", "--subject", "pairwise",
            "--id-token-algorithm", "ES256", "--access", "anyone phishing-resistant within 1h",
            "--consent", "yes", "--backchannel-logout-uri", "https://wiki.example.org/out"];
        client(&server, &changes).done();
        let told = shown(&server, "notes");
        assert_eq!(told["access"], json!("anyone phishing-resistant within 1h"));
        assert_eq!((&told["subject"], &told["asks_consent"]), (&json!("pairwise"), &json!(true)));
        assert_eq!(told["backchannel_logout_uri"], json!("https://wiki.example.org/out"));
        assert_eq!(told["redirect_uris"], json!([CALLBACK]), "what is not named stays");
        client(&server, &["remove", "wiki"]).refused("command.unconfirmed");
        client(&server, &["remove", "wiki", "--yes"]).done();
        client(&server, &["show", "wiki"]).refused("openid_client.unknown");
        for (kind, times) in [("added", 2), ("changed", 1), ("removed", 1)] {
            assert_eq!(server.events(&format!("openid_client.{kind}")), times, "{kind}");
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM openid_client_secrets"), 1);
    }

    async fn of_two_secrets_the_one_before_works_for_a_day_unless_it_was_stolen(at: At) {
        let server = Server::start(at).await;
        let wiki = added(&server, &["Wiki", "--client-id", "wiki", "--redirect-uri", CALLBACK]);
        let first = wiki["client_secret"].as_str().expect("a secret").to_owned();
        let rotated = |more: &[&str]| {
            let arguments = [&["client", "rotate", "wiki", "--json"], more].concat();
            let said = keyward(server.folder(), &arguments).json();
            said["client_secret"].as_str().expect("a secret").to_owned()
        };
        let second = rotated(&[]);
        while !is_taken(&server, "wiki", &second).await {}
        assert!(is_taken(&server, "wiki", &first).await);
        server.clock.turn(Duration::from_hours(25));
        assert!(!is_taken(&server, "wiki", &first).await);
        assert!(is_taken(&server, "wiki", &second).await);
        let third = rotated(&["--at-once"]);
        while is_taken(&server, "wiki", &second).await {}
        assert!(is_taken(&server, "wiki", &third).await);
        assert_eq!(server.events("openid_client.secret_rotated"), 2);
        // Who proves itself in another way has no secret.
        client(&server, &["set", "wiki", "--authentication", "none"]).done();
        assert_eq!(server.database.number("SELECT COUNT(*) FROM openid_client_secrets"), 0);
        client(&server, &["rotate", "wiki"]).refused("openid_client.invalid");
    }

    async fn a_client_brings_its_secret_or_its_keys_along(at: At) {
        let server = Server::start(at).await;
        let secret = "a-secret-of-256-random-bits-as-another-server-made-it";
        let arguments = ["client", "add", "Wiki", "--client-id", "wiki", "--redirect-uri", CALLBACK,
            "--secret-stdin"];
        keyward_reads(server.folder(), &arguments, "short\n").refused("openid_client.invalid");
        let said = keyward_reads(server.folder(), &arguments, &format!("{secret}\n")).done();
        assert!(!said.contains(secret), "{said}");
        while !is_taken(&server, "wiki", secret).await {}
        let keys = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        std::fs::write(server.folder().join("keys.json"), keys).expect("a file");
        let program = ["Program", "--client-id", "program", "--grant", "client_credentials",
            "--authentication", "private_key_jwt", "--keys", "keys.json", "--scope", "payroll:read"];
        let told = added(&server, &program);
        assert_eq!(told["client_secret"], json!(null));
        let told = shown(&server, "program");
        assert!(told["keys"].as_str().expect("keys").contains("11qYAYKxCrfVS"), "{told}");
        assert_eq!((&told["redirect_uris"], &told["scopes"]), (&json!([]), &json!(["payroll:read"])));
    }

    async fn what_a_client_cannot_be_is_refused_and_said(at: At) {
        let server = Server::start(at).await;
        added(&server, &["Wiki", "--client-id", "wiki", "--redirect-uri", CALLBACK]);
        let add = |more: &[&str]| {
            let arguments = [&["add"], more].concat();
            client(&server, &arguments)
        };
        let with = ["--redirect-uri", CALLBACK];
        for (arguments, why) in [
            (vec!["Shop"], "at least one redirect address"),
            (vec!["Shop", "--redirect-uri", "http://shop.example.org/cb"], "without TLS"),
            (vec!["Shop", "--redirect-uri", "https://*.example.org/cb"], "stand in no address"),
            (vec!["Shop", "--redirect-uri", "org.example.shop:/cb"], "public clients"),
            ([vec!["Shop", "--client-id", "a b"], with.to_vec()].concat(), "1 to 64 letters"),
            ([vec!["Shop", "--access", "bypass"], with.to_vec()].concat(), "without being asked"),
            ([vec!["Shop", "--scope", "openid payroll:read"], with.to_vec()].concat(), "client_credentials"),
            ([vec!["Shop", "--id-token-algorithm", "EdDSA"], with.to_vec()].concat(), "openid.algorithms"),
            ([vec!["Shop", "--authentication", "private_key_jwt"], with.to_vec()].concat(), "public keys"),
        ] {
            let line = add(&arguments).refused("openid_client.invalid");
            assert!(line.contains(why), "{line}");
        }
        let twice = [vec!["wiki "], with.to_vec()].concat();
        add(&twice).refused("openid_client.taken");
        let twice = [vec!["Shop", "--client-id", "wiki"], with.to_vec()].concat();
        add(&twice).refused("openid_client.taken");
        let unknown = [vec!["Shop", "--access", "group:staff"], with.to_vec()].concat();
        add(&unknown).refused("group.unknown");
        let unknown = [vec!["Shop", "--access", "user:anna"], with.to_vec()].concat();
        add(&unknown).refused("user.unknown");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM openid_clients"), 1);
    }

    async fn a_client_whose_groups_and_users_are_gone_lets_nobody_in(at: At) {
        let server = Server::start(at).await;
        server.user("anna").await;
        keyward(server.folder(), &["group", "add", "staff"]).done();
        let access = ["Wiki", "--client-id", "wiki", "--redirect-uri", CALLBACK, "--access",
            "group:staff,user:anna"];
        added(&server, &access);
        assert_eq!(shown(&server, "wiki")["access"], json!("group:staff,user:anna"));
        keyward(server.folder(), &["group", "remove", "staff", "--yes"]).done();
        assert_eq!(shown(&server, "wiki")["access"], json!("user:anna"));
        // A group of the same name is another one.
        keyward(server.folder(), &["group", "add", "staff"]).done();
        assert_eq!(shown(&server, "wiki")["access"], json!("user:anna"));
        keyward(server.folder(), &["user", "delete", "anna", "--yes"]).done();
        assert_eq!(shown(&server, "wiki")["access"], json!("deny"));
    }
}
