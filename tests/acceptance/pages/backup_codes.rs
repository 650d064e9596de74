//! Backup codes, from the page that shows them once to the last one that is used, and attacks.

use std::time::Duration;

use futures_util::future::join_all;

use crate::jobs::mail::server_with;
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;

/// The codes that a page shows.
fn codes_of(page: &Page) -> Vec<String> {
    let parts = page.body.split("<code>").skip(1);
    parts
        .filter_map(|part| part.split("</code>").next())
        .map(str::to_owned)
        .collect()
}

async fn makes_codes(person: &Person) -> Vec<String> {
    let page = person.visits("/account/backup-codes").await;
    let page = person.presses(&page, "Make 10 new codes").await;
    let codes = codes_of(&page);
    assert_eq!(codes.len(), 10, "{}", page.text());
    assert_eq!(page.header("cache-control"), "no-store");
    codes
}

/// Somebody with an app and a set of codes, at a browser where nobody is signed in.
pub async fn with_codes(server: &Server) -> (Person, Vec<String>) {
    let mut anna = server.reachable("anna", "anna@example.org").await;
    anna.signs_in().await;
    anna.adds_an_app().await;
    let codes = makes_codes(&anna).await;
    server.clock.turn(Duration::from_secs(120));
    (anna.elsewhere(&server.base), codes)
}

/// From the password to the backup code, by `Use another method`.
pub async fn asks_for_another_method(person: &Person) -> Page {
    let page = person.types_password().await;
    let choose = page
        .link_to("/sign-in?method=choose")
        .expect("another method");
    let page = person.visits(&choose).await;
    let link = page
        .link_to("/sign-in?method=backup-codes")
        .expect("backup codes");
    person.visits(&link).await
}

