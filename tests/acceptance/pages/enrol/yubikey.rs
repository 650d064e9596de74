//! YubiKey one-time passwords, from the touch that enrols a key to the touches that sign in, over
//! a real validation service and over lying ones.

use std::time::Duration;

use keyward_test_support::backends::At;
use keyward_test_support::hostile_validation::{HostileServer, Lie};
use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::yubiserver::Yubiserver;

async fn asking(at: At, services: &[String]) -> Server {
    let services = format!("[{}]", services.join(", "));
    Server::with(at, &[("yubikey.services", &services)]).await
}

/// Somebody with a YubiKey, at a browser where nobody is signed in.
async fn with_a_yubikey(server: &Server, name: &str, key: &mut SoftYubikey) -> Person {
    let person = server.user(name).await;
    person.signs_in().await;
    let page = person.adds_a_yubikey(&key.touch()).await;
    assert_eq!(page.path, "/account/devices", "{}", page.text());
    person.elsewhere(&server.base)
}

on_every_database! {
    async fn one_touch_enrols_a_key_and_one_signs_in(at: At) {
        let mut key = SoftYubikey::numbered(1);
        let service = Yubiserver::start(&[&key]);
        let server = asking(at, &[service.as_table()]).await;
        let anna = with_a_yubikey(&server, "anna", &mut key).await;
        let bound = server.database.lines("SELECT public_id AS line FROM yubikeys");
        assert_eq!(bound, [key.public_id.clone()]);

        let page = anna.types_password().await;
        assert!(page.heading().starts_with("Touch"), "{}", page.text());
        let otp = key.touch();
        let page = anna.touches(&page, &otp).await;
        assert_eq!(page.path, "/account", "{}", page.text());

        // Keyboards send capitals where the lock is on, and a line end at the end.
        let elsewhere = anna.elsewhere(&server.base);
        let page = elsewhere.types_password().await;
        let loud = format!(" {}\r\n", key.touch().to_uppercase());
        let page = elsewhere.touches(&page, &loud).await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }

    async fn a_replayed_touch_is_refused_with_advice(at: At) {
        let mut key = SoftYubikey::numbered(1);
        let service = Yubiserver::start(&[&key]);
        let server = asking(at, &[service.as_table()]).await;
        let anna = with_a_yubikey(&server, "anna", &mut key).await;
        let (older, newer) = (key.touch(), key.touch());
        let page = anna.types_password().await;
        assert_eq!(anna.touches(&page, &newer).await.path, "/account");
        for used in [newer, older] {
            let thief = anna.elsewhere(&server.base);
            let page = thief.types_password().await;
            let page = thief.touches(&page, &used).await;
            assert!(page.notice().contains("already used"), "{}", page.text());
            assert!(!thief.is_in().await);
        }
        let trail = server.trail("sign_in.second_factor");
        assert_eq!(trail, ["done", "replayed_code", "replayed_code"]);
    }

    async fn the_touch_that_enrolled_a_key_does_not_sign_in(at: At) {
        let service = HostileServer::start(Lie::Truth);
        let server = asking(at, &[service.as_table("forgetful", "5s")]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let otp = SoftYubikey::numbered(1).touch();
        assert_eq!(anna.adds_a_yubikey(&otp).await.path, "/account/devices");
        let thief = anna.elsewhere(&server.base);
        let page = thief.types_password().await;
        let page = thief.touches(&page, &otp).await;
        assert!(page.notice().contains("already used"), "{}", page.text());
        assert!(!thief.is_in().await);
    }

    async fn a_key_of_somebody_else_does_not_sign_in(at: At) {
        let (mut annas, mut bens) = (SoftYubikey::numbered(1), SoftYubikey::numbered(2));
        let service = Yubiserver::start(&[&annas, &bens]);
        let server = asking(at, &[service.as_table()]).await;
        let anna = with_a_yubikey(&server, "anna", &mut annas).await;
        let _ben = with_a_yubikey(&server, "ben", &mut bens).await;
        let page = anna.types_password().await;
        let page = anna.touches(&page, &bens.touch()).await;
        assert!(page.notice().contains("registered to you"), "{}", page.text());
        assert!(!anna.is_in().await);
        assert_eq!(server.trail("sign_in.second_factor"), ["other_key"]);
    }

    async fn the_letters_of_one_key_before_the_secret_of_another_are_nobodys(at: At) {
        let (mut annas, mut thiefs) = (SoftYubikey::numbered(7), SoftYubikey::numbered(8));
        let service = Yubiserver::start(&[&annas, &thiefs]);
        let server = asking(at, &[service.as_table()]).await;
        let anna = with_a_yubikey(&server, "anna", &mut annas).await;
        let page = anna.types_password().await;
        let spliced = format!("{}{}", annas.public_id, &thiefs.touch()[12..]);
        anna.touches(&page, &spliced).await;
        assert!(!anna.is_in().await);
    }

    async fn a_public_id_belongs_to_one_user_at_a_time(at: At) {
        let mut key = SoftYubikey::numbered(1);
        let service = Yubiserver::start(&[&key]);
        let server = asking(at, &[service.as_table()]).await;
        let anna = with_a_yubikey(&server, "anna", &mut key).await;
        let ben = server.user("ben").await;
        ben.signs_in().await;
        for person in [&ben, &ben] {
            let page = person.adds_a_yubikey(&key.touch()).await;
            assert_eq!(page.path, "/account/devices/add/yubikey", "{}", page.text());
            assert!(!page.notice().is_empty());
            assert!(!page.text().contains("anna"), "it tells whose key it is");
        }
        assert!(ben.devices().await.is_empty());
        assert_eq!(server.trail("device.added"), ["done", "taken", "taken"]);

        // Once she has given it back, it is free.
        let page = anna.types_password().await;
        anna.touches(&page, &key.touch()).await;
        let id = anna.devices().await[0].id.clone();
        anna.browser.post(&format!("/account/devices/{id}/remove"), &[]).await;
        assert_eq!(ben.adds_a_yubikey(&key.touch()).await.path, "/account/devices");
    }

    async fn what_no_key_typed_is_refused_with_advice(at: At) {
        let mut key = SoftYubikey::numbered(1);
        let service = Yubiserver::start(&[&key]);
        let server = asking(at, &[service.as_table()]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut stranger = SoftYubikey::numbered(9);
        let mut forged = SoftYubikey::new(&key.public_id, key.private_id, [0; 16]);
        let touches = [
            "hello".to_owned(), "c".repeat(43), "c".repeat(45), "z".repeat(44), "c".repeat(10_000),
            "ccccccccccccccccccccccccccccccccccccccccccc\u{0}".to_owned(), "🔑".repeat(44),
            stranger.touch(), forged.touch(),
        ];
        for typed in touches {
            let page = anna.adds_a_yubikey(&typed).await;
            assert_eq!(page.path, "/account/devices/add/yubikey", "{typed:?}");
            assert!(!page.notice().is_empty(), "{typed:?} is refused without a word");
        }
        assert_eq!(anna.adds_a_yubikey(&key.touch()).await.path, "/account/devices");
    }

    async fn the_kind_is_told_from_the_letters_whichever_field_they_were_typed_into(at: At) {
        let mut key = SoftYubikey::numbered(1);
        let service = Yubiserver::start(&[&key]);
        let server = asking(at, &[service.as_table()]).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        anna.adds_a_yubikey(&key.touch()).await;
        server.clock.turn(Duration::from_secs(60));

        let first = anna.elsewhere(&server.base);
        let page = first.types_password().await;
        assert_eq!(page.heading(), "Enter your code");
        let page = first.types_code(&page, &key.touch()).await;
        assert_eq!(page.path, "/account", "{}", page.text());

        let second = anna.elsewhere(&server.base);
        second.types_password().await;
        let page = second.visits("/sign-in?method=yubikey").await;
        let page = second.touches(&page, &second.code()).await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }

    async fn where_no_service_is_configured_the_page_says_what_to_do(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.adds_a_yubikey(&SoftYubikey::numbered(1).touch()).await;
        assert!(page.text().contains("no validation service"), "{}", page.text());
    }

    async fn without_a_service_nobody_is_let_in_and_nobody_is_blamed(at: At) {
        let mut key = SoftYubikey::numbered(1);
        let service = Yubiserver::start(&[&key]);
        let server = asking(at, &[service.as_table()]).await;
        let anna = with_a_yubikey(&server, "anna", &mut key).await;
        drop(service);
        let page = anna.types_password().await;
        for _ in 0..12 {
            let page = anna.touches(&page, &key.touch()).await;
            assert!(!page.notice().is_empty() && page.status == 200 || page.status == 409, "{}", page.text());
            anna.visits("/sign-in").await;
        }
        assert!(!anna.is_in().await);
        let page = anna.visits("/sign-in").await;
        let page = anna.touches(&page, &key.touch()).await;
        assert!(page.path.starts_with("/sign-in") && page.status == 200, "it was locked: {}", page.text());
        let trail = server.trail("sign_in.second_factor");
        assert!(trail.iter().all(|reason| reason == "service_unavailable"), "{trail:?}");

        let ben = server.user("ben").await;
        ben.signs_in().await;
        let page = ben.adds_a_yubikey(&SoftYubikey::numbered(2).touch()).await;
        assert!(!page.notice().is_empty(), "{}", page.text());
        assert!(ben.devices().await.is_empty());
    }

    async fn no_lie_signs_anybody_in(at: At) {
        let lies = [
            Lie::OtherOtp, Lie::OtherNonce, Lie::NoOtp, Lie::NoNonce, Lie::Unsigned, Lie::OtherKey,
            Lie::EmptyKey, Lie::Turned, Lie::UnsignedReplay, Lie::NoStatus, Lie::RefusedThenOk,
            Lie::OkThenRefused, Lie::TwoSignatures, Lie::ExtraLine, Lie::Html, Lie::Empty, Lie::Binary,
            Lie::HttpStatus(500), Lie::Huge, Lie::Truncated, Lie::Reset, Lie::Noise, Lie::Silence,
            Lie::Drip,
        ];
        let liars: Vec<HostileServer> = lies.iter().cloned().map(HostileServer::start).collect();
        let settings = liars.iter().enumerate();
        let settings: Vec<_> = settings
            .map(|(number, liar)| liar.as_table(&format!("liar {number}"), "500ms"))
            .collect();
        let server = asking(at, &settings).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.adds_a_yubikey(&SoftYubikey::numbered(1).touch()).await;
        assert_eq!(page.path, "/account/devices/add/yubikey", "a lie enrolled a key");
        assert!(anna.devices().await.is_empty());
    }

    async fn no_lie_fails_a_sign_in_that_another_server_of_the_service_confirms(at: At) {
        let mut key = SoftYubikey::numbered(9);
        let service = Yubiserver::start(&[&key]);
        let (silent, html) = (HostileServer::start(Lie::Silence), HostileServer::start(Lie::Html));
        let urls = [&silent.url(), &html.url(), "http://127.0.0.1:9/dead", &service.url()].map(|url| format!("\"{url}\""));
        let setting = format!(
            "{{ name = \"ours\", urls = [{}], client_id = {}, api_key = \"{}\", timeout = \"10s\" }}",
            urls.join(", "), service.client_id(), service.api_key_base64(),
        );
        let server = asking(at, &[setting]).await;
        let anna = with_a_yubikey(&server, "anna", &mut key).await;
        let page = anna.types_password().await;
        assert_eq!(anna.touches(&page, &key.touch()).await.path, "/account");
    }

    async fn no_lie_fails_a_sign_in_that_another_service_confirms(at: At) {
        let mut key = SoftYubikey::numbered(1);
        let service = Yubiserver::start(&[&key]);
        let lies = [Lie::Html, Lie::Silence, Lie::Drip, Lie::Unsigned, Lie::NoStatus, Lie::Reset];
        let liars: Vec<HostileServer> = lies.iter().cloned().map(HostileServer::start).collect();
        let settings = liars.iter().enumerate();
        let mut settings: Vec<_> = settings
            .map(|(number, liar)| liar.as_table(&format!("liar {number}"), "500ms"))
            .collect();
        settings.push(service.as_table());
        let server = asking(at, &settings).await;
        let anna = with_a_yubikey(&server, "anna", &mut key).await;
        let page = anna.types_password().await;
        let page = anna.touches(&page, &key.touch()).await;
        assert_eq!(page.path, "/account", "{}", page.text());
        for liar in &liars {
            let questions = liar.questions().len();
            assert!(questions <= 2, "two touches, and {questions} questions to one that lies");
        }
    }
}
