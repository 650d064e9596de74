//! Who users are at other OpenID providers, as administrators see it and take it back.

use serde_json::{Value, json};

use super::at_console;
use crate::pages::upstream::{TENANT, linked, server_with, signs_in_there};
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::openid_provider::OpenidProvider;

on_every_database! {
    async fn a_link_is_shown_and_taken_back_at_the_console_and_its_sessions_end(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let ben = linked(&server, &provider, "ben").await;
        let there = ben.elsewhere(&server.base);
        signs_in_there(&server, &there, &provider, "/upstream/entra/start", &json!({})).await;
        assert!(there.is_in().await);
        let root = at_console(&server).await;
        let page = root.visits(&super::page_of(&server, "ben").await).await;
        assert!(page.text().contains("Sign-in at other providers"), "{}", page.text());
        let asked = root.presses(&page, "Take back").await;
        assert!(asked.text().contains("sessions that they opened so end"), "{}", asked.text());
        assert!(there.is_in().await, "asking changes nothing");
        let page = root.presses(&asked, "Take it back").await;
        assert!(page.notice().contains("can no longer sign in with"), "{}", page.notice());
        assert!(!page.text().contains("Sign-in at other providers"), "{}", page.text());
        assert!(!there.is_in().await, "a session goes on without what it hangs on");
        assert_eq!(super::told(&server, "upstream.unlinked", "anna", Some("ben"), "").await, 1);
    }

    async fn programs_and_commands_show_links_and_take_them_back(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let _ben = linked(&server, &provider, "ben").await;
        let program = server.program(&["users:write"]).await;
        let id = super::user(&server, "ben").await.id;
        let path = format!("/users/{id}/upstream-links");
        let list = program.gets(&path).await;
        assert_eq!(list.status, 200, "{}", list.body);
        let link = list.json()["items"][0].clone();
        assert_eq!((&link["provider"], &list.json()["next_page_token"]), (&json!("entra"), &Value::Null));
        let shown = keyward(server.folder(), &["user", "show", "ben", "--json"]).json();
        assert_eq!(shown["upstream_links"], json!([link]));
        assert!(keyward(server.folder(), &["user", "show", "ben"]).done().contains("entra: "));
        let reader = server.program(&["users:read"]).await;
        let one = format!("{path}/{}", link["id"].as_str().expect("an id"));
        assert_eq!(reader.deletes(&one).await.code(), "api_token.scope");
        keyward(server.folder(), &["user", "unlink", "ben", "nowhere", "--yes"]).refused("upstream.link_unknown");
        keyward(server.folder(), &["user", "unlink", "ben", "entra"]).refused("command.unconfirmed");
        assert_eq!(program.deletes(&one).await.status, 204);
        let gone = program.deletes(&one).await;
        assert_eq!((gone.status, gone.code().as_str()), (404, "upstream.link_unknown"));
        assert_eq!(program.gets(&path).await.json()["items"], json!([]));
        server.database.execute(&format!(
            "INSERT INTO upstream_links (id, user_id, issuer, subject, called, created_at) \
             VALUES ('018f0000-0000-7000-8000-000000000001', '{id}', 'https://gone.example.org', '7', '', 1)"
        ));
        // One whose provider the settings name no more is found by its id.
        let link = program.gets(&path).await.json()["items"][0].clone();
        assert_eq!((&link["provider"], &link["issuer"]), (&Value::Null, &json!("https://gone.example.org")));
        let id = link["id"].as_str().expect("an id");
        keyward(server.folder(), &["user", "unlink", "ben", id, "--yes"]).done();
        assert_eq!(server.database.number("SELECT COUNT(*) FROM upstream_links"), 0);
        assert_eq!(server.events("upstream.unlinked"), 2);
    }
}
