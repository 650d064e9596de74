//! The inventory of keys, as programs read and change it.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use keyward_test_support::api::Program;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::server::Server;

const AT_ONCE: usize = 16;

async fn added(program: &Program, body: Value) -> String {
    let answer = program.posts("/keys", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let path = answer.header("location").strip_prefix("/api/v1");
    path.expect("an address").to_owned()
}

async fn moves(program: &Program, path: &str, tag: &str, body: Value) -> Page {
    let request = program.request(Method::POST, &format!("{path}/moves"));
    program
        .send(request.header("if-match", tag).json(&body))
        .await
}

on_every_database! {
    async fn a_key_is_created_read_changed_moved_and_linked(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["keys:write"]).await;
        let ben = server.user("ben").await;
        let new = json!({ "serial": "ab-17", "model": "Key 5", "firmware": "5.7.1", "batch": "B1", "order": "O1" });
        let path = added(&program, new.clone()).await;
        let read = program.gets(&path).await;
        for (field, value) in [
            ("serial", json!("AB-17")), ("maker", json!("Yubico")), ("model", json!("Key 5")),
            ("state", json!("stock")), ("owner", Value::Null), ("public_ids", json!([])), ("order", json!("O1")),
        ] {
            assert_eq!(read.json()[field], value, "{}", read.body);
        }
        let again = program.posts("/keys", &new).await;
        assert_eq!((again.status, again.code().as_str()), (409, "key.taken"));
        let other = program.posts("/keys", &json!({ "serial": "AB-17", "maker": "Token2" })).await;
        assert_eq!(other.status, 201, "numbers are of their makers: {}", other.body);
        for bad in [json!({}), json!({ "serial": "1 2" }), json!({ "model": "x".repeat(65) })] {
            let refused = program.posts("/keys", &bad).await;
            assert_eq!((refused.status, refused.code().as_str()), (400, "key.invalid"), "{bad}");
        }

        let tag = read.header("etag").to_owned();
        let changed = program.patches(&path, &tag, &json!({ "place": "Drawer 2" })).await;
        assert_eq!((changed.status, &changed.json()["model"]), (200, &json!("Key 5")), "what is not named stays");
        let late = program.patches(&path, &tag, &json!({ "place": "Drawer 3" })).await;
        assert_eq!((late.status, late.code().as_str()), (412, "resource.overtaken"));

        let tag = changed.header("etag").to_owned();
        let nobody = moves(&program, &path, &tag, json!({ "move": "assign" })).await;
        assert_eq!((nobody.status, nobody.code().as_str()), (400, "key.owner_needed"));
        let ship = moves(&program, &path, &tag, json!({ "move": "ship" })).await;
        assert_eq!((ship.status, ship.code().as_str()), (409, "key.move"));
        assert!(ship.body.contains("the key is stock; what can be done: assign, hand-over"), "{}", ship.body);
        let none = moves(&program, &path, &tag, json!({ "move": "sell" })).await;
        assert_eq!((none.status, none.code().as_str()), (400, "request.malformed"));
        let given = json!({ "move": "hand-over", "user": "ben", "note": "At the desk" });
        let given = moves(&program, &path, &tag, given).await;
        assert_eq!(given.status, 200, "{}", given.body);
        assert_eq!(given.json()["state"], "issued");
        assert_eq!(given.json()["owner"], "ben");

        let found = program.gets("/keys?state=issued&user=ben&model=Key%205&search=ab").await;
        assert_eq!(found.json()["items"].as_array().map(Vec::len), Some(1), "{}", found.body);
        let links = format!("{path}/links");
        let slot = json!({ "public_id": "VVccccccccct" });
        assert_eq!(program.posts(&links, &slot).await.status, 204);
        assert_eq!(program.posts(&links, &slot).await.code(), "key.linked");
        let told = program.gets(&links).await;
        assert_eq!(told.json()["slots"], json!([{ "public_id": "vvccccccccct", "held": false }]));
        let found = program.gets("/keys?search=vvccccccccct").await;
        assert_eq!(found.json()["items"][0]["public_ids"], json!(["vvccccccccct"]), "{}", found.body);
        let gone = format!("{links}/vvccccccccct");
        assert_eq!(program.deletes(&gone).await.status, 204);
        assert_eq!(program.deletes(&gone).await.code(), "key.not_linked");
        drop(ben);
    }

    async fn keys_are_listed_a_page_at_a_time_in_the_order_of_their_numbers(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["keys:write"]).await;
        for serial in ["30", "10", "20", "11"] {
            added(&program, json!({ "serial": serial })).await;
        }
        added(&program, json!({ "model": "Without a number" })).await;
        let (mut seen, mut page) = (Vec::new(), String::new());
        loop {
            let answer = program.gets(&format!("/keys?page_size=2{page}")).await;
            let items = answer.json();
            let items = items["items"].as_array().expect("items");
            seen.extend(items.iter().map(|item| item["serial"].clone()));
            match answer.json()["next_page_token"].as_str() {
                Some(token) => page = format!("&page_token={token}"),
                None => break,
            }
        }
        assert_eq!(json!(seen), json!([null, "10", "11", "20", "30"]));
        let begins = program.gets("/keys?search=1").await;
        assert_eq!(begins.json()["items"].as_array().map(Vec::len), Some(2), "{}", begins.body);
    }

    async fn a_token_that_reads_keys_changes_none(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["keys:write"]).await;
        let path = added(&program, json!({ "serial": "1" })).await;
        let reader = server.program(&["keys:read"]).await;
        assert_eq!(reader.gets(&path).await.status, 200);
        assert_eq!(reader.posts("/keys", &json!({ "serial": "2" })).await.code(), "api_token.scope");
        let moved = moves(&reader, &path, "*", json!({ "move": "retire" })).await;
        assert_eq!(moved.code(), "api_token.scope");
        let other = server.program(&["devices:write"]).await;
        assert_eq!(other.gets(&path).await.code(), "api_token.scope");
        let untagged = program.posts(&format!("{path}/moves"), &json!({ "move": "retire" })).await;
        assert_eq!(untagged.code(), "resource.unconditional");
    }

    async fn of_administrators_who_assign_one_key_at_once_one_does(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["keys:write"]).await;
        server.user("ben").await;
        server.user("carl").await;
        let path = added(&program, json!({ "serial": "1" })).await;
        let tag = program.gets(&path).await.header("etag").to_owned();
        let tries = (0..AT_ONCE).map(|number| {
            let user = if number % 2 == 0 { "ben" } else { "carl" };
            moves(&program, &path, &tag, json!({ "move": "assign", "user": user }))
        });
        let answers = join_all(tries).await;
        let done: Vec<&Page> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(done.len(), 1);
        for answer in &answers {
            assert!(answer.status == 200 || answer.status == 412, "{} {}", answer.status, answer.body);
        }
        assert_eq!(program.gets(&path).await.json()["owner"], done[0].json()["owner"]);
        assert_eq!(server.events("key.assigned"), 1);
    }

    async fn a_key_that_is_taken_back_and_lost_at_once_is_one_of_both(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["keys:write"]).await;
        server.user("ben").await;
        for round in 0..4 {
            let path = added(&program, json!({ "serial": format!("{round}") })).await;
            let given = json!({ "move": "hand-over", "user": "ben" });
            let tag = moves(&program, &path, "*", given).await.header("etag").to_owned();
            let tries = (0..AT_ONCE).map(|number| {
                let what = if number % 2 == 0 { "take-back" } else { "lost" };
                moves(&program, &path, &tag, json!({ "move": what }))
            });
            let answers = join_all(tries).await;
            let done: Vec<&Page> = answers.iter().filter(|answer| answer.status == 200).collect();
            assert_eq!(done.len(), 1, "round {round}");
            let after = program.gets(&path).await.json();
            assert_eq!(after["state"], done[0].json()["state"]);
            let is_kept = after["owner"] == json!("ben");
            assert_eq!(is_kept, after["state"] == json!("lost"), "{after}");
        }
        assert_eq!(server.events("key.taken_back") + server.events("key.lost"), 4);
    }
}
