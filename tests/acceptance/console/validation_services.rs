//! Validation services at the console.

use super::{at_console, told};
use keyward_test_support::on_every_database;
use keyward_test_support::page::Form;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::yubiserver::Yubiserver;

fn filled(form: Form, fields: &[(&str, &str)]) -> Form {
    fields
        .iter()
        .fold(form, |form, (label, value)| form.fill(label, value))
}

/// Adds a service, and gives back its address.
async fn adds(anna: &Person, fields: &[(&str, &str)]) -> String {
    let page = anna.visits("/console/services/new").await;
    let form = filled(page.form("Save"), fields);
    let answer = anna.browser.submit(&page, &form).await;
    let location = answer
        .location()
        .unwrap_or_else(|| panic!("{}", answer.notice()));
    location.to_owned()
}

on_every_database! {
    async fn a_service_is_added_tested_with_a_touch_changed_and_removed(at: At) {
        let mut key = SoftYubikey::numbered(7);
        let real = Yubiserver::start(&[&key]);
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let secret = real.api_key_base64();
        let (url, client_id) = (real.url(), real.client_id().to_string());
        let fields = [
            ("Name", "Ours"),
            ("Addresses", url.as_str()),
            ("Client ID", &client_id),
            ("API key", &secret),
            ("Timeout", "5"),
        ];
        let address = adds(&anna, &fields).await;
        let page = anna.visits(&address).await;
        assert_eq!(page.notice(), "Ours was added. Test it with a touch.");
        assert!(!page.body.contains(&secret), "the key is shown");
        let stolen = server.database.stolen();
        assert!(!stolen.windows(secret.len()).any(|part| part == secret.as_bytes()));

        let touch = key.touch();
        let test = page.form("Test").fill("YubiKey", &touch);
        let tested = anna.browser.submit(&page, &test).await;
        assert_eq!(tested.status, 200);
        assert!(tested.notice().contains("The server confirmed the touch."), "{}", tested.text());
        let tested = anna.browser.submit(&page, &test).await;
        assert!(tested.text().contains("The touch was used before"), "{}", tested.text());
        let other = page.form("Test").fill("YubiKey", "not a touch");
        let answer = anna.browser.submit(&page, &other).await;
        let answer = anna.browser.follow(answer).await;
        assert!(answer.notice().contains("not what a YubiKey types"), "{}", answer.notice());

        // The key stays where its field is left empty: the answer is still checked against it.
        let change = filled(page.form("Save"), &[("Name", "Ours, renamed"), ("Timeout", "2.5")]);
        let saved = anna.browser.submit(&page, &change).await;
        let page = anna.browser.follow(saved).await;
        assert_eq!(page.notice(), "Ours, renamed was saved.");
        assert_eq!(page.form("Save").value("Timeout"), "2.5");
        assert!(page.text().contains("Leave empty to keep the one that is stored."));
        let test = page.form("Test").fill("YubiKey", &key.touch());
        let tested = anna.browser.submit(&page, &test).await;
        assert!(tested.notice().contains("confirmed the touch."), "{}", tested.text());
        let replace = page.form("Save").fill("API key", "d3Jvbmcga2V5");
        let saved = anna.browser.submit(&page, &replace).await;
        let page = anna.browser.follow(saved).await;
        let test = page.form("Test").fill("YubiKey", &key.touch());
        let tested = anna.browser.submit(&page, &test).await;
        assert!(tested.text().contains("A wrong signature"), "{}", tested.text());

        let question = anna.presses(&page, "Remove").await;
        assert!(question.text().contains("No other service is in use."), "{}", question.text());
        let page = anna.presses(&question, "Remove").await;
        assert_eq!(page.path, "/console/services");
        assert_eq!(page.notice(), "Ours, renamed was removed.");
        for (kind, count) in [("added", 1), ("changed", 2), ("removed", 1), ("tested", 4)] {
            let kind = format!("validation_service.{kind}");
            assert_eq!(told(&server, &kind, "anna", None, "").await, count, "{kind}");
        }
    }

    async fn settings_that_cannot_work_come_back_as_they_were_typed(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let good = [
            ("Name", "Ours"),
            ("Addresses", "https://one.example.org/verify"),
            ("Client ID", "1"),
            ("API key", "c2VjcmV0"),
            ("Sync level", "secure"),
            ("Timeout", "10"),
        ];
        let address = adds(&anna, &[&good[1..], &[("Name", "Other")]].concat()).await;
        let long = "n".repeat(65);
        let many = "http://example.org\n".repeat(17);
        for (label, wrong, status) in [
            ("Name", " OTHER ", 409),
            ("Name", "", 400),
            ("Name", &long, 400),
            ("Name", "a\0b", 400),
            ("Addresses", "", 400),
            ("Addresses", "one.example.org", 400),
            ("Addresses", "ftp://one.example.org/", 400),
            ("Addresses", "https://", 400),
            ("Addresses", &many, 400),
            ("Client ID", "", 400),
            ("Client ID", "-1", 400),
            ("Client ID", "one", 400),
            ("Client ID", "9223372036854775808", 400),
            ("API key", "not base64", 400),
            ("Sync level", "101", 400),
            ("Sync level", "slow", 400),
            ("Timeout", "0", 400),
            ("Timeout", "0.0001", 400),
            ("Timeout", "61", 400),
            ("Timeout", "-1", 400),
            ("Timeout", "NaN", 400),
            ("Timeout", "1e99", 400),
            ("Timeout", "", 400),
        ] {
            for (path, name) in [("/console/services/new", "Ours"), (&address, "Third")] {
                let page = anna.visits(path).await;
                let form = filled(page.form("Save"), &good).fill("Name", name);
                let form = form.fill(label, wrong);
                let answer = anna.browser.submit(&page, &form).await;
                let what = format!("{path} {label} {wrong:?}: {}", answer.notice());
                if path == address && label == "Name" && status == 409 {
                    // Its own name in another spelling is free.
                    assert_eq!(answer.status, 303, "{what}");
                    continue;
                }
                assert_eq!(answer.status, status, "{what}");
                let again = answer.form("Save");
                assert_eq!(again.value("API key"), "", "{what}");
                if !["API key", "Addresses"].contains(&label) {
                    assert_eq!(again.value(label).replace('\u{fffd}', "\0"), wrong, "{what}");
                }
            }
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM validation_services"), 1);
    }

    async fn a_service_of_the_settings_file_is_shown_and_cannot_be_changed(at: At) {
        let services = "[{ name = \"File\", urls = [\"https://one.example.org/verify\"], client_id = 7 }]";
        let server = Server::with(at, &[("yubikey.services", services)]).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/services").await;
        let text = page.text();
        for part in ["File", "From the settings file", "Not signed", "https://one.example.org/verify"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(page.link("File"), None);
        let page = anna.visits("/console/services/new").await;
        let fields = [("Name", "file"), ("Addresses", "https://two.example.org/"), ("Client ID", "1")];
        let answer = anna.browser.submit(&page, &filled(page.form("Save"), &fields)).await;
        assert_eq!(answer.status, 409, "two services of one name");
    }
}
