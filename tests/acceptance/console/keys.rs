//! The inventory of keys at the console.

use super::{at_console, told};
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::page::{Form, Page};
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;

fn filled(form: Form, fields: &[(&str, &str)]) -> Form {
    let fields = fields.iter();
    fields.fold(form, |form, (label, value)| form.fill(label, value))
}

/// Sends the form of a button, and goes where it leads.
async fn sends(anna: &Person, page: &Page, button: &str, fields: &[(&str, &str)]) -> Page {
    let form = filled(page.form(button), fields);
    let answer = anna.browser.submit(page, &form).await;
    anna.browser.follow(answer).await
}

/// Follows the link of a move, and answers what it asks.
async fn moves(anna: &Person, page: &Page, button: &str, fields: &[(&str, &str)]) -> Page {
    let link = page
        .link(button)
        .unwrap_or_else(|| panic!("{button}: {}", page.text()));
    let question = anna.visits(&link).await;
    sends(anna, &question, button, fields).await
}

on_every_database! {
    async fn a_key_is_added_assigned_shipped_lost_found_and_retired_and_its_history_is_read(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        server.user("ben").await;
        let page = anna.visits("/console/keys/new").await;
        let fields = [("Serial number", "10000017"), ("Model", "YubiKey 5C"), ("Place", "Drawer <2>")];
        let page = sends(&anna, &page, "Save", &fields).await;
        assert_eq!(page.notice(), "Yubico 10000017 was saved.");
        assert!(page.text().contains("In stock"), "{}", page.text());
        assert!(page.link("Ship").is_none(), "it is for nobody");

        let page = moves(&anna, &page, "Assign", &[("User name", "ben"), ("Note", "For his <start>")]).await;
        assert!(page.text().contains("In stock, reserved"), "{}", page.text());
        let page = moves(&anna, &page, "Ship", &[]).await;
        let page = moves(&anna, &page, "Hand over", &[]).await;
        let page = moves(&anna, &page, "Set in use", &[]).await;
        let list = anna.visits("/console/keys?state=active&user=ben").await;
        assert!(list.text().contains("Yubico 10000017"), "{}", list.text());
        let bens = anna.visits(&super::page_of(&server, "ben").await).await;
        assert!(bens.text().contains("Yubico 10000017"), "{}", bens.text());
        let page = moves(&anna, &page, "Report lost", &[("Note", "On the train")]).await;
        assert!(page.text().contains("Lost") && page.text().contains("ben"), "{}", page.text());
        let overview = anna.visits("/console").await;
        assert!(overview.text().contains("1 lost key"), "{}", overview.text());
        assert!(overview.link("1 lost key").is_some_and(|link| link == "/console/key-cases?state=open"));
        let page = moves(&anna, &page, "Found", &[]).await;
        assert!(!anna.visits("/console").await.text().contains("lost key"), "its case is closed");
        let page = moves(&anna, &page, "Retire", &[]).await;
        for said in ["Key assigned", "For his <start>", "On the train", "Lost key found", "Key retired"] {
            assert!(page.text().contains(said), "{said}: {}", page.text());
        }
        for button in ["Assign", "Ship", "Found", "Retire"] {
            assert!(page.link(button).is_none(), "{button}: nothing is done to it any more");
        }
        for kind in ["key.assigned", "key.shipped", "key.handed_over", "key.activated", "key.lost", "key.found"] {
            assert_eq!(told(&server, kind, "anna", Some("ben"), "").await, 1, "{kind}");
        }
    }

    async fn a_touch_finds_its_key_and_stands_in_no_address(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let anna = at_console(&server).await;
        for serial in ["10000017", "10000018", "20000001"] {
            keyward(server.folder(), &["key", "add", serial]).done();
        }
        keyward(server.folder(), &["key", "link", "10000017", &key.public_id]).done();
        let page = anna.visits("/console/keys").await;
        let otp = key.touch();
        let form = page.form("Search").fill("Serial number or touch", &otp);
        let answer = anna.browser.submit(&page, &form).await;
        let to = answer.location().expect("an address").to_owned();
        assert!(!to.contains(&otp) && to.ends_with(&key.public_id), "{to}");
        let found = anna.browser.follow(answer).await;
        assert!(found.text().contains("Yubico 10000017"), "{}", found.text());
        assert!(!found.text().contains("Yubico 10000018"), "{}", found.text());
        let found = sends(&anna, &found, "Search", &[("Serial number or touch", "1000")]).await;
        assert!(found.text().contains("10000017") && found.text().contains("10000018"), "{}", found.text());
        assert!(!found.text().contains("20000001"), "{}", found.text());
        // It named its key and proved nothing: it is good still.
        let client = server.plain_client().await;
        assert_eq!(client.asks(&otp).await.status(), "OK");
    }

    async fn what_is_on_a_key_says_whether_it_is_proved(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let anna = at_console(&server).await;
        anna.adds_a_yubikey(&key.touch()).await;
        keyward(server.folder(), &["key", "add", "10000017"]).done();
        keyward(server.folder(), &["key", "add", "10000018"]).done();
        let list = anna.visits("/console/keys").await;
        let page = anna.visits(&list.link("Yubico 10000017").expect("its page")).await;
        assert!(page.text().contains("Nothing is known to be on this key."), "{}", page.text());
        let touch = key.touch();
        let page = sends(&anna, &page, "Link", &[("Public id or device", &touch)]).await;
        assert!(page.text().contains("Its secret is held here"), "{}", page.text());
        assert!(page.text().contains("Proved by a one-time code"), "{}", page.text());
        assert!(page.text().contains("anna"), "{}", page.text());
        let other = anna.visits(&list.link("Yubico 10000018").expect("its page")).await;
        let form = other.form("Link").fill("Public id or device", &key.public_id);
        let refused = anna.browser.submit(&other, &form).await;
        assert_eq!(refused.status, 409, "{}", refused.text());
        assert!(refused.text().contains("on another key already"), "{}", refused.text());
        let page = anna.presses(&page, "Not on this key").await;
        assert!(page.text().contains("Nothing is known to be on this key."), "{}", page.text());
    }

    async fn what_somebody_else_did_meanwhile_is_not_undone(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        server.user("ben").await;
        server.user("carl").await;
        keyward(server.folder(), &["key", "add", "10000017"]).done();
        let list = anna.visits("/console/keys").await;
        let page = anna.visits(&list.link("Yubico 10000017").expect("its page")).await;
        let question = anna.visits(&page.link("Assign").expect("a move")).await;
        keyward(server.folder(), &["key", "assign", "10000017", "ben"]).done();
        let form = question.form("Assign").fill("User name", "carl");
        let refused = anna.browser.submit(&question, &form).await;
        assert_eq!(refused.status, 409, "{}", refused.text());
        assert!(refused.text().contains("changed since you looked at it"), "{}", refused.text());
        let form = page.form("Save").fill("Place", "Desk");
        assert_eq!(anna.browser.submit(&page, &form).await.status, 409);
        let owned = "SELECT COUNT(*) FROM keys JOIN users ON users.id = owner_id WHERE name = 'ben'";
        assert_eq!(server.database.number(owned), 1);
    }
}
