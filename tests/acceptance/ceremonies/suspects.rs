//! A key whose counter went back: who is told what, and what an administrator makes of it.

use crate::jobs::mail::server_with;
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

/// Ben's key was copied, and the copy was used after it: the counter 2 after 3.
async fn robbed(server: &Server) -> (Person, SoftAuthenticator) {
    let ben = server.reachable("ben", "ben@example.org").await;
    ben.signs_in().await;
    robbed_of_a_key(server, ben).await
}

/// The same with an app, by which he is signed in still.
async fn robbed_with_an_app(server: &Server) -> (Person, SoftAuthenticator) {
    let mut ben = server.reachable("ben", "ben@example.org").await;
    ben.signs_in().await;
    ben.adds_an_app().await;
    robbed_of_a_key(server, ben).await
}

async fn robbed_of_a_key(server: &Server, ben: Person) -> (Person, SoftAuthenticator) {
    let mut key = SoftAuthenticator::security_key();
    assert_eq!(ben.registers("security-key", &mut key).await.status, 200);
    let mut stolen = key.clone();
    for _ in 0..2 {
        let ben = ben.elsewhere(&server.base);
        ben.types_password().await;
        assert_eq!(ben.confirms_with(&mut key).await.status, 200);
    }
    let thief = ben.elsewhere(&server.base);
    thief.types_password().await;
    assert_eq!(
        thief.confirms_with(&mut stolen).await.code(),
        "ceremony.counter"
    );
    assert!(!thief.is_in().await);
    (ben, key)
}

async fn at_console(server: &Server) -> Person {
    let mut anna = server.reachable_superuser("anna", "anna@example.org").await;
    anna.signs_in().await;
    anna.adds_an_app().await;
    anna
}

const HAPPENED: &str = "Its counter came as 2 from 127.0.0.1";

on_every_database! {
    async fn owner_and_administrators_are_told_by_mail(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable_superuser("anna", "anna@example.org").await;
        robbed(&server).await;
        let owner = mailbox.about("One of your keys is on hold").await;
        assert_eq!(owner.to, "ben@example.org");
        let administrator = mailbox.about("A key of ben is on hold").await;
        assert_eq!(administrator.to, "anna@example.org");
        for mail in [owner, administrator] {
            assert!(mail.text.contains("counter went back"), "{}", mail.text);
            assert!(mail.text.contains("127.0.0.1"), "{}", mail.text);
        }
    }

    async fn the_pages_of_owner_and_console_say_what_happened(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let (ben, _) = robbed_with_an_app(&server).await;
        let overview = ben.visits("/account").await.text();
        assert!(overview.contains("One of your devices is on hold"), "{overview}");
        let devices = ben.visits("/account/devices").await.text();
        assert!(devices.contains("One of your devices is on hold"), "{devices}");
        assert!(devices.contains(HAPPENED), "{devices}");

        let page = anna.visits("/console").await;
        let held = anna.visits(&page.link("1 on hold").expect("the number")).await;
        assert!(held.text().contains(HAPPENED), "{}", held.text());
        let bens = anna.visits(&held.link("ben").expect("the owner")).await;
        assert!(bens.text().contains(HAPPENED), "{}", bens.text());
        assert!(bens.text().contains("Device put on hold"), "{}", bens.text());
    }

    async fn whom_the_key_let_in_is_out_and_who_came_by_another_stays(at: At) {
        let server = Server::start(at).await;
        let (ben, _) = robbed_with_an_app(&server).await;
        assert!(ben.is_in().await);
        let rows = "SELECT COUNT(*) FROM sessions WHERE device_id IN (SELECT id FROM devices WHERE kind = 'security-key')";
        assert_eq!(server.database.number(rows), 0);
        let ben = ben.elsewhere(&server.base);
        ben.types_password().await;
        assert_eq!(ben.asks_to_authenticate().await.code(), "device.unknown");
    }

    async fn taken_off_hold_the_key_signs_in_and_nothing_is_said_any_more(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let (ben, mut key) = robbed_with_an_app(&server).await;
        let page = anna.visits("/console/devices?state=suspect").await;
        let page = anna.presses(&page, "Use again").await;
        assert_eq!(page.path, "/console/devices?state=suspect", "the filter is lost");
        assert!(!page.text().contains(HAPPENED), "{}", page.text());
        assert!(!ben.visits("/account/devices").await.text().contains("on hold"));
        let ben = ben.elsewhere(&server.base);
        ben.types_password().await;
        assert_eq!(ben.confirms_with(&mut key).await.status, 200);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM suspicions"), 0);
    }

    async fn a_counter_that_restarted_counts_on_after_the_release(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let ben = server.user("ben").await;
        ben.signs_in().await;
        let mut key = SoftAuthenticator::security_key();
        assert_eq!(ben.registers("security-key", &mut key).await.status, 200);
        let mut restored = key.clone();
        let confirms = async |key: &mut SoftAuthenticator| {
            let ben = ben.elsewhere(&server.base);
            ben.types_password().await;
            ben.confirms_with(key).await
        };
        for _ in 0..5 {
            assert_eq!(confirms(&mut key).await.status, 200);
        }
        let before = key;
        assert_eq!(confirms(&mut restored).await.code(), "ceremony.counter");
        let page = anna.visits("/console/devices?state=suspect").await;
        anna.presses(&page, "Use again").await;
        for _ in 0..2 {
            assert_eq!(confirms(&mut restored).await.status, 200, "it is on hold again");
        }
        let told = server.database.lines(
            "SELECT detail AS line FROM events WHERE kind = 'device.released'",
        );
        assert!(told[0].contains(r#""counter":{"presented":2,"stored":6}"#), "{told:?}");
        // Were there two after all, the one that is behind is seen again.
        let mut before = before;
        assert_eq!(confirms(&mut before).await.status, 200);
        assert_eq!(confirms(&mut restored).await.code(), "ceremony.counter");
    }

    async fn a_suspect_key_is_removed_with_what_was_known_of_it(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let (ben, _) = robbed(&server).await;
        let page = anna.visits("/console/devices?state=suspect").await;
        let question = anna.presses(&page, "Remove").await;
        anna.presses(&question, "Remove").await;
        assert_eq!(server.events("device.removed"), 1);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM suspicions"), 0);
        assert_eq!(ben.elsewhere(&server.base).signs_in().await.path, "/account");
    }
}
