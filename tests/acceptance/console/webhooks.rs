//! Webhooks at the console.

use std::time::Duration;

use super::{at_console, rows_of, told};
use keyward_test_support::on_every_database;
use keyward_test_support::page::Form;
use keyward_test_support::server::Server;
use keyward_test_support::webhook_receiver::{Manner, Message, Receiver};

fn filled(form: Form, fields: &[(&str, &str)]) -> Form {
    let fields = fields.iter();
    fields.fold(form, |form, (label, value)| form.fill(label, value))
}

on_every_database! {
    async fn a_webhook_is_added_tested_changed_given_a_new_secret_and_removed(at: At) {
        let receiver = Receiver::start(Manner::Status(200));
        let networks = ("webhooks.networks", "[\"127.0.0.1/32\"]");
        let server = Server::with(at, &[networks, ("webhooks.give_up", "\"1m\"")]).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/webhooks/new").await;
        let url = receiver.url();
        let fields = [("Name", "Chat"), ("Address", &url), ("Events", "user.*\nwebhook.tested")];
        let shown = anna.browser.submit(&page, &filled(page.form("Save"), &fields)).await;
        assert_eq!(shown.status, 200, "{}", shown.text());
        let secret = shown.body.split("id=\"secret\"").nth(1).expect("a secret");
        let secret = secret.split(['>', '<']).nth(1).expect("its text").to_owned();
        assert!(secret.starts_with("whsec_"), "{secret}");
        let address = shown.link_to("/console/webhooks/").expect("its page");
        let page = anna.visits(&address).await;
        assert!(!page.body.contains(&secret), "the secret is shown again");

        let tested = anna.presses(&page, "Send a test").await;
        assert_eq!(tested.notice(), "The receiver took the event.");
        assert!(!tested.text().contains("Last delivered never"), "{}", tested.text());
        let messages = receiver.messages();
        assert_eq!(messages.iter().map(Message::kind).collect::<Vec<_>>(), ["webhook.tested"]);
        assert!(messages[0].is_believed(&secret));
        receiver.becomes(Manner::Status(500));
        let tested = anna.presses(&page, "Send a test").await;
        assert!(tested.notice().contains("did not take the event"), "{}", tested.notice());
        assert!(tested.notice().contains("answers HTTP 500"), "{}", tested.notice());

        server.user("ben").await;
        server.until("SELECT COUNT(*) FROM webhooks WHERE failed_at IS NOT NULL", 1).await;
        server.clock.turn(Duration::from_secs(61));
        server.until("SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'dead'", 1).await;
        let list = anna.visits("/console/webhooks").await;
        assert!(list.text().contains("Last event not taken"), "{}", list.text());
        assert!(list.text().contains("answers HTTP 500"), "{}", list.text());
        receiver.becomes(Manner::Status(200));
        let page = anna.visits(&address).await;
        assert_eq!(anna.presses(&page, "Send a test").await.notice(), "The receiver took the event.");
        let list = anna.visits("/console/webhooks").await;
        assert!(!list.text().contains("Last event not taken"), "{}", list.text());
        let page = anna.visits(&address).await;
        assert!(page.text().contains("user.created") && page.text().contains("Events given up"));
        let page = anna.presses(&page, "Send again").await;
        assert_eq!(page.notice(), "They are sent again now.", "{}", page.text());
        server.until("SELECT COUNT(*) FROM webhook_deliveries", 0).await;
        let list = anna.visits("/console/webhooks").await;
        assert!(!list.text().contains("Last event not taken"), "{}", list.text());
        assert_eq!(receiver.messages().last().expect("one").kind(), "user.created");

        let change = filled(page.form("Save"), &[("Name", "Talk"), ("Events", "device.added")]);
        let saved = anna.browser.submit(&page, &change).await;
        let page = anna.browser.follow(saved).await;
        assert_eq!(page.notice(), "Talk was saved.");
        let question = anna.presses(&page, "New secret").await;
        assert_eq!(told(&server, "webhook.secret_rotated", "anna", None, "").await, 0);
        assert!(!question.text().contains("It stops at once"), "{}", question.text());
        let rotated = anna.presses(&question, "Give a new secret").await;
        assert!(rotated.body.contains("whsec_") && !rotated.body.contains(&secret));
        let question = anna.presses(&page, "New secret").await;
        assert!(question.text().contains("It stops at once"), "{}", question.text());
        let list = anna.visits("/console/webhooks").await;
        assert!(rows_of(&list)[0].starts_with("Talk"), "{:?}", rows_of(&list));
        let page = anna.visits(&address).await;
        let question = anna.presses(&page, "Remove").await;
        assert!(question.text().contains("Nothing is on its way to it."), "{}", question.text());
        let page = anna.presses(&question, "Remove Talk").await;
        assert_eq!(page.notice(), "Talk was removed.");
        for (kind, count) in [
            ("added", 1),
            ("tested", 3),
            ("resent", 1),
            ("changed", 1),
            ("secret_rotated", 1),
            ("removed", 1),
        ] {
            let kind = format!("webhook.{kind}");
            assert_eq!(told(&server, &kind, "anna", None, "").await, count, "{kind}");
        }
        assert_eq!(anna.browser.get(&address).await.status, 404);
    }

    async fn a_webhook_that_cannot_work_comes_back_as_it_was_typed(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let good = [("Name", "Chat"), ("Address", "https://hooks.example.org/"), ("Events", "")];
        let long = "n".repeat(65);
        let other = [("Name", "Other"), good[1], good[2]];
        let page = anna.visits("/console/webhooks/new").await;
        let added = anna.browser.submit(&page, &filled(page.form("Save"), &other)).await;
        assert_eq!(added.status, 200, "{}", added.text());
        for (label, wrong, status) in [
            ("Name", " OTHER ", 409),
            ("Name", "", 400),
            ("Name", &long, 400),
            ("Address", "", 400),
            ("Address", "hooks.example.org", 400),
            ("Address", "ftp://hooks.example.org/", 400),
            ("Address", "https://anna:secret@hooks.example.org/", 400),
            ("Events", "device", 400),
            ("Events", "device.*, nothing.known", 400),
        ] {
            let page = anna.visits("/console/webhooks/new").await;
            let form = filled(page.form("Save"), &good).fill(label, wrong);
            let answer = anna.browser.submit(&page, &form).await;
            assert_eq!(answer.status, status, "{label} {wrong:?}: {}", answer.notice());
            if label != "Events" {
                assert_eq!(answer.form("Save").value(label), wrong);
            }
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM webhooks"), 1);
    }
}
