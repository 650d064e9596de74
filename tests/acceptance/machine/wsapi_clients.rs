//! Who may ask the validation server, and what an administrator decides about it.

use std::time::Duration;

use keyward_actions::validation;
use keyward_core::domain::validation_client::{ValidationClientSettings, parse_addresses};
use keyward_core::flows::permit::Administrator;

use keyward_test_support::command::{keyward, keyward_reads};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::validation_client::{ValidationClient, nonce, query};

/// The program's arguments that reach the server's own database.
fn settings_of(server: &Server) -> String {
    server.folder().join("keyward.toml").display().to_string()
}

on_every_database! {
    async fn a_revoked_client_is_unknown_from_the_next_request_on(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        assert_eq!(client.asks(&key.touch()).await.status(), "OK");
        // By another process, of which the server hears nothing.
        let config = settings_of(&server);
        keyward(server.folder(), &["--config", &config, "validation", "client", "revoke", "1"]).done();
        let otp = key.touch();
        let asked = client.signed(&[("id", "1"), ("otp", &otp), ("nonce", &nonce())]);
        let reply = client.gets(&format!("/wsapi/2.0/verify?{asked}")).await;
        assert_eq!(reply.status(), "NO_SUCH_CLIENT");
        assert!(reply.is_signed_by(&[]), "nobody's key signs what is told to nobody");
        keyward(server.folder(), &["--config", &config, "validation", "client", "restore", "1"]).done();
        assert_eq!(client.asks(&otp).await.status(), "OK");
        assert_eq!(server.events("validation_client.revoked"), 1);
        assert_eq!(server.events("validation_client.restored"), 1);
    }

    async fn the_command_line_shows_a_key_once_and_takes_one_that_a_client_brings(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let config = settings_of(&server);
        let run = |more: &[&str], input: &str| {
            let mut arguments = vec!["--config", config.as_str(), "--json", "validation", "client"];
            arguments.extend(more);
            keyward_reads(server.folder(), &arguments, input)
        };
        let added = run(&["add", "--note", "VPN", "--owner", "ben", "--rate-limit", "60"], "").json();
        assert_eq!(added["id"], 1);
        let shown = added["api_key"].as_str().expect("a key").to_owned();
        let bytes = data_encoding::BASE64.decode(shown.as_bytes()).expect("base64");
        assert_eq!(bytes.len(), 20);
        let id = keyward_core::domain::validation_client::ValidationClientId::new(1).expect("above zero");
        let client = ValidationClient::new(&server.base, id, bytes);
        assert_eq!(client.asks(&key.touch()).await.status(), "OK");
        let brought = "bXkgb3duIGtleSwgZnJvbSBlbHNld2hlcmU=";
        let moved = run(&["add", "--id", "4711", "--api-key-stdin"], brought).json();
        assert_eq!((&moved["id"], moved["api_key"].as_str()), (&4711.into(), Some(brought)));
        run(&["add", "--id", "4711"], "").refused("validation_client.taken");
        run(&["add", "--api-key-stdin"], "not base64!").refused("validation_client.invalid");
        assert_eq!(run(&["add"], "").json()["id"], 4712);
        run(&["change", "4711", "--note", "mail", "--allow", "192.0.2.0/24"], "").done();
        run(&["change", "4713", "--note", "mail"], "").refused("validation_client.unknown");
        let list = run(&["list"], "");
        assert!(!list.out.contains(&shown) && !list.out.contains(brought), "{}", list.out);
        let list = list.json();
        assert_eq!(list[0]["note"], "VPN");
        assert_eq!(list[0]["rate_limit"], 60);
        assert!(list[0]["last_used_at"].is_string(), "{list}");
        assert_eq!((&list[1]["note"], &list[1]["allow"][0]), (&"mail".into(), &"192.0.2.0/24".into()));
        let plain = keyward(server.folder(), &["--config", &config, "validation", "client", "list"]).done();
        assert!(plain.contains("VPN") && plain.contains("192.0.2.0/24"), "{plain}");
        let keys = keyward(server.folder(), &["--config", &config, "validation", "otp-key", "list"]).done();
        assert!(keys.contains(&key.public_id), "{keys}");
    }

    async fn a_client_that_asks_from_elsewhere_may_not(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let addresses = parse_addresses("192.0.2.0/24").expect("a network");
        let settings = ValidationClientSettings { addresses, ..Default::default() };
        let client = server.client(settings.clone()).await;
        let otp = key.touch();
        let reply = client.asks(&otp).await;
        assert_eq!((reply.status(), reply.names()), ("OPERATION_NOT_ALLOWED", vec!["h", "t", "status"]));
        // No header moves a client where no proxy is trusted.
        assert_eq!(server.refusals("validation.refused", "address_not_allowed"), 1);
        let here = parse_addresses("127.0.0.0/8, ::1").expect("networks");
        validation::change_client(&server.app,
                &Administrator::at_command_line(),
                client.id,
                ValidationClientSettings { addresses: here, ..settings },
                None,
            )
            .await
            .expect("a client");
        assert_eq!(client.asks(&otp).await.status(), "OK", "the touch was not spent");
    }

    async fn a_client_asks_from_the_address_that_the_trusted_proxy_saw(at: At) {
        let server = Server::with(at, &[("server.trusted_proxies", "1")]).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let addresses = parse_addresses("::ffff:192.0.2.0/120, 2001:db8::/32").expect("networks");
        let settings = ValidationClientSettings { addresses, ..Default::default() };
        let client = server.client(settings).await;
        for (seen, status) in [
            ("192.0.2.9", "OK"),
            ("10.0.0.1, 192.0.2.9", "OK"),
            ("::ffff:192.0.2.9", "OK"),
            ("2001:db8::5", "OK"),
            ("[2001:db8::5]:4711", "OK"),
            ("192.0.2.9, 10.0.0.1", "OPERATION_NOT_ALLOWED"),
            ("192.0.3.9", "OPERATION_NOT_ALLOWED"),
            ("2001:db9::5", "OPERATION_NOT_ALLOWED"),
            ("192.0.2.9, nonsense", "OPERATION_NOT_ALLOWED"),
            ("", "OPERATION_NOT_ALLOWED"),
        ] {
            let asked = client.signed(&[("id", "1"), ("otp", &key.touch()), ("nonce", &nonce())]);
            let address = format!("{}/wsapi/2.0/verify?{asked}", server.base);
            let request = reqwest::Client::new().get(address).header("x-forwarded-for", seen);
            let body = request.send().await.expect("an answer").text().await.expect("a body");
            assert!(body.ends_with(&format!("\r\nstatus={status}\r\n\r\n")), "{seen}: {body}");
        }
    }

    async fn a_client_is_answered_as_often_as_it_may_ask(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.client_at_rate(3).await;
        let other = server.plain_client().await;
        // What somebody else asks in its name, unsigned by its key, takes nothing from it.
        for _ in 0..5 {
            let fields = query(&[("id", "1"), ("otp", &key.touch()), ("nonce", &nonce()), ("h", "AAAA")]);
            let reply = client.gets(&format!("/wsapi/2.0/verify?{fields}")).await;
            assert_eq!(reply.status(), "BAD_SIGNATURE");
        }
        for _ in 0..3 {
            assert_eq!(client.asks(&key.touch()).await.status(), "OK");
        }
        let otp = key.touch();
        assert_eq!(client.asks(&otp).await.status(), "OPERATION_NOT_ALLOWED");
        assert_eq!(other.asks(&otp).await.status(), "OK", "others are not held up");
        let otp = key.touch();
        server.clock.turn(Duration::from_secs(20));
        assert_eq!(client.asks(&otp).await.status(), "OK");
        assert_eq!(client.asks(&key.touch()).await.status(), "OPERATION_NOT_ALLOWED");
        // A flood of refusals is a line a minute in the trail.
        assert_eq!(server.refusals("validation.refused", "too_many"), 1);
        assert_eq!(server.refusals("validation.refused", "wrong_signature"), 1);
    }

    async fn a_client_that_must_sign_is_refused_without(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let settings = ValidationClientSettings { must_sign: true, ..Default::default() };
        let client = server.client(settings).await;
        let otp = key.touch();
        let fields = query(&[("id", "1"), ("otp", &otp), ("nonce", &nonce())]);
        let reply = client.gets(&format!("/wsapi/2.0/verify?{fields}")).await;
        assert_eq!(reply.status(), "BAD_SIGNATURE");
        assert!(reply.is_signed_by(&client.key));
        assert_eq!(client.asks(&otp).await.status(), "OK");
    }

    async fn who_has_a_key_is_told_to_clients_that_may_know(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        let mut nobodys = SoftYubikey::numbered(2);
        server.holds(&key).await;
        server.holds(&nobodys).await;
        let anna = server.user("Anna Ärmel & Söhne").await;
        anna.signs_in().await;
        assert_eq!(anna.adds_a_yubikey(&key.touch()).await.path, "/account/devices");
        let settings = ValidationClientSettings { may_see_user: true, ..Default::default() };
        let trusted = server.client(settings).await;
        let other = server.plain_client().await;
        let reply = trusted.asks(&key.touch()).await;
        assert_eq!(reply.names(), ["h", "t", "otp", "nonce", "sl", "user", "status"]);
        assert_eq!(reply.field("user"), "Anna%20%C3%84rmel%20%26%20S%C3%B6hne");
        assert_eq!(other.asks(&key.touch()).await.field("user"), "");
        assert_eq!(trusted.asks(&nobodys.touch()).await.field("user"), "");
        let otp = key.touch();
        assert_eq!(trusted.asks(&otp).await.status(), "OK");
        assert_eq!(trusted.asks(&otp).await.field("user"), "", "a replay tells nothing");
    }

    async fn the_last_use_is_kept_to_the_minute(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let last_use = || server.database.number("SELECT COALESCE(last_used_at, 0) FROM validation_clients");
        client.asks("vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv").await;
        assert_eq!(last_use(), 0, "a refusal is no use");
        client.asks(&key.touch()).await;
        let first = last_use();
        assert!(first > 0);
        server.clock.turn(Duration::from_secs(30));
        client.asks(&key.touch()).await;
        assert_eq!(last_use(), first);
        server.clock.turn(Duration::from_secs(30));
        client.asks(&key.touch()).await;
        assert!(last_use() >= first + 60_000);
    }
}
