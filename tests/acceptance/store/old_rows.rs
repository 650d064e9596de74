//! Rows that were written under another rule than the one for what is typed today.

use crate::jobs::mail::server_with;
use keyward_test_support::command::{keyward, keyward_reads};
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

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
            "INSERT INTO group_members (user_id, group_id) SELECT users.id, groups.id FROM users, groups".to_owned(),
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
            "UPDATE sessions SET address = 'nowhere' WHERE user_id = (SELECT id FROM users WHERE name = 'ben')",
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
        // They can be helped all the same.
        let users = anna.browser.get("/console/users").await;
        let link = users.link("ben").expect("a link to ben");
        assert_eq!(anna.browser.get(&link).await.status, 200);
        assert!(keyward(server.folder(), &["user", "show", "ben"]).done().contains("ben"));
        keyward(server.folder(), &["two-factor", "disable", "ben", "--yes"]).done();
        let page = ben.elsewhere(&server.base).types_password().await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }

    /// One row of each kind is damaged; pages and lists show the others, and `check` names it.
    async fn a_damaged_row_of_any_kind_hides_no_other(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.superuser("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let mut ben = server.user("ben").await;
        ben.signs_in().await;
        ben.adds_an_app().await;
        let folder = server.folder();
        for (name, number) in [("one", "1"), ("two", "2")] {
            let url = "https://localhost:9/wsapi/2.0/verify";
            let asked = ["validation", "service", "add", name, "--url", url, "--client-id", number, "--api-key-stdin"];
            keyward_reads(folder, &asked, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").done();
        }
        let file = folder.join("keys.csv");
        keyward(folder, &["validation", "otp-key", "generate", "2", "--out", file.to_str().expect("a path")]).done();
        for group in ["sales", "support"] {
            keyward(folder, &["group", "add", group]).done();
            keyward(folder, &["policy", "set", "--group", group, "--least-devices", "2"]).done();
            keyward(folder, &["policy", "switch-on", "--group", group]).done();
            keyward(folder, &["policy", "set", "--group", group, "--least-devices", "3"]).done();
        }
        ben.elsewhere(&server.base).types_password().await;
        let wrong = server.stranger("ben");
        wrong.types_password().await;
        let keys = server.database.lines("SELECT public_id AS line FROM otp_keys ORDER BY public_id");
        let bens = "(SELECT id FROM users WHERE name = 'ben')";
        let secret = "(SELECT secret FROM otp_keys ORDER BY public_id LIMIT 1)";
        for statement in [
            format!("UPDATE devices SET state = 'suspect' WHERE user_id = {bens}"),
            format!(
                "INSERT INTO suspicions (device_id, raised_at, stored_count, presented_count, address, user_agent) \
                 SELECT id, 1, -5, 3, 'nowhere', '' FROM devices WHERE user_id = {bens}"
            ),
            format!("UPDATE users SET handle = {secret} WHERE name = 'ben'"),
            format!("UPDATE validation_services SET api_key = {secret} WHERE name = 'one'"),
            format!("UPDATE otp_keys SET serial = -1 WHERE public_id = '{}'", keys[0]),
            "UPDATE policies SET rules = '{\"kinds\": [\"hologram\"]}' WHERE scope = 'sales'".to_owned(),
            "UPDATE policies SET draft = '{' WHERE scope = 'support'".to_owned(),
        ] {
            server.database.execute(&statement);
        }
        for (path, shown) in [
            ("/console", ""),
            ("/console/users", "anna"),
            ("/console/services", "two"),
            ("/console/otp-keys", keys[1].as_str()),
            ("/console/policies", "support"),
            ("/console/groups", "sales"),
            ("/console/lockouts", ""),
            ("/console/devices", ""),
            ("/console/devices?state=suspect", ""),
            ("/console/sessions", "anna"),
            ("/account/devices", ""),
        ] {
            let page = anna.browser.get(path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text());
            assert!(page.body.contains(shown), "{path}: {}", page.text());
        }
        for (asked, shown) in [
            (&["validation", "service", "list"][..], "two"),
            (&["validation", "otp-key", "list"], keys[1].as_str()),
            (&["policy", "show"], "support"),
            (&["user", "list"], "anna"),
            (&["lockout", "list"], ""),
            (&["two-factor", "status", "anna"], "anna: enabled"),
        ] {
            let listed = keyward(folder, asked).done();
            assert!(listed.contains(shown), "{asked:?}: {listed}");
        }
        let checked = keyward(folder, &["check"]);
        assert_eq!(checked.code, Some(1), "{checked:?}");
        for table in ["suspicions", "users", "validation_services", "otp_keys", "policies sales: rules", "policies support: draft"] {
            assert!(checked.out.contains(table), "{table}: {checked:?}");
        }
        // What cannot be read can still be taken away.
        keyward(folder, &["policy", "remove", "--group", "sales"]).done();
        keyward(folder, &["policy", "discard", "--group", "support"]).done();
        assert_eq!(anna.browser.get("/console/policies/edit?group=support").await.status, 200);
    }

    /// A row of the outbox that cannot be read is passed over, not waited for.
    async fn a_damaged_letter_keeps_back_none(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        for class in ["awaited", "invitation", "notice"] {
            for number in 0..3 {
                server.database.execute(&format!(
                    "INSERT INTO outbox (id, channel, topic, state, tries, due_at, created_at, expires_at, class) \
                     VALUES ('odd {class} {number}', 'mail', 'account.changed', 'waiting', -7, 0, 0, 9000000000000, '{class}')"
                ));
            }
        }
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let mail = mailbox.about("A device was added").await;
        assert_eq!(mail.to, "anna@example.org");
    }
}
