//! What owners are told of what somebody may be doing with their account, at which addresses, and in
//! which words.

use std::time::Duration;

use crate::jobs::mail::server_with;
use keyward_test_support::codes::{MAILBOX, with_mailbox};
use keyward_test_support::command::keyward;
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;

/// How long a failed second step waits for being set right.
const MOMENT: Duration = Duration::from_secs(21);

on_every_database! {
    async fn a_right_password_with_a_failed_second_step_is_told_once_an_hour(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        mailbox.messages(1).await;
        for _ in 0..2 {
            let thief = anna.elsewhere(&server.base);
            let page = thief.types_password().await;
            thief.types_code(&page, "000000").await;
        }
        server.quiet().await;
        assert_eq!(mailbox.taken(), 1, "it was told before it could be set right");
        server.clock.turn(MOMENT);
        let mail = mailbox.about("your second step was not").await;
        assert!(mail.text.contains("127.0.0.1"), "{}", mail.text);
        server.quiet().await;
        assert_eq!(mailbox.taken(), 2, "it was told twice");
    }

    async fn who_mistypes_a_code_and_sets_it_right_is_told_nothing(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        mailbox.messages(1).await;
        server.clock.turn(Duration::from_secs(60));
        let again = anna.elsewhere(&server.base);
        let page = again.types_password().await;
        let page = again.types_code(&page, "000000").await;
        assert_eq!(again.types_code(&page, &anna.code()).await.path, "/account");
        server.clock.turn(MOMENT);
        server.quiet().await;
        assert_eq!(mailbox.taken(), 1);
    }

    async fn a_sign_in_from_an_unusual_place_is_told_and_can_be_objected_to(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.elsewhere(&server.base).signs_in().await;
        server.quiet().await;
        assert_eq!(mailbox.taken(), 0, "the first place and the usual one were told");
        server.database.execute("UPDATE events SET address = '203.0.113.7' \
            WHERE kind = 'sign_in.completed'");
        anna.elsewhere(&server.base).signs_in().await;
        let mail = mailbox.about("unusual place").await;
        let link = mail.link(&server.base, "/objection/");
        let reader = server.stranger("anna");
        let page = reader.visits(&link).await;
        for words in ["Signed in from an unusual place", "127.0.0.1", "When", "Browser"] {
            assert!(page.text().contains(words), "{words}: {}", page.text());
        }
        reader.presses(&page, "This was not me").await;
        assert!(!anna.is_in().await);
        assert_eq!(server.events("sign_in.unusual_place"), 1);
    }

    async fn a_recovery_is_told_at_every_address_of_its_owner(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        with_mailbox(&server, &mailbox, "anna").await;
        keyward(server.folder(), &["two-factor", "disable", "anna", "--yes"]).done();
        let told = mailbox.about("All your devices were removed").await;
        assert_eq!(told.to, MAILBOX);
    }

    async fn mails_speak_for_the_organisation_in_its_time_zone_and_name_browsers_in_words(at: At) {
        let mailbox = Mailbox::start();
        let more = [
            ("mail.organisation", "\"Example & Co\""),
            ("mail.time_zone", "\"Europe/Amsterdam\""),
        ];
        let server = server_with(at, &mailbox, &more).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let mail = mailbox.about("A device was added").await;
        assert!(mail.text.contains("Example & Co sent this mail"), "{}", mail.text);
        assert!(mail.html.contains("Example &amp; Co"), "{}", mail.html);
        assert!(mail.text.contains("(Europe/Amsterdam)"), "{}", mail.text);
        // `Example & Co`, as headers say it (RFC 2047).
        assert!(mail.header("from").contains("RXhhbXBsZSAmIENv"), "{}", mail.raw);
        assert!(!mail.text.contains("Mozilla") && !mail.text.contains("reqwest"), "{}", mail.text);
    }
}
