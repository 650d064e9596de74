//! Races over one OTP, and what a crash must not forget.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use keyward_actions::App;
use keyward_actions::start::Migrations;
use keyward_actions::validation;
use keyward_core::clock::{SystemClock, SystemEntropy};
use keyward_core::domain::validation_client::{ValidationClientId, ValidationClientSettings};
use keyward_core::flows::permit::Administrator;
use keyward_core::protocols::yubico::{PublicId, SlotSecret};
use keyward_settings::{Environment, Settings};
use secrecy::ExposeSecret as _;

use keyward_test_support::backends::At;
use keyward_test_support::command::{Serving, keyward};
use keyward_test_support::on_every_database;
use keyward_test_support::postgres::Postgres;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::validation_client::{ValidationClient, nonce};

/// How many answers had each status.
fn counted<'a>(replies: impl IntoIterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for status in replies {
        *counts.entry(status).or_default() += 1;
    }
    counts
}

on_every_database! {
    async fn of_hundreds_of_requests_over_one_otp_one_is_ok(at: At) {
        let server = Server::with(at, &[("server.workers", "2")]).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        for _ in 0..3 {
            let otp = key.touch();
            let replies = join_all((0..200).map(|_| client.asks(&otp))).await;
            let counts = counted(replies.iter().map(|reply| reply.status()));
            assert_eq!(counts, BTreeMap::from([("OK", 1), ("REPLAYED_OTP", 199)]));
        }
    }

    async fn of_one_request_sent_again_and_again_one_is_ok(at: At) {
        let server = Server::with(at, &[("server.workers", "2")]).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let (otp, nonce) = (key.touch(), nonce());
        let replies = join_all((0..200).map(|_| client.asks_with(&otp, &nonce, &[]))).await;
        let counts = counted(replies.iter().map(|reply| reply.status()));
        assert_eq!(counts, BTreeMap::from([("OK", 1), ("REPLAYED_REQUEST", 199)]));
    }

    async fn the_newest_of_racing_touches_wins(at: At) {
        let server = Server::with(at, &[("server.workers", "2")]).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let touches: Vec<String> = (0..60).map(|_| key.touch()).collect();
        let replies = join_all(touches.iter().map(|otp| client.asks(otp))).await;
        assert_eq!(replies.last().expect("some").status(), "OK", "nothing newer came");
        assert!(replies.iter().all(|r| matches!(r.status(), "OK" | "REPLAYED_OTP")));
        // Whatever was accepted, all of it is over now.
        for otp in &touches {
            assert_eq!(client.asks(otp).await.status(), "REPLAYED_OTP");
        }
    }

    async fn a_sign_in_and_a_client_do_not_both_get_in_with_one_otp(at: At) {
        let server = Server::with(at, &[("server.workers", "2")]).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let enrolling = key.touch();
        assert_eq!(anna.adds_a_yubikey(&enrolling).await.path, "/account/devices");
        assert_eq!(client.asks(&enrolling).await.status(), "REPLAYED_OTP");
        for _ in 0..5 {
            let otp = key.touch();
            let browser = anna.elsewhere(&server.base);
            let page = browser.types_password().await;
            let (answer, reply) = tokio::join!(browser.touches(&page, &otp), client.asks(&otp));
            let is_in = answer.path == "/account";
            assert_ne!(is_in, reply.status() == "OK", "{} {}", answer.path, reply.status());
        }
    }
}

#[tokio::test]
async fn of_requests_to_two_servers_on_one_postgresql_one_is_ok() {
    let one = Server::with(At::Postgres, &[("server.workers", "2")]).await;
    let two = one.sibling().await;
    let mut key = SoftYubikey::numbered(1);
    one.holds(&key).await;
    let client = one.plain_client().await;
    let there = client.at(&two.base);
    for _ in 0..3 {
        let otp = key.touch();
        let both = (0..200).map(|number| match number % 2 {
            0 => client.asks(&otp),
            _ => there.asks(&otp),
        });
        let replies = join_all(both).await;
        let counts = counted(replies.iter().map(|reply| reply.status()));
        assert_eq!(counts, BTreeMap::from([("OK", 1), ("REPLAYED_OTP", 199)]));
    }
    // Revoked at one, unknown at the other at once.
    validation::switch_client(
        &one.app,
        &Administrator::at_command_line(),
        client.id,
        false,
    )
    .await
    .expect("a client");
    let otp = key.touch();
    let asked = there.signed(&[("id", "1"), ("otp", &otp), ("nonce", &nonce())]);
    let reply = there.gets(&format!("/wsapi/2.0/verify?{asked}")).await;
    assert_eq!(reply.status(), "NO_SUCH_CLIENT");
}