on_every_database! {
    async fn a_code_signs_in_once_under_another_method_and_its_owner_is_told(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let (anna, codes) = with_codes(&server).await;
        let page = asks_for_another_method(&anna).await;
        assert_eq!(page.heading(), "Enter a backup code");
        // As somebody reads it from paper.
        let typed = codes[0].to_lowercase().replace('-', " ");
        assert_eq!(anna.types_code(&page, &typed).await.path, "/account");
        let mail = mailbox.about("backup code of yours was used").await;
        assert!(mail.text.contains("Codes left: 9"), "{}", mail.text);
        let page = anna.visits("/account/backup-codes").await;
        assert!(page.text().contains("9 codes are left"), "{}", page.text());
        assert_eq!(server.events("backup_code.used"), 1);

        let thief = anna.elsewhere(&server.base);
        let page = asks_for_another_method(&thief).await;
        let page = thief.types_code(&page, &codes[0]).await;
        assert!(page.notice().contains("used before"), "{}", page.text());
        assert_eq!(thief.types_code(&page, &codes[1]).await.path, "/account");
    }

    async fn a_code_is_taken_in_the_field_of_the_app_too(at: At) {
        let server = Server::start(at).await;
        let (anna, codes) = with_codes(&server).await;
        let page = anna.types_password().await;
        assert_eq!(page.heading(), "Enter your code");
        assert_eq!(anna.types_code(&page, &codes[3]).await.path, "/account");
    }

    async fn of_two_hundred_who_use_one_code_at_once_one_gets_in(at: At) {
        let settings = [("lockout.user_failures", "1000"), ("lockout.address_failures", "100000")];
        let server = Server::with(at, &settings).await;
        let (anna, codes) = with_codes(&server).await;
        let mut ready = Vec::new();
        for _ in 0..200 {
            let one = anna.elsewhere(&server.base);
            let page = one.types_password().await;
            ready.push((one, page));
        }
        let tries = ready.iter().map(|(one, page)| async {
            let form = page.form("Continue").fill("Code", &codes[0]);
            let answer = one.browser.submit(page, &form).await;
            answer.location().is_some_and(|to| to == "/account")
        });
        let won = join_all(tries).await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1, "one code let {won} in");
        assert_eq!(server.events("backup_code.used"), 1);
    }

    async fn new_codes_replace_the_old_ones(at: At) {
        let server = Server::start(at).await;
        let (anna, old) = with_codes(&server).await;
        anna.signs_in().await;
        let new = makes_codes(&anna).await;
        let thief = anna.elsewhere(&server.base);
        let page = asks_for_another_method(&thief).await;
        let page = thief.types_code(&page, &old[0]).await;
        assert!(page.notice().contains("not one of"), "{}", page.text());
        assert_eq!(thief.types_code(&page, &new[0]).await.path, "/account");
    }

    async fn codes_are_made_after_a_fresh_proof_alone(at: At) {
        let server = Server::start(at).await;
        let (anna, _) = with_codes(&server).await;
        anna.signs_in().await;
        let page = anna.visits("/account/backup-codes").await;
        server.clock.turn(Duration::from_secs(3600));
        let page = anna.presses(&page, "Make 10 new codes").await;
        assert!(codes_of(&page).is_empty(), "codes were shown without a fresh proof");
        assert!(page.path.starts_with("/step-up"), "{}", page.path);
    }

    async fn without_a_device_there_are_no_codes(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.visits("/account/backup-codes").await;
        assert!(page.text().contains("Add one first"), "{}", page.text());
        let page = anna.browser.post("/account/backup-codes", &[]).await;
        let page = anna.browser.follow(page).await;
        assert!(codes_of(&page).is_empty() && !page.notice().is_empty(), "{}", page.text());
        assert_eq!(anna.elsewhere(&server.base).types_password().await.path, "/account");
    }

    async fn codes_go_with_the_last_device_that_they_stand_in_for(at: At) {
        let server = Server::start(at).await;
        let (anna, _) = with_codes(&server).await;
        anna.signs_in().await;
        let devices = anna.visits("/account/devices").await;
        let app = devices.body.split("id=\"device-").skip(1).find(|part| !part.contains("Backup"));
        let id = app.and_then(|part| part.split('"').next()).expect("the app's id").to_owned();
        let page = anna.visits(&format!("/account/devices/{id}/remove")).await;
        let form = page.forms().into_iter().find(|form| form.action.ends_with("/remove"));
        let form = form.expect("a form");
        let answer = anna.browser.submit(&page, &form).await;
        anna.browser.follow(answer).await;
        let left = server.database.number("SELECT COUNT(*) FROM devices");
        assert_eq!(left, 0, "codes are left alone");
    }

    async fn guessing_codes_locks_them_and_the_app_still_works(at: At) {
        let settings = [("lockout.user_failures", "3"), ("lockout.address_failures", "1000")];
        let server = Server::with(at, &settings).await;
        let (anna, codes) = with_codes(&server).await;
        for number in 0..3 {
            let thief = anna.elsewhere(&server.base);
            let page = asks_for_another_method(&thief).await;
            thief.types_code(&page, &format!("AAAA-AAAA-AAAA-AAA{number}")).await;
        }
        let late = anna.elsewhere(&server.base);
        let page = asks_for_another_method(&late).await;
        assert_ne!(late.types_code(&page, &codes[0]).await.path, "/account", "the lock was passed");
        assert_eq!(anna.signs_in().await.path, "/account");
    }

    async fn a_set_of_which_every_code_was_used_is_not_offered(at: At) {
        let server = Server::start(at).await;
        let (anna, _) = with_codes(&server).await;
        let methods = "/sign-in?method=backup-codes";
        let before = anna.types_password().await;
        let choose = before.link_to("/sign-in?method=choose").expect("another method");
        assert!(anna.visits(&choose).await.link_to(methods).is_some());
        server.database.execute("UPDATE backup_codes SET used_at = 1");
        let page = anna.elsewhere(&server.base).types_password().await;
        assert_eq!(page.link_to("/sign-in?method=choose"), None, "{}", page.text());
        let page = anna.visits(methods).await;
        assert_eq!(page.heading(), "Enter your code");
    }

    async fn codes_do_not_lie_in_the_database(at: At) {
        let server = Server::start(at).await;
        let (_, codes) = with_codes(&server).await;
        let dump = String::from_utf8_lossy(&server.database.stolen()).into_owned();
        for code in codes {
            let bare = code.replace('-', "");
            assert!(!dump.contains(&code) && !dump.contains(&bare), "a code lies open");
        }
    }
}
