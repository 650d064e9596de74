//! `keyward key`: the inventory at the command line.

use keyward_test_support::command::{Said, keyward};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use serde_json::{Value, json};

fn key(server: &Server, arguments: &[&str]) -> Said {
    let arguments = [&["key"], arguments].concat();
    keyward(server.folder(), &arguments)
}

fn shown(server: &Server, serial: &str) -> Value {
    keyward(server.folder(), &["--json", "key", "show", serial]).json()
}

on_every_database! {
    async fn a_key_goes_through_its_life_and_every_step_is_told(at: At) {
        let server = Server::start(at).await;
        server.user("ben").await;
        let said = key(&server, &["add", "10000017", "--model", "YubiKey 5C", "--batch", "B1"]).done();
        assert_eq!(said.trim(), "Yubico 10000017 was added");
        key(&server, &["add", "10000017"]).refused("key.taken");
        key(&server, &["add"]).refused("key.invalid");
        key(&server, &["show", "4711"]).refused("key.unknown");
        key(&server, &["ship", "10000017"]).refused("key.move");
        key(&server, &["assign", "10000017", "nobody"]).refused("user.unknown");
        let said = key(&server, &["assign", "10000017", "ben", "--note", "For his start"]).done();
        assert_eq!(said.trim(), "Yubico 10000017: stock, ben's");
        key(&server, &["assign", "10000017", "ben"]).refused("key.move");
        key(&server, &["ship", "10000017"]).done();
        key(&server, &["hand-over", "10000017"]).done();
        key(&server, &["activate", "10000017"]).done();
        key(&server, &["lost", "10000017"]).refused("command.unconfirmed");
        let said = key(&server, &["lost", "10000017", "--yes"]).done();
        assert!(said.starts_with("Yubico 10000017: lost; out of use: devices 0"), "{said}");
        key(&server, &["take-back", "10000017", "--yes"]).refused("key.move");
        key(&server, &["found", "10000017"]).done();
        key(&server, &["set", "10000017", "--place", "Drawer 2"]).done();
        key(&server, &["link", "10000017", "vvccccccccct"]).done();
        let told = shown(&server, "10000017");
        assert_eq!((&told["state"], &told["owner"], &told["place"]), (&json!("stock"), &Value::Null, &json!("Drawer 2")));
        assert_eq!(told["slots"], json!([{ "public_id": "vvccccccccct", "held": false }]));
        let kinds: Vec<&str> = told["history"].as_array().expect("events").iter()
            .map(|event| event["kind"].as_str().expect("a kind")).collect();
        assert_eq!(kinds, [
            "key.linked", "key.changed", "key.found", "key.lost", "key.activated", "key.handed_over",
            "key.shipped", "key.assigned", "key.added",
        ]);
        assert_eq!(told["history"][7]["particulars"]["note"], json!("For his start"));
        assert_eq!(told["history"][7]["subject"], json!("ben"));
        assert_eq!(told["history"][7]["actor"], json!("command line"));
        let lines = key(&server, &["show", "10000017"]).done();
        assert!(lines.contains("key.assigned by command line For his start"), "{lines}");
        key(&server, &["retire", "10000017", "--yes"]).done();
        key(&server, &["hand-over", "10000017", "ben"]).refused("key.move");
        let list = key(&server, &["list", "--state", "retired", "--csv", "--fields", "serial,state"]).done();
        assert_eq!(list, "serial,state\r\n10000017,retired\r\n");
    }

    async fn keys_of_two_makers_with_one_number_are_told_apart(at: At) {
        let server = Server::start(at).await;
        key(&server, &["add", "7", "--maker", "Yubico"]).done();
        key(&server, &["add", "7", "--maker", "Token2"]).done();
        key(&server, &["show", "7"]).refused("key.ambiguous");
        let token = key(&server, &["show", "7", "--maker", "token2"]).done();
        assert!(token.contains("Token2"), "{token}");
    }

    async fn whose_owner_is_deleted_a_key_is_nobodys(at: At) {
        let server = Server::start(at).await;
        server.user("ben").await;
        key(&server, &["add", "7"]).done();
        key(&server, &["hand-over", "7", "ben"]).done();
        keyward(server.folder(), &["user", "delete", "ben", "--yes"]).done();
        let told = shown(&server, "7");
        assert_eq!((&told["state"], &told["owner"]), (&json!("issued"), &Value::Null));
        key(&server, &["take-back", "7", "--yes"]).done();
        assert_eq!(shown(&server, "7")["state"], "stock");
    }
}
