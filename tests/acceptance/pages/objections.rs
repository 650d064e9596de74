//! The link in a mail by which an owner says that a change was not theirs.

use std::time::Duration;

use futures_util::future::join_all;

use crate::jobs::mail::server_with;
use crate::pages::backup_codes::{asks_for_another_method, with_codes};
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;

const THIEFS: &str = "what only the thief knows";

/// Anna, whom mail reaches, with an app, signed in; and an administrator.
async fn anna(server: &Server) -> Person {
    server.reachable_superuser("root", "root@example.org").await;
    let mut anna = server.reachable("anna", "anna@example.org").await;
    anna.signs_in().await;
    anna.adds_an_app().await;
    anna
}

on_every_database! {
    async fn objecting_to_a_device_ends_every_session_and_puts_it_on_hold(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = anna(&server).await;
        let mail = mailbox.about("A device was added").await;
        let link = mail.link(&server.base, "/objection/");
        // Whoever reads the mail need not be signed in; looking at the link does nothing.
        let reader = server.stranger("anna");
        let page = reader.visits(&link).await;
        assert_eq!(page.heading(), "Was this not you?", "{}", page.text());
        assert!(anna.is_in().await, "a program that opens links objected");
        let page = reader.presses(&page, "This was not me").await;
        assert!(page.notice().contains("signed out everywhere"), "{}", page.text());
        assert!(!anna.is_in().await);
        assert_eq!(server.database.lines("SELECT state AS line FROM devices"), ["suspect"]);
        server.clock.turn(Duration::from_secs(60));
        let page = anna.types_password().await;
        assert_ne!(page.status, 200, "the device can be used: {}", page.text());
        let told = mailbox.about("anna objected to a change").await;
        assert_eq!(told.to, "root@example.org");
        assert_eq!(mailbox.about("You objected").await.to, "anna@example.org");
        assert_eq!(server.events("account.objected"), 1);
    }

    async fn objecting_to_a_password_takes_it_away_and_leads_to_a_new_one(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        let thief = anna.at(&anna.browser.copy());
        let page = thief.visits("/account/password").await;
        let form = page.form("Save").fill("Current password", PASSWORD).fill("New password", THIEFS);
        thief.browser.submit(&page, &form).await;
        assert!(thief.is_in().await, "{}", page.text());
        let link = mailbox.about("password was changed").await.link(&server.base, "/objection/");
        let reader = server.stranger("anna");
        let page = reader.visits(&link).await;
        assert!(page.text().contains("no longer works"), "{}", page.text());
        let page = reader.presses(&page, "This was not me").await;
        assert_eq!(page.path, "/recover");
        assert!(page.notice().contains("choose a new one"), "{}", page.text());
        assert!(!thief.is_in().await);
        for password in [PASSWORD, THIEFS] {
            anna.password = password.to_owned();
            let again = anna.elsewhere(&server.base);
            assert_eq!(again.types_password().await.path, "/sign-in", "{password} opens");
        }
        let form = page.form("Continue").fill("Email", "anna@example.org");
        reader.browser.submit(&page, &form).await;
        let link = mailbox.about("Choose a new password").await.link(&server.base, "/recover/");
        let page = reader.visits(&link).await;
        let form = page.form("Save").fill("New password", "five other words entirely here");
        reader.browser.submit(&page, &form).await;
        anna.password = "five other words entirely here".to_owned();
        assert_eq!(anna.elsewhere(&server.base).types_password().await.path, "/account");
    }

    async fn objecting_to_the_use_of_a_backup_code_holds_the_other_codes(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let (anna, codes) = with_codes(&server).await;
        let page = asks_for_another_method(&anna).await;
        anna.types_code(&page, &codes[0]).await;
        assert!(anna.is_in().await);
        let link = mailbox.about("backup code of yours").await.link(&server.base, "/objection/");
        let owner = server.stranger("anna");
        let page = owner.visits(&link).await;
        owner.presses(&page, "This was not me").await;
        assert!(!anna.is_in().await);
        let thief = anna.elsewhere(&server.base);
        let page = thief.types_password().await;
        assert_eq!(page.heading(), "Enter your code", "{}", page.text());
        thief.types_code(&page, &codes[1]).await;
        assert!(!thief.is_in().await, "another code of the set opens");
        server.clock.turn(Duration::from_secs(60));
        assert_eq!(anna.elsewhere(&server.base).signs_in().await.path, "/account");
    }

    async fn the_session_of_whoever_opens_the_link_is_left_alone(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        anna(&server).await;
        let ben = server.user("ben").await;
        ben.signs_in().await;
        let link = mailbox.about("A device was added").await.link(&server.base, "/objection/");
        let page = ben.visits(&link).await;
        ben.presses(&page, "This was not me").await;
        assert!(ben.is_in().await);
        assert_eq!(server.events("account.objected"), 1);
    }

    async fn a_link_objects_once_also_in_a_race(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        anna(&server).await;
        let mail = mailbox.about("A device was added").await;
        let path = mail.link(&server.base, "/objection/");
        let posts = (0..8).map(|_| {
            let (browser, path) = (server.browser(), path.clone());
            tokio::spawn(async move { browser.post(&path, &[]).await.status })
        });
        let mut statuses: Vec<u16> = join_all(posts).await.into_iter().map(|status| status.expect("no panic")).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409, 409, 409, 409, 409, 409, 409]);
        assert_eq!(server.events("account.objected"), 1);
        assert_eq!(server.browser().get(&path).await.status, 409);
    }

    async fn a_link_is_over_after_a_week_and_cannot_be_made_up(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        anna(&server).await;
        let mail = mailbox.about("A device was added").await;
        let path = mail.link(&server.base, "/objection/");
        let stored = server.database.text("SELECT token_hash FROM objections");
        assert!(!path.contains(&stored), "the token itself is in the database");
        for made_up in [&stored, "x", &"A".repeat(43)] {
            let answer = server.browser().post(&format!("/objection/{made_up}"), &[]).await;
            assert_eq!(answer.status, 409, "{made_up}");
        }
        server.clock.turn(Duration::from_secs(7 * 86_400 + 1));
        assert_eq!(server.browser().get(&path).await.status, 409);
        assert_eq!(server.browser().post(&path, &[]).await.status, 409);
        assert_eq!(server.events("account.objected"), 0);
    }

    async fn what_an_administrator_did_is_nothing_to_object_to(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable("anna", "anna@example.org").await;
        server.sets_password("anna").await;
        let mail = mailbox.about("Your password was changed").await;
        assert!(!mail.text.contains("/objection/"), "{}", mail.text);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM objections"), 0);
    }

    async fn a_copied_trusted_browser_is_told_to_its_owner_and_the_administrators(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[("trusted_browser.age", "\"30d\"")]).await;
        let anna = anna(&server).await;
        server.clock.turn(Duration::from_secs(60));
        let here = anna.elsewhere(&server.base);
        let page = here.types_password().await;
        let form = page.form("Continue").fill("Code", &anna.code()).set("remember", "yes");
        here.browser.submit(&page, &form).await;
        let mail = mailbox.about("A browser is trusted").await;
        assert!(mail.text.contains("/objection/"), "{}", mail.text);
        here.browser.post("/sign-out", &[]).await;
        let thief = here.at(&here.browser.copy());
        here.types_password().await;
        server.clock.turn(Duration::from_secs(60));
        thief.types_password().await;
        assert_eq!(mailbox.about("A trusted browser was copied").await.to, "anna@example.org");
        assert_eq!(mailbox.about("A trusted browser of anna").await.to, "root@example.org");
    }
}
