//! People change and go: names, addresses, and what is left of somebody who was deleted.

use std::time::Duration;

use keyward_actions::event;
use keyward_core::flows::permit::Administrator;

use crate::jobs::mail::server_with;
use keyward_test_support::codes::{another, code_in};
use keyward_test_support::command::{Said, keyward, keyward_reads};
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::person::PASSWORD;
use keyward_test_support::server::Server;

fn call(server: &Server, arguments: &[&str]) -> Said {
    keyward(server.folder(), arguments)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    let lower = bytes.to_ascii_lowercase();
    lower
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

async fn in_by(server: &Server, typed: &str) -> bool {
    server.stranger(typed).signs_in().await.path == "/account"
}

on_every_database! {
    async fn a_user_is_renamed_and_reached_elsewhere(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable("ben", "ben@example.org").await;
        let said = call(&server, &[
            "user", "edit", "ben", "--name", "benno", "--email", "benno@example.net",
            "--display-name", "Benno Meijer",
        ]).done();
        assert!(said.contains("benno") && said.contains("Benno Meijer"), "{said}");
        let shown = call(&server, &["user", "show", "benno", "--json"]).json();
        assert_eq!(shown["name"], "benno");
        assert_eq!(shown["email"], "benno@example.net");
        assert_eq!(shown["display_name"], "Benno Meijer");
        call(&server, &["user", "show", "ben"]).refused("user.unknown");
        assert!(in_by(&server, "benno").await && !in_by(&server, "ben").await);
        for kind in ["user.renamed", "user.email_changed", "user.display_name_changed"] {
            assert_eq!(server.trail(kind), ["done"], "{kind}");
        }
        let mut told: Vec<String> = mailbox.messages(3).await
            .into_iter()
            .filter(|mail| mail.subject == "Your email address was changed")
            .map(|mail| mail.to)
            .collect();
        told.sort();
        assert_eq!(told, ["ben@example.org", "benno@example.net"]);
        let said = call(&server, &["user", "edit", "benno", "--email", "", "--display-name", ""]);
        said.done();
        let shown = call(&server, &["user", "show", "benno", "--json"]).json();
        assert!(shown["email"].is_null() && shown["display_name"].is_null(), "{shown}");
    }

    async fn what_names_somebody_else_at_the_sign_in_is_refused(at: At) {
        let server = Server::start(at).await;
        server.reachable("ben", "ben@example.org").await;
        server.user("carl@example.org").await;
        server.user("dora").await;
        for (arguments, code) in [
            (["user", "edit", "dora", "--name", "BEN"], "user.name_taken"),
            (["user", "edit", "dora", "--name", "Ben@Example.org"], "user.name_taken"),
            (["user", "edit", "dora", "--email", "Carl@example.org"], "user.email_is_name"),
            (["user", "edit", "dora", "--name", "a\u{202e}b"], "user.name_invalid"),
        ] {
            call(&server, &arguments).refused(code);
        }
        let added = ["user", "add", "ben@example.org", "--password-stdin"];
        keyward_reads(server.folder(), &added, PASSWORD).refused("user.name_taken");
        let wrong = call(&server, &["user", "edit", "dora", "--display-name", "a\nb"]);
        assert_eq!(wrong.code, Some(2), "{wrong:?}");
        // One's own address may be one's own name.
        call(&server, &["user", "edit", "ben", "--name", "ben@example.org"]).done();
        assert!(in_by(&server, "ben@example.org").await);
        assert_eq!(server.events("user.renamed"), 1);
    }

    async fn an_address_signs_in_as_the_name_does(at: At) {
        let server = Server::start(at).await;
        let mut ben = server.reachable("ben", "ben@example.org").await;
        assert!(in_by(&server, "Ben@Example.ORG").await);
        ben.signs_in().await;
        ben.adds_an_app().await;
        server.clock.turn(Duration::from_secs(60));
        let mut again = ben.elsewhere(&server.base);
        again.name = "ben@example.org".to_owned();
        assert_eq!(again.signs_in().await.path, "/account");
    }

    async fn an_address_of_two_signs_nobody_in_and_names_come_first(at: At) {
        let server = Server::start(at).await;
        server.reachable("ben", "office@example.org").await;
        assert!(in_by(&server, "office@example.org").await);
        server.reachable("carl", "Office@example.org").await;
        assert!(!in_by(&server, "office@example.org").await);
        assert!(in_by(&server, "ben").await && in_by(&server, "carl").await);
        // Whoever looks into the trail learns that it is somebody's, and why it opened nothing.
        assert_eq!(server.refusals("sign_in.password", "address_of_several"), 1);
        assert_eq!(server.refusals("sign_in.password", "unknown_user"), 0);
        let stranger = server.stranger("office@example.org");
        let page = stranger.visits("/sign-in?method=pass").await;
        let form = page.form("Continue").fill("Username", "office@example.org");
        let form = form.fill("Temporary pass", "abcd-efgh-ijkl");
        stranger.browser.submit(&page, &form).await;
        assert_eq!(server.refusals("pass.used", "address_of_several"), 1);
    }

    async fn guesses_by_the_address_count_on_its_owner(at: At) {
        let server = Server::with(at, &[("lockout.user_failures", "3")]).await;
        server.reachable("ben", "ben@example.org").await;
        for typed in ["ben", "ben@example.org", "BEN@example.org"] {
            let mut guesser = server.stranger(typed);
            guesser.password = "not this one at all".to_owned();
            guesser.types_password().await;
        }
        assert!(!in_by(&server, "ben").await, "the tries were not counted together");
        assert!(!in_by(&server, "ben@example.org").await);
        let locked = "SELECT COUNT(*) FROM attempts WHERE locked_until > 0 AND scope LIKE 'user:%'";
        assert_eq!(server.database.number(locked), 1);
    }

    async fn nothing_but_a_tombstone_is_left_of_a_deleted_user(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable_superuser("anna", "anna@example.org").await;
        call(&server, &["invite", "zebedee@example.org"]).done();
        let mut ben = server.reachable("Zebedee", "zebedee@example.org").await;
        ben.signs_in().await;
        ben.adds_an_app().await;
        let page = ben.visits("/account/devices").await;
        let form = page.form("Save").fill("Device name", "Zebedee’s phone");
        ben.browser.submit(&page, &form).await;
        call(&server, &["user", "groups", "zebedee", "--add", "staff"]).done();
        call(&server, &["user", "edit", "zebedee", "--name", "zeebo", "--email", "zeebo@example.net",
            "--display-name", "Zebedee Zz"]).done();
        call(&server, &["validation-client", "add", "--owner", "zeebo@example.net"]);
        let asked = call(&server, &["user", "delete", "zeebo"]);
        assert!(asked.err.contains("1 devices, 1 sessions"), "{asked:?}");
        asked.refused("command.unconfirmed");
        let said = call(&server, &["user", "delete", "zeebo", "--yes"]).done();
        assert!(said.contains("deleted user "), "{said}");

        assert!(ben.visits("/account").await.path.starts_with("/sign-in"));
        assert!(!in_by(&server, "zeebo").await);
        call(&server, &["user", "show", "zeebo"]).refused("user.unknown");
        let stolen = server.database.stolen();
        for word in ["zebedee", "zeebo"] {
            assert!(!holds(&stolen, word), "{word} is in the database");
        }
        for table in ["devices", "group_members", "sessions", "journeys", "invitations"] {
            let rows = server.database.number(&format!("SELECT COUNT(*) FROM {table}"));
            assert_eq!(rows, 0, "{table}");
        }
        let events = event::list(&server.app, &Administrator::at_command_line(), Default::default(), 100)
            .await
            .expect("a trail");
        let deleted = events.iter().find(|event| event.kind == "user.deleted").expect("an event");
        let tombstone = deleted.subject.clone().expect("somebody");
        assert!(tombstone.starts_with("deleted user "), "{tombstone}");
        assert!(events.iter().filter(|event| event.subject.as_ref() == Some(&tombstone)).count() > 5);
    }

    async fn neither_the_last_superuser_nor_oneself_is_deleted(at: At) {
        let server = Server::start(at).await;
        server.superuser("anna").await;
        call(&server, &["user", "delete", "anna", "--yes"]).refused("user.last_superuser");
        call(&server, &["user", "delete", "nobody", "--yes"]).refused("user.unknown");
        assert_eq!(server.refusals("user.deleted", "user.last_superuser"), 1);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 1);
    }

    async fn a_namesake_keeps_what_the_trail_says_of_them(at: At) {
        let server = Server::start(at).await;
        server.reachable("ben", "ben@example.org").await;
        server.reachable("benno", "big.ben@example.org").await;
        call(&server, &["invite", "ben@example.org.example.net"]).done();
        call(&server, &["user", "edit", "benno", "--display-name", "Friend of ben"]).done();
        call(&server, &["user", "delete", "ben", "--yes"]).done();
        let told = server.database.text(
            "SELECT detail FROM events WHERE kind = 'user.display_name_changed'",
        );
        assert!(told.contains("Friend of ben"), "{told}");
        let invited = server.database.text("SELECT detail FROM events WHERE kind = 'invitation.sent'");
        assert!(invited.contains("ben@example.org.example.net"), "{invited}");
        assert!(in_by(&server, "big.ben@example.org").await);
    }

    async fn a_new_address_of_ones_own_counts_when_its_code_came_back(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let ben = server.reachable("ben", "ben@example.org").await;
        ben.signs_in().await;
        let page = ben.visits("/account/email").await;
        let form = page.form("Send code").fill("Email", "ben@example.net");
        let answer = ben.browser.submit(&page, &form).await;
        let page = ben.browser.follow(answer).await;
        assert_eq!(page.heading(), "Type the code");
        let present = "SELECT email FROM users WHERE name = 'ben'";
        assert_eq!(server.database.text(present), "ben@example.org");
        let mail = mailbox.messages(1).await.remove(0);
        assert_eq!(mail.to, "ben@example.net");
        let code = code_in(&mail);
        let form = page.form("Confirm").fill("Code", &another(&code));
        let answer = ben.browser.submit(&page, &form).await;
        let page = ben.browser.follow(answer).await;
        assert!(page.notice().contains("not the code"), "{}", page.text());
        assert_eq!(server.database.text(present), "ben@example.org");
        let form = page.form("Confirm").fill("Code", &code);
        let answer = ben.browser.submit(&page, &form).await;
        let page = ben.browser.follow(answer).await;
        assert!(page.notice().contains("ben@example.net"), "{}", page.text());
        assert_eq!(server.database.text(present), "ben@example.net");
        let told = mailbox.messages(3).await;
        let told: Vec<_> = told.iter().skip(1).collect();
        let old = told.iter().find(|mail| mail.to == "ben@example.org").expect("the old one is told");
        assert!(told.iter().any(|mail| mail.to == "ben@example.net"));
        // The old address objects, and the account has it again.
        let link = old.link(&server.base, "/objection/");
        let owner = server.stranger("ben");
        let page = owner.visits(&link).await;
        assert!(page.text().contains("gets back the email address"), "{}", page.text());
        owner.presses(&page, "This was not me").await;
        assert_eq!(server.database.text(present), "ben@example.org");
        assert!(ben.visits("/account").await.path.starts_with("/sign-in"));
    }

    async fn people_change_of_themselves_what_the_settings_let_them(at: At) {
        let fixed = [("account.may_change_email", "false"), ("account.may_change_display_name", "false")];
        let server = Server::with(at, &fixed).await;
        let ben = server.reachable("ben", "ben@example.org").await;
        ben.signs_in().await;
        ben.browser.post("/account/email", &[("email", "ben@example.net")]).await;
        let fields = [("username", "benno"), ("display_name", "Benno")];
        ben.browser.post("/account/profile", &fields).await;
        let row = "SELECT name || ' ' || email || ' ' || COALESCE(display_name, '-') FROM users";
        assert_eq!(server.database.text(row), "ben ben@example.org -");
        assert_eq!(server.refusals("user.email_changed", "account.fixed"), 1);
        assert_eq!(server.refusals("user.renamed", "account.fixed"), 1);

        let server = Server::with(at, &[("account.may_change_name", "true")]).await;
        let ben = server.user("ben").await;
        ben.signs_in().await;
        let page = ben.visits("/account/profile").await;
        let form = page.form("Save").fill("Username", "benno").fill("Display name", "Benno M.");
        let answer = ben.browser.submit(&page, &form).await;
        let page = ben.browser.follow(answer).await;
        assert_eq!(page.notice(), "Your account was changed.");
        assert!(page.text().contains("Benno M."), "{}", page.text());
        assert!(in_by(&server, "benno").await);
    }

    async fn a_user_is_edited_and_deleted_at_the_console(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.superuser("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        server.user("ben").await;
        call(&server, &["user", "groups", "ben", "--add", "staff"]).done();
        call(&server, &["group", "add", "printers"]).done();
        let users = anna.visits("/console/users").await;
        let path = users.link("ben").expect("ben is listed");
        let page = anna.visits(&format!("{path}/edit")).await;
        let form = page
            .form("Save")
            .fill("Username", "benno")
            .fill("Display name", "Benno M.")
            .fill("Email", "benno@example.org")
            .set("group.printers", "true")
            .fill("New groups", "door");
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert_eq!(page.notice(), "benno was changed.");
        let shown = call(&server, &["user", "show", "benno", "--json"]).json();
        assert_eq!(shown["display_name"], "Benno M.");
        assert!(shown["groups"].to_string().contains("door"), "{shown}");
        let help = page.body.find("id=\"rights\"").expect("what can be done");
        let trail = page.body.find("id=\"events\"").expect("the trail");
        assert!(help < trail, "the trail comes first");
        let page = anna.presses(&page, "Delete benno").await;
        assert!(page.text().contains("This cannot be undone"), "{}", page.text());
        assert!(in_by(&server, "benno").await, "it was not asked first");
        let page = anna.visits(&format!("{path}/delete")).await;
        let page = anna.presses(&page, "Delete benno").await;
        assert_eq!(page.notice(), "benno was deleted.");
        assert!(!in_by(&server, "benno").await);
        let id = path.rsplit('/').next().expect("an id");
        let trail = anna.visits(&format!("/console/audit?user=deleted+user+{id}")).await;
        assert!(trail.text().contains("User deleted"), "{}", trail.text());
    }
}
