//! Rows that were written under another rule than the one for what is typed today.

use crate::on_every_database;
use crate::support::command::keyward;
use crate::support::server::Server;

/// A name with a character that nobody sees.
const UNSEEN: &str = "be\u{ad}n";

on_every_database! {
    async fn an_old_name_hides_nobody_and_its_bearer_signs_in(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.superuser("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let mut ben = server.reachable("ben", "ben@example.org").await;
        ben.signs_in().await;
        ben.adds_an_app().await;
        for statement in [
            format!("UPDATE users SET name = '{UNSEEN}', name_folded = '{UNSEEN}', email = 'no\u{ad}where' WHERE name = 'ben'"),
            "UPDATE devices SET name = ' \u{202e} ' WHERE user_id IN (SELECT id FROM users WHERE email IS NOT NULL)".to_owned(),
            "INSERT INTO groups (name) VALUES ('sales, old')".to_owned(),
            "INSERT INTO group_members (user_id, group_name) SELECT id, 'sales, old' FROM users".to_owned(),
        ] {
            server.database.execute(&statement);
        }
        for path in [
            "/console/users", "/console/devices", "/console/groups", "/console/invites",
            "/console/browsers", "/console/sessions", "/console/audit", "/console/policies",
            "/console/groups/show?name=sales%2C+old",
        ] {
            let page = anna.browser.get(path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text());
        }
        let users = anna.browser.get("/console/users").await;
        assert!(users.body.contains(UNSEEN) && users.body.contains("anna"));
        let listed = keyward(server.folder(), &["user", "list"]).done();
        assert!(listed.contains(UNSEEN) && listed.contains("anna"), "{listed}");

        ben.name = UNSEEN.to_owned();
        server.clock.turn(std::time::Duration::from_secs(60));
        let ben = ben.elsewhere(&server.base);
        let page = ben.types_password().await;
        let code = ben.code();
        ben.types_code(&page, &code).await;
        assert_eq!(ben.visits("/account/devices").await.status, 200);

        let checked = keyward(server.folder(), &["check"]);
        for pointed_out in ["be\\u{ad}n", "no\\u{ad}where", "\\u{202e}", "sales, old"] {
            assert!(checked.out.contains(pointed_out), "{pointed_out}: {checked:?}");
        }
        keyward(server.folder(), &["group", "remove", "sales, old"]).done();
        let groups = anna.browser.get("/console/groups").await;
        assert!(!groups.body.contains("sales, old"));
    }

    async fn a_row_that_cannot_be_read_hides_no_other_and_is_pointed_out(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.superuser("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let mut ben = server.user("ben").await;
        ben.signs_in().await;
        ben.adds_an_app().await;
        server.database.execute(
            "UPDATE devices SET kind = 'hologram' WHERE user_id = (SELECT id FROM users WHERE name = 'ben')",
        );
        server.database.execute(
            "UPDATE sign_ins SET address = 'nowhere' WHERE user_id = (SELECT id FROM users WHERE name = 'ben')",
        );
        for path in ["/console/users", "/console/devices", "/console/sessions"] {
            let page = anna.browser.get(path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text());
            assert!(page.body.contains("anna"), "{path}");
        }
        // Whoever has a device that cannot be read does not get in without it.
        let page = ben.elsewhere(&server.base).types_password().await;
        assert_ne!(page.path, "/account", "the second factor was left out");
        let checked = keyward(server.folder(), &["check"]);
        assert_eq!(checked.code, Some(1), "{checked:?}");
        for pointed_out in ["database.row", "kind", "address"] {
            assert!(checked.out.contains(pointed_out), "{pointed_out}: {checked:?}");
        }
    }
}
