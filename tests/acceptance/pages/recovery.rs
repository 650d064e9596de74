//! Forgotten passwords, from the page to the mail and through its link, and attacks on that way.

use std::time::Duration;

use crate::jobs::mail::server_with;
use keyward_test_support::command::keyward;
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;

const NEW: &str = "five other words entirely here";
const SUBJECT: &str = "new password";

async fn asks(person: &Person, address: &str) -> Page {
    let page = person.visits("/recover").await;
    let form = page.form("Continue").fill("Email", address);
    let answer = person.browser.submit(&page, &form).await;
    person.browser.follow(answer).await
}

/// Asks for the three links that are sent to one address before there is a pause.
async fn gets_as_many_links_as_there_are(anna: &Person, mailbox: &Mailbox) {
    for number in 1..=3 {
        asks(anna, "anna@example.org").await;
        mailbox.messages(number).await;
    }
}

async fn chooses(person: &Person, link: &str, password: &str) -> Page {
    let page = person.visits(link).await;
    let form = page.form("Save").fill("New password", password);
    let answer = person.browser.submit(&page, &form).await;
    person.browser.follow(answer).await
}

async fn link_for(person: &Person, server: &Server, mailbox: &Mailbox, address: &str) -> String {
    asks(person, address).await;
    mailbox.about(SUBJECT).await.link(&server.base, "/recover/")
}