/// The database of a folder, opened to prepare it.
async fn app(folder: &std::path::Path) -> App {
    let settings = Settings::load(Some(&folder.join("keyward.toml")), Environment::empty());
    let settings = settings.expect("good settings");
    let (clock, entropy) = (
        std::sync::Arc::new(SystemClock),
        std::sync::Arc::new(SystemEntropy),
    );
    App::open(settings, Migrations::Apply, clock, entropy)
        .await
        .unwrap_or_else(|problem| panic!("{problem:?}"))
}

#[tokio::test]
async fn nothing_that_was_answered_ok_is_forgotten_by_a_crash_on_sqlite() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let url = format!("sqlite://{}/keyward.db", folder.path().display());
    crash_and_replay(folder.path(), &url).await;
}

#[tokio::test]
async fn nothing_that_was_answered_ok_is_forgotten_by_a_crash_on_postgresql() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let database = Postgres::shared().database();
    crash_and_replay(folder.path(), &database.url).await;
}

/// `kill -9` in the middle of a load, again and again: what was answered OK stays spent.
async fn crash_and_replay(folder: &std::path::Path, database: &str) {
    std::fs::write(
        folder.join("keyward.toml"),
        format!(
            "database.url = \"{database}\"\nsecrets.master_key_file = \"{}/master.key\"\n",
            folder.display()
        ),
    )
    .expect("the folder is ours");
    let app = app(folder).await;
    let administrator = Administrator::at_command_line();
    let (id, api_key) = validation::add_client(
        &app,
        &administrator,
        None,
        ValidationClientSettings::default(),
        keyward_actions::validation::NewClientKey::Generate,
    )
    .await
    .expect("a client");
    let api_key = data_encoding::BASE64.decode(api_key.expose_secret().as_bytes());
    let api_key = api_key.expect("base64");
    let mut keys: Vec<SoftYubikey> = (0..16).map(SoftYubikey::numbered).collect();
    for key in &keys {
        let public_id = PublicId::parse(&key.public_id).expect("a public id");
        let secret = SlotSecret::new(key.private_id, key.secret);
        validation::hold_otp_key(&app, &administrator, public_id, &secret, None, "")
            .await
            .expect("a new key");
    }
    drop(app);
    let mut acknowledged = Vec::new();
    for _ in 0..4 {
        let serving = Serving::start(folder, &[]);
        let base = format!("http://127.0.0.1:{}", serving.port);
        let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
        let callers: Vec<_> = keys
            .iter()
            .map(|key| {
                tokio::spawn(asks_until_it_dies(
                    base.clone(),
                    id,
                    api_key.clone(),
                    key.clone(),
                    told.clone(),
                ))
            })
            .collect();
        drop(told);
        let mut heard = Vec::new();
        // In the middle of things: the callers go on while the signal is on its way.
        while heard.len() < 100 {
            heard.push(hears.recv().await.expect("the server answers"));
        }
        serving.signal("KILL");
        while let Some(otp) = hears.recv().await {
            heard.push(otp);
        }
        keys.clear();
        for caller in callers {
            keys.push(caller.await.expect("no caller panics"));
        }
        acknowledged.extend(heard);
        drop(serving);
    }
    let serving = Serving::start(folder, &[]);
    let client = ValidationClient::new(&format!("http://127.0.0.1:{}", serving.port), id, api_key);
    assert!(acknowledged.len() >= 400);
    for otp in &acknowledged {
        assert_eq!(
            client.asks(otp).await.status(),
            "REPLAYED_OTP",
            "{otp} was forgotten"
        );
    }
    let found = keyward(folder, &["check"]);
    assert_eq!(found.code, Some(0), "{found:?}");
}

/// Asks about one touch after the other until the server is gone, and tells which were OK.
async fn asks_until_it_dies(
    base: String,
    id: ValidationClientId,
    api_key: Vec<u8>,
    mut key: SoftYubikey,
    told: tokio::sync::mpsc::UnboundedSender<String>,
) -> SoftYubikey {
    let client = ValidationClient::new(&base, id, api_key);
    loop {
        let otp = key.touch();
        let Some(reply) = client.tries(&otp).await else {
            return key;
        };
        assert_eq!(reply.status(), "OK", "{reply:?}");
        let _ = told.send(otp);
    }
}
