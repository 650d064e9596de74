//! What people are offered to add: what can work here, what policy counts, and what comes next.

use crate::actions::policy::in_force;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;

const ADD: &str = "/account/devices/add";

on_every_database! {
    async fn a_yubikey_is_offered_once_something_could_verify_it(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.visits(ADD).await;
        assert!(!page.text().contains("Add YubiKey"), "{}", page.text());
        assert!(page.text().contains("such as a YubiKey"), "{}", page.text());
        server.holds(&SoftYubikey::numbered(1)).await;
        assert!(anna.visits(ADD).await.text().contains("Add YubiKey"));
        assert!(anna.visits("/account/devices").await.text().contains("Add YubiKey"));
    }

    async fn the_first_choice_is_the_recommended_one(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let text = anna.visits(ADD).await.text();
        let places: Vec<_> = ["Add passkey", "Recommended", "Add security key"]
            .iter()
            .map(|words| text.find(words))
            .collect();
        assert!(places.is_sorted() && places[0].is_some(), "{text}");
        assert_eq!(text.matches("Recommended").count(), 1);
    }

    async fn after_the_first_device_the_page_offers_a_second_and_backup_codes(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.adds_an_app().await;
        let text = page.text();
        assert!(text.contains("Add a second device"), "{text}");
        assert!(text.contains("Make backup codes"), "{text}");
        let codes = anna.visits("/account/backup-codes").await;
        anna.presses(&codes, "Make 10 new codes").await;
        let text = anna.visits("/account/devices").await.text();
        assert!(text.contains("Add a second device"), "{text}");
        assert!(!text.contains("Make backup codes"), "{text}");
    }

    async fn backup_codes_are_not_offered_where_policy_refuses_them(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        in_force(&server, &["--kind", "passkey", "--kind", "totp"]);
        let text = anna.visits("/account/devices").await.text();
        assert!(!text.to_lowercase().contains("backup codes"), "{text}");
        let text = anna.visits("/account/backup-codes").await.text();
        assert!(text.contains("does not let codes on paper stand in"), "{text}");
        assert!(!text.contains("Make 10 new codes"), "{text}");
    }

    async fn two_devices_of_one_kind_get_names_that_tell_them_apart(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        for _ in 0..3 {
            anna.adds_an_app().await;
        }
        let names = server.database.lines("SELECT name AS line FROM devices ORDER BY id");
        assert_eq!(names, ["Authenticator app", "Authenticator app 2", "Authenticator app 3"]);
    }
}
