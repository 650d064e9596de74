//! YubiKeys whose secrets Keyward holds: they enrol and sign in with no network at all.

use keyward_test_support::hostile_validation::{HostileServer, Lie};
use keyward_test_support::log;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::yubiserver::Yubiserver;

on_every_database! {
    async fn a_held_key_enrols_and_signs_in_without_any_service(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let enrolling = key.touch();
        assert_eq!(anna.adds_a_yubikey(&enrolling).await.path, "/account/devices");
        let browser = anna.elsewhere(&server.base);
        let page = browser.types_password().await;
        let page = browser.touches(&page, &enrolling).await;
        assert!(page.path.starts_with("/sign-in"), "the touch that enrolled is used up");
        let (older, newer) = (key.touch(), key.touch());
        assert_eq!(browser.touches(&page, &newer).await.path, "/account");
        for used in [newer, older] {
            let thief = anna.elsewhere(&server.base);
            let page = thief.types_password().await;
            let page = thief.touches(&page, &used).await;
            assert!(page.path.starts_with("/sign-in"), "{}", page.path);
        }
        assert!(server.refusals("sign_in.second_factor", "replayed_code") >= 3);
        // Nobody but us keeps the counters.
        assert_eq!(server.database.number("SELECT COUNT(*) FROM spent_otps"), 0);
    }

    async fn a_stranger_to_the_secret_is_refused(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut forged = SoftYubikey::new(&key.public_id, key.private_id, [0; 16]);
        assert_ne!(anna.adds_a_yubikey(&forged.touch()).await.path, "/account/devices");
        assert_eq!(server.refusals("device.added", "wrong_code"), 1);
        assert_eq!(anna.adds_a_yubikey(&key.touch()).await.path, "/account/devices");
    }

    async fn services_are_asked_about_the_keys_that_are_not_held(at: At) {
        let mut theirs = SoftYubikey::numbered(1);
        let mut ours = SoftYubikey::numbered(2);
        let service = Yubiserver::start(&[&theirs]);
        let services = format!("[{}]", service.as_table());
        let server = Server::with(at, &[("yubikey.services", &services)]).await;
        server.holds(&ours).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        assert_eq!(anna.adds_a_yubikey(&theirs.touch()).await.path, "/account/devices");
        assert_eq!(anna.adds_a_yubikey(&ours.touch()).await.path, "/account/devices");
    }

    async fn a_held_key_is_shown_to_no_service(at: At) {
        let mut key = SoftYubikey::numbered(1);
        let liar = HostileServer::start(Lie::Truth);
        let services = format!("[{}]", liar.as_table("liar", "1s"));
        let server = Server::with(at, &[("yubikey.services", &services)]).await;
        server.holds(&key).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        assert_eq!(anna.adds_a_yubikey(&key.touch()).await.path, "/account/devices");
        assert!(liar.questions().is_empty());
    }

    async fn with_services_first_their_word_counts_and_ours_where_they_do_not_know(at: At) {
        let mut theirs_too = SoftYubikey::numbered(1);
        let mut ours = SoftYubikey::numbered(2);
        let service = Yubiserver::start(&[&theirs_too]);
        let services = format!("[{}]", service.as_table());
        let settings = [("yubikey.services", services.as_str()), ("yubikey.order", "\"services\"")];
        let server = Server::with(at, &settings).await;
        server.holds(&theirs_too).await;
        server.holds(&ours).await;
        let client = server.plain_client().await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let otp = theirs_too.touch();
        assert_eq!(anna.adds_a_yubikey(&otp).await.path, "/account/devices");
        assert_eq!(client.asks(&otp).await.status(), "REPLAYED_OTP", "it counts here too");
        assert_eq!(anna.adds_a_yubikey(&ours.touch()).await.path, "/account/devices");
        drop(service);
        let browser = anna.elsewhere(&server.base);
        let page = browser.types_password().await;
        assert_eq!(browser.touches(&page, &theirs_too.touch()).await.path, "/account");
    }

    async fn without_the_built_in_validator_a_held_key_needs_a_service(at: At) {
        let server = Server::with(at, &[("yubikey.builtin", "false")]).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        assert_ne!(anna.adds_a_yubikey(&key.touch()).await.path, "/account/devices");
        assert_eq!(server.refusals("device.added", "service_unavailable"), 1);
        // Clients are answered all the same.
        let client = server.plain_client().await;
        assert_eq!(client.asks(&key.touch()).await.status(), "OK");
    }

    async fn no_secret_stands_in_the_database_or_the_log(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::new("vvcccccccccv", *b"Priv4t", *b"an AES key, real");
        server.holds(&key).await;
        let client = server.plain_client().await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_a_yubikey(&key.touch()).await;
        let otp = key.touch();
        client.asks(&otp).await;
        client.asks(&otp).await;
        let api_key = client.key.clone();
        let mut forged = SoftYubikey::new(&key.public_id, key.private_id, [0; 16]);
        client.asks(&forged.touch()).await;
        let stolen = server.database.stolen();
        let logged = log::all();
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
        let modhex = keyward_core::protocols::yubico::modhex::encode;
        let mut secrets = vec![otp.clone().into_bytes()];
        for secret in [&key.secret[..], &key.private_id[..], &api_key[..]] {
            secrets.push(secret.to_vec());
            for text in [hex(secret), hex(secret).to_uppercase(), base64(secret), modhex(secret)] {
                secrets.push(text.into_bytes());
            }
        }
        for place in [&stolen, &logged] {
            assert!(place.len() > 100, "nothing to look through");
            for secret in &secrets {
                let found = place.windows(secret.len()).any(|window| window == secret);
                assert!(!found, "{:?}", String::from_utf8_lossy(secret));
            }
        }
    }
}
