//! Clients of the validation server, and the keys held here, at the console.

use keyward_core::domain::validation_client::ValidationClientId;

use super::{at_console, told};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::validation_client::ValidationClient;

on_every_database! {
    async fn a_client_is_added_used_changed_revoked_and_restored(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/clients").await;
        assert!(page.text().contains("No client yet"), "{}", page.text());
        let page = anna.visits("/console/clients/new").await;
        let form = page.form("Add client").fill("Note", "VPN").fill("Owner", "ben");
        let added = anna.browser.submit(&page, &form.fill("Requests a minute", "600")).await;
        assert_eq!(added.status, 200);
        assert_eq!(added.heading(), "Client 1");
        let text = added.text();
        let shown = text.split_whitespace().find(|word| word.len() == 28 && word.ends_with('='));
        let api_key = shown.unwrap_or_else(|| panic!("no key: {text}"));
        let bytes = data_encoding::BASE64.decode(api_key.as_bytes()).expect("base64");
        let id = ValidationClientId::new(1).expect("above zero");
        let client = ValidationClient::new(&server.base, id, bytes);
        assert_eq!(client.asks(&key.touch()).await.status(), "OK");

        let page = anna.visits("/console/clients/1").await;
        assert!(!page.body.contains(api_key), "the key is shown again");
        assert_eq!(page.form("Save").value("Requests a minute"), "600");
        let form = page.form("Save").fill("Allowed addresses", "192.0.2.7/24");
        let saved = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(saved).await;
        assert_eq!(page.notice(), "Client 1 was saved.");
        assert_eq!(page.form("Save").value("Allowed addresses"), "192.0.2.0/24");
        assert_eq!(client.asks(&key.touch()).await.status(), "OPERATION_NOT_ALLOWED");
        let form = page.form("Save").fill("Allowed addresses", "");
        anna.browser.submit(&page, &form).await;
        assert_eq!(client.asks(&key.touch()).await.status(), "OK");

        let asked = anna.presses(&page, "Revoke client 1").await;
        assert!(asked.text().contains("No other client is active."), "{}", asked.text());
        let list = anna.presses(&asked, "Revoke client 1").await;
        assert_eq!(list.notice(), "Client 1 was revoked.");
        let otp = key.touch();
        assert!(client.tries(&otp).await.is_some_and(|reply| reply.status() == "NO_SUCH_CLIENT"));
        let page = anna.visits("/console/clients/1").await;
        let list = anna.presses(&page, "Restore client 1").await;
        assert_eq!(list.notice(), "Client 1 is answered again.");
        assert_eq!(client.asks(&otp).await.status(), "OK");
        for kind in ["added", "changed", "revoked", "restored"] {
            let kind = format!("validation_client.{kind}");
            assert!(told(&server, &kind, "anna", None, "").await > 0, "{kind}");
        }
    }

    async fn a_form_that_cannot_be_saved_is_shown_again_as_it_was_typed(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        server.plain_client().await;
        for (field, wrong) in [
            ("Number", "1"),
            ("Number", "zero"),
            ("API key", "not base64!"),
            ("Allowed addresses", "192.0.2.0/33"),
            ("Requests a minute", "0"),
            ("Requests a minute", "many"),
        ] {
            let page = anna.visits("/console/clients/new").await;
            let form = page.form("Add client").fill("Note", "Kept <as> typed").fill(field, wrong);
            let page = anna.browser.submit(&page, &form).await;
            assert!(!page.notice().is_empty(), "{field} {wrong}: {}", page.text());
            assert_eq!(page.form("Add client").value("Note"), "Kept <as> typed");
            assert!(field == "API key" || page.form("Add client").value(field) == wrong);
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM validation_clients"), 1);
    }

    async fn held_keys_are_found_and_taken_out_of_use(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        let other = SoftYubikey::new("vvccccccccvv", [1; 6], [2; 16]);
        server.holds(&key).await;
        server.holds(&other).await;
        let client = server.plain_client().await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/otp-keys?q=VVC").await;
        assert!(page.text().contains(&other.public_id), "{}", page.text());
        assert!(!page.text().contains(&key.public_id), "{}", page.text());
        let none = anna.visits("/console/otp-keys?q=hello%20you").await;
        assert_eq!(none.status, 200);
        assert!(none.text().contains("No public id begins so."), "{}", none.text());
        let page = anna.visits(&format!("/console/otp-keys?q={}", key.public_id)).await;
        let page = anna.presses(&page, "Take out of use").await;
        assert_eq!(page.notice(), format!("Key {} is out of use.", key.public_id));
        let otp = key.touch();
        assert_eq!(client.asks(&otp).await.status(), "BAD_OTP");
        let page = anna.visits(&format!("/console/otp-keys?q={}", key.public_id)).await;
        anna.presses(&page, "Use again").await;
        assert_eq!(client.asks(&otp).await.status(), "OK");
        assert_eq!(told(&server, "otp_key.deactivated", "anna", None, "").await, 1);
    }

    async fn a_long_list_of_keys_is_read_a_page_at_a_time(at: At) {
        let server = Server::start(at).await;
        for number in 0..60 {
            server.holds(&SoftYubikey::numbered(number)).await;
        }
        let anna = at_console(&server).await;
        let page = anna.visits("/console/otp-keys").await;
        let (first, last) = (SoftYubikey::numbered(0), SoftYubikey::numbered(59));
        assert!(page.text().contains(&first.public_id) && !page.text().contains(&last.public_id));
        let next = page.link_to("/console/otp-keys?q=&after=").expect("a next page");
        let page = anna.visits(&next).await;
        assert!(!page.text().contains(&first.public_id) && page.text().contains(&last.public_id));
    }
}
