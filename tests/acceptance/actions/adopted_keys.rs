//! Keys that people had before the inventory: each is proposed with what is known of it, and nothing is guessed.

use serde_json::{Value, json};

use super::policy::{SOFT_KEY, believing, call, import, made_by};
use keyward_test_support::maker::Maker;
use keyward_test_support::metadata::MetadataService;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use keyward_test_support::soft_yubikey::SoftYubikey;

fn proposals(server: &Server) -> Vec<Value> {
    let told = call(server, &["--json", "key", "proposals"]).json();
    told.as_array().expect("a list").clone()
}

fn key(server: &Server, serial: &str) -> Value {
    call(server, &["--json", "key", "show", serial]).json()
}

/// A YubiKey whose public id says that it has this number.
fn numbered(server: &Server, serial: u32, mut key: SoftYubikey) -> SoftYubikey {
    let hex = format!("ff00{serial:08x}");
    let modhex = hex.chars().map(|digit| {
        let digit = digit.to_digit(16).expect("a digit") as usize;
        "cbdefghijklnrtuv".as_bytes()[digit] as char
    });
    key.public_id = modhex.collect();
    let _ = server;
    key
}

on_every_database! {
    async fn what_people_had_before_is_proposed_with_what_is_known_and_taken_in(at: At) {
        let (maker, service) = (Maker::of(SOFT_KEY), MetadataService::generate());
        let server = believing(at, &service).await;
        import(&server, &service, 1, &[made_by(&maker, "Soft Key One")]);
        let mut plain = SoftYubikey::numbered(1);
        let mut telling = numbered(&server, 10_000_017, SoftYubikey::numbered(2));
        let stock = numbered(&server, 10_000_018, SoftYubikey::numbered(3));
        for one in [&plain, &telling, &stock] {
            server.holds(one).await;
        }
        let anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_a_yubikey(&plain.touch()).await;
        anna.adds_a_yubikey(&telling.touch()).await;
        let mut fido = SoftAuthenticator::security_key();
        let options = anna.asks_to_register("security-key").await.json();
        let mut answer = fido.register(&options, &anna.browser.origin());
        maker.attest_numbered(&mut answer, 301);
        assert_eq!(anna.sends_registration(&answer).await.status, 200);

        let found = proposals(&server);
        let told = |id: &str| found.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("{id}: {found:?}"));
        let one = told(&format!("slot:{}", plain.public_id));
        assert_eq!((&one["serial"], &one["evidence"], &one["user"]), (&Value::Null, &json!("none"), &json!("anna")));
        let one = told(&format!("slot:{}", telling.public_id));
        assert_eq!((&one["serial"], &one["evidence"]), (&json!("10000017"), &json!("public-id")));
        let one = told(&format!("slot:{}", stock.public_id));
        assert_eq!((&one["serial"], &one["user"]), (&json!("10000018"), &Value::Null));
        let by_device = found.iter().find(|one| one["evidence"] == "certificate").expect("one by certificate");
        assert_eq!((&by_device["serial"], &by_device["user"]), (&json!("301"), &json!("anna")));
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM keys"), 0, "looking writes nothing");

        let one = by_device["id"].as_str().expect("an id");
        let said = call(&server, &["--json", "key", "adopt", one, "--yes"]).json();
        assert_eq!((&said["added"], &said["linked"]), (&json!(1), &json!(0)), "{said}");
        let said = call(&server, &["--json", "key", "adopt", "--all", "--yes"]).json();
        assert_eq!((&said["added"], &said["refused"]), (&json!(3), &json!([])), "{said}");
        assert!(proposals(&server).is_empty());
        for (serial, state, owner) in [
            ("10000017", "active", json!("anna")), ("10000018", "stock", Value::Null), ("301", "active", json!("anna")),
        ] {
            let key = key(&server, serial);
            assert_eq!((&key["state"], &key["owner"]), (&json!(state), &owner), "{key}");
        }
        assert_eq!(key(&server, "301")["devices"][0]["proof"], "serial");
        assert_eq!(key(&server, "10000017")["devices"][0]["proof"], "public-id");
        // Once more changes nothing.
        let said = call(&server, &["--json", "key", "adopt", "--all", one, "--yes"]);
        assert_ne!(said.code, Some(0), "either all or some: {said:?}");
        let said = call(&server, &["--json", "key", "adopt", one, "--yes"]).json();
        assert_eq!((&said["added"], &said["linked"]), (&json!(0), &json!(0)));
        assert_eq!(server.events("key.adopted"), 4);
    }

    async fn a_slot_whose_number_a_key_has_is_linked_with_it_and_never_with_anothers(at: At) {
        let server = Server::start(at).await;
        let (mut hers, mut lost) = (
            numbered(&server, 10_000_017, SoftYubikey::numbered(2)),
            numbered(&server, 10_000_018, SoftYubikey::numbered(3)),
        );
        for one in [&hers, &lost] {
            server.holds(one).await;
        }
        let (anna, ben) = (server.user("anna").await, server.user("ben").await);
        for (person, key) in [(&anna, &mut hers), (&ben, &mut lost)] {
            person.signs_in().await;
            person.adds_a_yubikey(&key.touch()).await;
        }
        for (serial, owner) in [("10000017", "anna"), ("10000018", "ben")] {
            call(&server, &["key", "add", serial]).done();
            call(&server, &["key", "hand-over", serial, owner]).done();
        }
        call(&server, &["key", "lost", "10000018", "--yes"]).done();
        assert!(ben.is_in().await, "nothing was known to be on it");
        let program = server.program(&["keys:write", "keys:read"]).await;
        let wanted: Vec<Value> = program.gets("/key-proposals").await.json()["items"].as_array().expect("items").iter()
            .map(|one| one["id"].clone()).collect();
        let answer = program.posts("/key-proposals/adopt", &json!({ "proposals": wanted })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let told = answer.json();
        assert_eq!(told["linked"].as_array().map(Vec::len), Some(2), "{told}");
        assert_eq!(told["added"], json!([]));
        assert!(!ben.is_in().await, "what is on the lost key is out of use with it");
        assert!(anna.is_in().await);
        let odd = program.posts("/key-proposals/adopt", &json!({ "proposals": ["key:1"] })).await;
        assert_eq!((odd.status, odd.code().as_str()), (400, "key.invalid"));
        let many: Vec<String> = (0..101).map(|_| "slot:cccccccccccb".to_owned()).collect();
        let many = program.posts("/key-proposals/adopt", &json!({ "proposals": many })).await;
        assert_eq!((many.status, many.code().as_str()), (400, "key.invalid"));
    }

    async fn of_two_who_adopt_one_key_at_once_one_adds_it(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["keys:write"]).await;
        for number in 1..=12 {
            let key = SoftYubikey::numbered(number);
            server.holds(&key).await;
            let body = json!({ "proposals": [format!("slot:{}", key.public_id)] });
            let (one, other) = futures_util::future::join(
                program.posts("/key-proposals/adopt", &body),
                program.posts("/key-proposals/adopt", &body),
            )
            .await;
            for answer in [&one, &other] {
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
            let added = |answer: &keyward_test_support::page::Page| answer.json()["added"].as_array().map_or(0, Vec::len);
            assert_eq!(added(&one) + added(&other), 1, "{} {}", one.body, other.body);
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM keys"), 12);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM key_slots"), 12);
    }
}