on_every_database! {
    async fn a_forgotten_password_is_replaced_by_the_link_of_a_mail(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        let elsewhere = anna.elsewhere(&server.base);
        elsewhere.signs_in().await;
        let page = anna.visits("/sign-in").await;
        assert!(page.link_to("/recover").is_some(), "no way to it: {}", page.text());
        // However the address is written.
        let link = link_for(&anna, &server, &mailbox, " Anna@Example.ORG ").await;
        let page = chooses(&anna, &link, NEW).await;
        assert!(page.notice().contains("new password"), "{}", page.text());
        assert!(elsewhere.visits("/account").await.path.starts_with("/sign-in"));
        assert_ne!(anna.types_password().await.path, "/account", "the old one still works");
        anna.password = NEW.to_owned();
        assert_eq!(anna.types_password().await.path, "/account");
        let told = mailbox.about("password was changed").await;
        assert_eq!(told.to, "anna@example.org");
    }

    async fn a_link_works_once_and_a_later_one_replaces_it(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        let first = link_for(&anna, &server, &mailbox, "anna@example.org").await;
        asks(&anna, "anna@example.org").await;
        let mails = mailbox.messages(2).await;
        let links: Vec<String> =
            mails.iter().map(|mail| mail.link(&server.base, "/recover/")).collect();
        let second = links.iter().find(|link| **link != first).expect("another link");
        assert_eq!(anna.visits(&first).await.status, 409, "the first one still works");
        let page = chooses(&anna, second, NEW).await;
        assert_eq!(page.path, "/sign-in", "{}", page.text());
        assert_eq!(anna.visits(second).await.status, 409, "it works twice");
    }

    async fn a_link_expires(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        let link = link_for(&anna, &server, &mailbox, "anna@example.org").await;
        let page = anna.visits(&link).await;
        server.clock.turn(Duration::from_secs(3601));
        assert_eq!(anna.visits(&link).await.status, 409);
        let form = page.form("Save").fill("New password", NEW);
        assert_eq!(anna.browser.submit(&page, &form).await.status, 409);
    }

    async fn a_refused_password_does_not_use_the_link_up(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        let link = link_for(&anna, &server, &mailbox, "anna@example.org").await;
        for weak in ["password1234567", "vN3)q!x8Zr"] {
            let page = chooses(&anna, &link, weak).await;
            assert_eq!(page.path, link, "{}", page.text());
        }
        assert_eq!(chooses(&anna, &link, NEW).await.path, "/sign-in");
    }

    async fn a_password_reset_is_no_way_around_the_second_factor(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        server.clock.turn(Duration::from_secs(120));
        // Somebody who reads her mail and has nothing else.
        let thief = server.stranger("anna");
        let link = link_for(&thief, &server, &mailbox, "anna@example.org").await;
        let page = chooses(&thief, &link, NEW).await;
        assert_eq!(page.heading(), "Enter your code");
        assert!(thief.visits("/account").await.path.starts_with("/sign-in"));
        let page = thief.visits("/sign-in").await;
        assert_ne!(thief.types_code(&page, "000000").await.path, "/account");
        // Nothing has changed for her: neither the password nor her session.
        assert_eq!(anna.visits("/account").await.path, "/account");
        let again = anna.elsewhere(&server.base);
        assert_eq!(again.signs_in().await.path, "/account");
        let mut tries = thief.elsewhere(&server.base);
        tries.password = NEW.to_owned();
        assert_eq!(tries.types_password().await.path, "/sign-in");
        assert_eq!(server.events("user.password_set"), 0);
    }

    async fn a_device_on_hold_neither_ends_a_reset_nor_turns_the_second_factor_off(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        server.database.execute("UPDATE devices SET state = 'suspect'");
        server.clock.turn(Duration::from_secs(120));
        let thief = anna.elsewhere(&server.base);
        let link = link_for(&thief, &server, &mailbox, "anna@example.org").await;
        let page = chooses(&thief, &link, NEW).await;
        assert!(page.try_form("Continue").is_none(), "it is asked for: {}", page.text());
        let code = anna.code();
        for turn in ["0", "1"] {
            let fields = [("turn", turn), ("code", code.as_str())];
            thief.browser.post("/sign-in/totp", &fields).await;
        }
        assert!(!thief.is_in().await, "the device counted");
        assert_eq!(server.events("user.password_set"), 0);
        let mut tries = thief.elsewhere(&server.base);
        tries.password = NEW.to_owned();
        assert_eq!(tries.types_password().await.path, "/sign-in");
        assert!(tries.visits("/account").await.path.starts_with("/sign-in"));
    }

    async fn the_second_factor_ends_a_reset_and_opens_a_session(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        let old = anna.elsewhere(&server.base);
        anna.signs_in().await;
        anna.adds_an_app().await;
        server.clock.turn(Duration::from_secs(120));
        let mut fresh = anna.elsewhere(&server.base);
        let link = link_for(&fresh, &server, &mailbox, "anna@example.org").await;
        let page = chooses(&fresh, &link, "vN3)q!x8Zr").await;
        let page = fresh.types_code(&page, &fresh.code()).await;
        assert_eq!(page.path, "/account", "{}", page.text());
        assert!(anna.visits("/account").await.path.starts_with("/sign-in"), "a session stayed");
        server.clock.turn(Duration::from_secs(120));
        assert_ne!(old.types_password().await.heading(), "Enter your code", "the old one works");
        fresh.password = "vN3)q!x8Zr".to_owned();
        let fresh = fresh.elsewhere(&server.base);
        assert_eq!(fresh.signs_in().await.path, "/account");
    }

    async fn the_answer_does_not_tell_whether_an_address_is_somebodys(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        let known = asks(&anna, "anna@example.org").await;
        let unknown = asks(&anna, "nobody@example.org").await;
        assert_eq!((known.status, &known.path), (unknown.status, &unknown.path));
        assert_eq!(known.body, unknown.body);
        mailbox.messages(1).await;
        server.quiet().await;
        assert_eq!(mailbox.taken(), 1, "mail went to nobody");
    }

    async fn what_waits_of_a_replaced_link_is_never_sent(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = server.reachable("anna", "later-1.anna@example.org").await;
        asks(&anna, "later-1.anna@example.org").await;
        server.tried(1).await;
        asks(&anna, "later-1.anna@example.org").await;
        let link = mailbox.about(SUBJECT).await.link(&server.base, "/recover/");
        server.clock.turn(Duration::from_secs(600));
        server.quiet().await;
        assert_eq!(mailbox.taken(), 1, "a mail with a dead link was sent");
        assert_eq!(anna.visits(&link).await.status, 200);
    }

    async fn whoever_asks_for_links_on_purpose_keeps_nobody_from_coming_back(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[("lockout.address_failures", "1000")]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        for round in 0..6 {
            for number in 1..=3 {
                asks(&server.stranger("nobody"), "anna@example.org").await;
                mailbox.messages(3 * round + number).await;
            }
            // The last link has just ended, and so has the pause.
            server.clock.turn(Duration::from_hours(1));
        }
        asks(&anna, "anna@example.org").await;
        mailbox.messages(19).await;
    }

    async fn an_administrator_ends_the_pause_of_links(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[("lockout.address_failures", "1000")]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        gets_as_many_links_as_there_are(&anna, &mailbox).await;
        asks(&anna, "anna@example.org").await;
        assert_eq!(server.refusals("recovery.asked", "locked"), 1);
        keyward(server.folder(), &["user", "unlock", "anna"]).done();
        asks(&anna, "anna@example.org").await;
        mailbox.messages(4).await;
    }

    async fn somebody_is_not_flooded_with_links(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[("lockout.address_failures", "1000")]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        gets_as_many_links_as_there_are(&anna, &mailbox).await;
        for spelling in ["anna@example.org", "ANNA@example.org", " anna@EXAMPLE.org"] {
            let page = asks(&anna, spelling).await;
            assert_eq!(page.path, "/sign-in", "{}", page.text());
        }
        server.quiet().await;
        assert_eq!(mailbox.taken(), 3);
        server.clock.turn(Duration::from_secs(1000));
        asks(&anna, "anna@example.org").await;
        mailbox.messages(4).await;
    }

    async fn asking_for_many_addresses_locks_the_asker_out(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[("lockout.address_failures", "5")]).await;
        let stranger = server.stranger("nobody");
        for number in 0..5 {
            asks(&stranger, &format!("a{number}@example.org")).await;
        }
        let page = stranger.visits("/recover").await;
        let form = page.form("Continue").fill("Email", "anna@example.org");
        assert_eq!(stranger.browser.submit(&page, &form).await.status, 429);
    }

    async fn an_office_that_asks_for_links_can_still_sign_in(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[("lockout.address_failures", "5")]).await;
        let anna = server.user("anna").await;
        for number in 0..8 {
            asks(&anna, &format!("a{number}@example.org")).await;
        }
        assert_eq!(anna.signs_in().await.path, "/account");
    }

    async fn a_link_is_void_once_the_user_is_disabled_or_has_another_address(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        let link = link_for(&anna, &server, &mailbox, "anna@example.org").await;
        for (change, back) in [
            ("is_enabled = FALSE", "is_enabled = TRUE"),
            ("email_folded = 'b@example.org'", "email_folded = 'anna@example.org'"),
        ] {
            server.database.execute(&format!("UPDATE users SET {change}"));
            assert_eq!(anna.visits(&link).await.status, 409, "{change}");
            server.database.execute(&format!("UPDATE users SET {back}"));
        }
        server.sets_password("anna").await;
        assert_eq!(anna.visits(&link).await.status, 409, "after a new password");
    }

    async fn of_many_who_use_one_link_at_once_one_wins(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        let link = link_for(&anna, &server, &mailbox, "anna@example.org").await;
        let page = anna.visits(&link).await;
        let tries = (0..12).map(|number| {
            let form = page.form("Save").fill("New password", &format!("{NEW} number {number}"));
            let (anna, page) = (anna.elsewhere(&server.base), &page);
            async move { anna.browser.submit(page, &form).await.status }
        });
        let answers = futures_util::future::join_all(tries).await;
        let won = answers.iter().filter(|status| **status == 303).count();
        assert_eq!(won, 1, "{answers:?}");
        assert_eq!(server.events("user.password_set"), 1);
    }

    async fn a_stolen_database_holds_no_link(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable("anna", "later-1.anna@example.org").await;
        asks(&server.stranger("anna"), "later-1.anna@example.org").await;
        server.tried(1).await;
        let dump = String::from_utf8_lossy(&server.database.stolen()).into_owned();
        server.clock.turn(Duration::from_secs(31));
        let mail = mailbox.about(SUBJECT).await;
        let link = mail.link(&server.base, "/recover/");
        let token = link.rsplit('/').next().expect("a token");
        assert!(!dump.contains(token), "a link lies open");
    }
}
