//! One's own devices, and everybody else's.

use crate::on_every_database;
use crate::support::page::Page;
use crate::support::person::Person;
use crate::support::server::Server;

/// The addresses of a device's actions, as the person's own page writes them.
fn actions(page: &Page) -> Vec<String> {
    let forms = page.forms().into_iter();
    forms
        .map(|form| form.action)
        .filter(|action| action.starts_with("/account/devices/") && !action.contains("/add/"))
        .collect()
}

async fn with_an_app(server: &Server, name: &str) -> Person {
    let mut person = server.user(name).await;
    person.signs_in().await;
    person.adds_an_app().await;
    person
}

on_every_database! {
    async fn somebody_elses_device_is_out_of_reach(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server, "anna").await;
        let ben = with_an_app(&server, "ben").await;
        let annas = anna.visits("/account/devices").await;
        let addresses = actions(&annas);
        assert!(addresses.len() >= 2, "{addresses:?}");
        for address in &addresses {
            let answer = ben.browser.post(address, &[("name", "mine now")]).await;
            assert_eq!(answer.status, 404, "{address}: {}", answer.body);
            let answer = ben.browser.get(address).await;
            assert!([404, 405].contains(&answer.status), "{address}: {}", answer.status);
            let nobody = server.browser().post(address, &[("name", "mine now")]).await;
            assert_eq!(nobody.location(), Some("/sign-in"), "{address}");
        }
        let after = anna.visits("/account/devices").await;
        assert_eq!(actions(&after), addresses);
        assert!(!after.text().contains("mine now"));
        assert_eq!(server.events("device.removed"), 0);
        assert_eq!(server.events("device.renamed"), 0);
    }

    async fn a_name_is_shown_as_it_was_typed_and_never_as_a_tag(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server, "anna").await;
        let page = anna.visits("/account/devices").await;
        let name = "<script>alert(1)</script>\"'&";
        let form = page.form("Save").fill("Device name", name);
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert!(!page.body.contains("<script>alert"), "the name is a tag");
        assert_eq!(page.form("Save").value("Device name"), name);
        assert!(page.notice().contains(name), "{}", page.notice());
    }

    async fn names_of_all_kinds_are_kept_or_refused_but_never_an_error(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server, "anna").await;
        let long = "x".repeat(10_000);
        for name in ["", "   ", "\u{0}", "\u{202e}name", "名前 🔑", long.as_str(), "a\r\nb"] {
            let page = anna.visits("/account/devices").await;
            let form = page.form("Save").fill("Device name", name);
            let answer = anna.browser.submit(&page, &form).await;
            let page = anna.browser.follow(answer).await;
            assert_eq!(page.status, 200, "{name:?}: {}", page.text());
        }
    }

    async fn the_last_device_stays_where_policy_asks_for_one(at: At) {
        let server = Server::with(at, &[("policy.require_second_factor", "\"all\"")]).await;
        let mut anna = server.user("anna").await;
        let page = anna.signs_in().await;
        assert_eq!(page.path, "/account/devices/add", "policy asks for nothing");
        let page = anna.adds_an_app().await;
        let page = anna.presses(&page, "Remove").await;
        let page = anna.presses(&page, "Remove").await;
        assert!(page.text().contains("Add another one first"), "{}", page.text());
        assert_eq!(server.events("device.removed"), 0);
    }

    async fn removing_a_device_ends_the_sessions_that_it_proved_elsewhere(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server, "anna").await;
        server.clock.turn(std::time::Duration::from_secs(60));
        let elsewhere = anna.elsewhere(&server.base);
        assert_eq!(elsewhere.signs_in().await.path, "/account");
        let page = anna.visits("/account/devices").await;
        let page = anna.presses(&page, "Remove").await;
        let page = anna.presses(&page, "Remove").await;
        assert!(page.notice().contains("was removed"), "{}", page.text());
        assert_eq!(anna.visits("/account").await.path, "/account");
        assert_ne!(elsewhere.visits("/account").await.path, "/account", "the other session lives on");
    }

    async fn a_device_is_removed_once(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server, "anna").await;
        let page = anna.visits("/account/devices").await;
        let question = anna.presses(&page, "Remove").await;
        let form = question.form("Remove");
        let first = anna.browser.submit(&question, &form).await;
        let second = anna.browser.submit(&question, &form).await;
        assert_eq!((first.status, second.status), (303, 404));
        assert_eq!(server.events("device.removed"), 1);
    }
}
